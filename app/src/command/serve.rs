//! `app serve`: serves plugins to other programs.
//! Like `app hello`, it runs their code.

use app_interface::Plug;
use plug::{Plugin, Registry};

use crate::available::listed;
use crate::choosing;
use crate::cli::Serve;
use crate::config::{self, Config};
use crate::failure::{Exit, Failure};
use crate::kind::{self, Limits};
use crate::linked::Linked;
use crate::output;

pub(crate) fn run(arguments: &Serve) -> Result<Exit, Failure> {
    let linked = Linked::with(&arguments.links)?;
    let config = arguments.config.read()?;
    let plugins = chosen(&arguments.plugins, &config, &linked.registry)?;
    for warning in plugins.iter().filter_map(|plugin| linked.warning_of(plugin)) {
        output::aside("warning", &warning);
    }
    let names: Vec<_> = plugins.iter().map(|plugin| plugin.name().to_owned()).collect();
    let limits = Limits { grace: arguments.grace, instances: arguments.instances };
    kind::serve(plugins, &arguments.grpc, &limits, |address| {
        output::data(&format!("{address}\n"))?;
        output::aside("note", &format!("serving {} until SIGINT or SIGTERM", listed(&names)));
        if address.starts_with("grpc+unix:") {
            output::aside("note", "a client of gRPC's C-core needs the option `grpc.default_authority=localhost`");
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}

/// The plugins of these names, each once; without names, all plugins.
/// A section of the file is a plugin of its name.
fn chosen(names: &[String], config: &Config, registry: &Registry) -> Result<Vec<Plugin>, Failure> {
    let names: Vec<_> = match names {
        [] => choosing::names(registry).into_iter().chain(config.names()).collect(),
        names => names.iter().map(String::as_str).collect(),
    };
    if names.is_empty() {
        return Err(choosing::none(registry));
    }
    let plugins = names.iter().map(|name| match config.section(name) {
        Some(section) => config::configured(section, registry),
        // Two plugins can have one name, and the lookup by name finds that out.
        None => Ok(registry.plugin::<dyn Plug>(name)?.clone()),
    });
    let mut plugins = plugins.collect::<Result<Vec<_>, _>>()?;
    plugins.sort_by(|one, other| one.name().cmp(other.name()));
    plugins.dedup_by(|one, other| one.name() == other.name());
    Ok(plugins)
}
