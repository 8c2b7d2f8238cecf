//! `app hello`: opens a plugin and has it greet. The one command that runs a plugin's code.

mod choosing;

use app_interface::Plug;

use crate::cli::Hello;
use crate::failure::{Exit, Failure};
use crate::link::Choice;
use crate::linked::Linked;
use crate::{output, panic};

pub(crate) fn run(arguments: &Hello) -> Result<Exit, Failure> {
    let choice = arguments.plugin.as_deref().map(Choice::read).transpose();
    let choice = choice.map_err(|failure| arguments.told("link", failure))?;
    let linked = match &choice {
        Some(Choice::Of(link, _)) => Linked::alone(link).map_err(|failure| arguments.told("link", failure))?,
        _ => Linked::with(&arguments.links)?,
    };
    let plugin = choosing::choose(choice.as_ref(), &linked.registry);
    let plugin = plugin.map_err(|failure| if choice.is_some() { arguments.told("name", failure) } else { failure })?;
    if let Some(instead) = plugin.deprecated() {
        output::aside("warning", &format!("plugin `{}` is deprecated: {instead}", plugin.name()));
    }
    if let Some(warning) = linked.warning_of(plugin) {
        output::aside("warning", &warning);
    }
    let greet = || {
        let greeter = plugin.open::<dyn Plug>()?;
        greeter.say_hello(&arguments.name).map_err(|error| Failure::of_plugin(&error))
    };
    match panic::guard(plugin.name(), greet) {
        Some(greeting) => output::data(&(greeting? + "\n"))?,
        None => return Ok(Exit::Failed),
    }
    Ok(Exit::Done)
}
