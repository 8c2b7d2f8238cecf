//! `app serve`: serves plugins to other programs.
//! Like `app hello`, it runs their code.

use app_interface::Plug;
use plug::{Plugin, Registry};

use crate::available::listed;
use crate::choosing;
use crate::cli::Serve;
use crate::failure::{Exit, Failure};
use crate::linked::Linked;
use crate::{kind, output};

pub(crate) fn run(arguments: &Serve) -> Result<Exit, Failure> {
    let linked = Linked::with(&arguments.links)?;
    let plugins = chosen(&arguments.plugins, &linked.registry)?;
    for warning in plugins.iter().filter_map(|plugin| linked.warning_of(plugin)) {
        output::aside("warning", &warning);
    }
    let names: Vec<_> = plugins.iter().map(|plugin| plugin.name().to_owned()).collect();
    kind::serve(plugins, &arguments.grpc, arguments.grace, |address| {
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
fn chosen(names: &[String], registry: &Registry) -> Result<Vec<Plugin>, Failure> {
    let names: Vec<_> =
        if names.is_empty() { choosing::names(registry) } else { names.iter().map(String::as_str).collect() };
    if names.is_empty() {
        return Err(choosing::none(registry));
    }
    // Two plugins can have one name, and the lookup by name finds that out.
    let plugins = names.iter().map(|name| registry.plugin::<dyn Plug>(name).cloned());
    let mut plugins = plugins.collect::<Result<Vec<_>, _>>()?;
    plugins.sort_by(|one, other| one.name().cmp(other.name()));
    plugins.dedup_by(|one, other| one.name() == other.name());
    Ok(plugins)
}
