//! Finds the plugin that is meant, or says how to choose one.

use app_interface::Plug;
use plug::link::Address;
use plug::{Interface, Plugin, Registry, Section};

use crate::available::{available, listed, rebuild};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::link::{Choice, unnamed};

/// The plugin that is meant, and its section in the configuration file.
pub(crate) struct Chosen<'r> {
    pub plugin: &'r Plugin,
    pub section: Option<&'r Section>,
}

/// The section or the plugin that is meant. A section wins over a plugin of its name.
pub(crate) fn choose_with<'r>(
    choice: Option<&Choice<'_>>,
    config: &'r Config,
    registry: &'r Registry,
) -> Result<Chosen<'r>, Failure> {
    let section = match (choice, config.sections()) {
        (Some(Choice::Name(name) | Choice::Of(_, Some(name))), _) => config.section(name),
        (Some(Choice::Of(_, None)), _) | (None, []) => None,
        (None, [section]) => Some(section),
        (None, _) => {
            let (file, names) = (config.file().display(), listed(&config.names()));
            let text = format!("there are several sections in `{file}`, and none was chosen: {names}");
            return Err(Failure::new(text, Exit::Usage).hint(CHOOSE));
        }
    };
    if let Some(section) = section {
        return Ok(Chosen { plugin: section.plugin::<dyn Plug>(registry)?, section: Some(section) });
    }
    let plugin = choose(choice, registry).map_err(|failure| match (&config.names()[..], choice) {
        ([], _) | (_, None) => failure,
        (names, _) => failure.hint(&format!("`{}` has the sections {}", config.file().display(), listed(names))),
    })?;
    // It was named by an alias, or is the only one of a link.
    let is_of_it = |section: &&Section| section.plugin::<dyn Plug>(registry).is_ok_and(|of| of.name() == plugin.name());
    Ok(Chosen { plugin, section: config.section(plugin.name()).filter(is_of_it) })
}

/// The way to choose one of several.
const CHOOSE: &str = "choose one with `--plugin NAME`, or in the variable `APP_PLUGIN`";

/// The plugin that is meant, out of a registry of all candidates.
fn choose<'r>(choice: Option<&Choice<'_>>, registry: &'r Registry) -> Result<&'r Plugin, Failure> {
    match choice {
        None => only(registry),
        Some(Choice::Name(name)) => Ok(registry.plugin::<dyn Plug>(name)?),
        Some(Choice::Of(link, None)) => only_of(link, registry),
        Some(Choice::Of(link, Some(name))) => {
            registry.plugin::<dyn Plug>(name).map_err(|error| unnamed(link, error.into()))
        }
    }
}

fn only(registry: &Registry) -> Result<&Plugin, Failure> {
    match &names(registry)[..] {
        [] => Err(none(registry)),
        // Two plugins can have the name, and the lookup by name finds that out.
        [name] => Ok(registry.plugin::<dyn Plug>(name)?),
        several => {
            let text = format!("there are several plugins, and none was chosen: {}", listed(several));
            Err(Failure::new(text, Exit::Usage).hint(CHOOSE))
        }
    }
}

fn only_of<'r>(link: &Address, registry: &'r Registry) -> Result<&'r Plugin, Failure> {
    match &names(registry)[..] {
        [] => {
            let interface = <dyn Plug>::IDENTITY.name();
            let text = format!("`{link}` has no plugin of interface `{interface}`");
            Err(Failure::new(text, Exit::Usage).hint(&format!("`app list --link {link}` lists those it has")))
        }
        [name] => Ok(registry.plugin::<dyn Plug>(name)?),
        several @ [first, ..] => {
            let text = format!("`{link}` has several plugins, and none was chosen: {}", listed(several));
            Err(Failure::new(text, Exit::Usage).hint(&format!("add a `#` and the name: `{link}#{first}`")))
        }
    }
}

/// The names of all plugins that can say hello.
pub(crate) fn names(registry: &Registry) -> Vec<&str> {
    let mut names: Vec<_> = registry.plugins_of::<dyn Plug>().map(Plugin::name).collect();
    names.dedup();
    names
}

/// The failure to find any plugin.
pub(crate) fn none(registry: &Registry) -> Failure {
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
    fn without_a_known_plugin_a_dependency_is_missing() {
        let failure = only(&Registry::new()).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "no plugin is in this build, and none is known\n\
             hint: add a crate with one to the dependencies; where there is one, `app doctor` may know more",
        );
        assert_eq!(failure.exit(), Exit::Usage);
    }

    #[test]
    fn a_link_without_a_plugin_that_greets() {
        let link = Address::Library("/x.so".into());
        let failure = only_of(&link, &Registry::new()).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "`library:/x.so` has no plugin of interface `app_interface::Plug`\n\
             hint: `app list --link library:/x.so` lists those it has",
        );
        assert_eq!(failure.exit(), Exit::Usage);
    }
}
