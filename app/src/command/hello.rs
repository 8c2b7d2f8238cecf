//! `app hello`: opens a plugin and has it greet. The one command that runs a plugin's code.

use app_interface::Plug;
use plug::{Plugin, Registry};

use crate::available::{available, listed, rebuild};
use crate::cli::Hello;
use crate::failure::{Exit, Failure};
use crate::{output, panic};

pub(crate) fn run(arguments: &Hello, registry: &Registry) -> Result<Exit, Failure> {
    let plugin = match &arguments.plugin {
        Some(name) => registry.plugin::<dyn Plug>(name).map_err(|error| match arguments.is_from_environment {
            true => Failure::from(error).hint("the name comes from the variable `APP_PLUGIN`"),
            false => Failure::from(error),
        })?,
        None => only(registry)?,
    };
    if let Some(instead) = plugin.deprecated() {
        output::aside("warning", &format!("plugin `{}` is deprecated: {instead}", plugin.name()));
    }
    let greet = || plugin.open::<dyn Plug>()?.say_hello(&arguments.name);
    match panic::guard(plugin.name(), || greet().map_err(|error| Failure::of_plugin(&error))) {
        Some(greeting) => output::data(&(greeting? + "\n"))?,
        None => return Ok(Exit::Failed),
    }
    Ok(Exit::Done)
}

/// The plugin, where there is just one.
fn only(registry: &Registry) -> Result<&Plugin, Failure> {
    let mut names: Vec<_> = registry.plugins_of::<dyn Plug>().map(Plugin::name).collect();
    names.dedup();
    match &names[..] {
        [] => Err(none(registry)),
        // By name and not as it stands here, since two plugins can have it.
        [name] => Ok(registry.plugin::<dyn Plug>(name)?),
        several => {
            let text = format!("there are several plugins, and none was chosen: {}", listed(several));
            let hint = "choose one with `--plugin NAME`, or in the variable `APP_PLUGIN`";
            Err(Failure::new(text, Exit::Usage).hint(hint))
        }
    }
}

fn none(registry: &Registry) -> Failure {
    let mut features: Vec<_> = available(registry).into_iter().flat_map(|plugin| plugin.features).collect();
    features.sort();
    features.dedup();
    if features.is_empty() {
        let hint = "add a crate with one to the dependencies; where there is one, `app doctor` may know more";
        Failure::new("no plugin is in this build, and none is known", Exit::Usage).hint(hint)
    } else {
        Failure::new("no plugin is in this build", Exit::NotInBuild).hint(&rebuild(&features))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_no_plugin_is_known_a_dependency_is_missing() {
        let failure = only(&Registry::new()).unwrap_err();
        assert_eq!(
            failure.text(),
            "no plugin is in this build, and none is known\n\
             hint: add a crate with one to the dependencies; where there is one, `app doctor` may know more",
        );
        assert_eq!(failure.exit(), Exit::Usage);
    }
}
