//! `app hello`: opens a plugin, and greets through it.
//! It runs the plugin's code, here or in another process.

use app_interface::Plug;
use plug::OpenOptions;

use crate::choosing::{Chosen, choose_with};
use crate::cli::Hello;
use crate::failure::{Exit, Failure};
use crate::link::Choice;
use crate::linked::Linked;
use crate::{output, panic};

pub(crate) fn run(arguments: &Hello) -> Result<Exit, Failure> {
    match arguments.timeout {
        Some(timeout) => plug::with_deadline(timeout, || hello(arguments)),
        None => hello(arguments),
    }
}

fn hello(arguments: &Hello) -> Result<Exit, Failure> {
    let choice = arguments.plugin.as_deref().map(Choice::read).transpose();
    let choice = choice.map_err(|failure| arguments.attributed("link", failure))?;
    let linked = match &choice {
        Some(Choice::Of(link, _)) if arguments.isolate => {
            return Err(arguments.attributed("link", not_to_isolate(&format!("what `{link}` has"))));
        }
        Some(Choice::Of(link, meant)) => {
            Linked::alone(link, *meant).map_err(|failure| arguments.attributed("link", failure))?
        }
        _ => Linked::with(&arguments.links)?,
    };
    let config = arguments.config.read()?;
    let chosen = choose_with(choice.as_ref(), &config, &linked.registry);
    let chosen =
        chosen.map_err(|failure| if choice.is_some() { arguments.attributed("name", failure) } else { failure })?;
    let plugin = chosen.plugin;
    if let Some(instead) = plugin.deprecated() {
        output::aside("warning", &format!("plugin `{}` is deprecated: {instead}", plugin.name()));
    }
    if let Some(warning) = linked.warning_of(plugin) {
        output::aside("warning", &warning);
    }
    let isolated = arguments.isolate.then(|| isolated(&chosen)).transpose()?;
    let greet = || {
        let greeter = open(&chosen, &linked, isolated.as_ref())?;
        greeter.say_hello(&arguments.name).map_err(|error| Failure::of_plugin(&error))
    };
    match panic::guard(plugin.name(), greet) {
        Some(greeting) => output::data(&(greeting? + "\n"))?,
        None => return Ok(Exit::Failed),
    }
    Ok(Exit::Done)
}

/// An object of the plugin, or of its twin in another process.
fn open(chosen: &Chosen<'_>, linked: &Linked, isolated: Option<&Linked>) -> Result<Box<dyn Plug>, plug::Error> {
    let registry = &isolated.unwrap_or(linked).registry;
    match (chosen.section, isolated) {
        (Some(section), _) => Ok(section.open::<dyn Plug>(registry, &OpenOptions::new())?.into_inner()),
        // Another plugin can have its name as an alias.
        (None, None) => chosen.plugin.open::<dyn Plug>(),
        (None, Some(_)) => registry.open::<dyn Plug>(chosen.plugin.name()),
    }
}

/// The plugins of this program, in a process of their own.
fn isolated(chosen: &Chosen<'_>) -> Result<Linked, Failure> {
    let plugin = chosen.plugin;
    if let Some(link) = plugin.origin() {
        return Err(not_to_isolate(&format!("plugin `{}`, which is in `{link}`", plugin.name())));
    }
    Linked::isolated()
}

fn not_to_isolate(what: &str) -> Failure {
    let text = format!("`--isolate` is for plugins of this program, and not for {what}");
    Failure::new(text, Exit::Usage).hint("what comes by `process:` or `grpc://` is in a process of its own as it is")
}
