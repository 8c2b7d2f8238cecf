//! `app info`: all that is known of the plugins with a name, of any interface.
//! It opens none.

mod text;

use std::collections::BTreeMap;
use std::path::Path;

use app_interface::Plug;
use plug::{ErrorKind, Plugin, Problem, Registry};
use serde::Serialize;
use serde_json::Value;

use crate::available::listed;
use crate::cli::{Format, Info};
use crate::description::Description;
use crate::failure::{Exit, Failure};
use crate::inspected::{Inspected, LibraryDescription};
use crate::link::{Choice, unnamed};
use crate::linked::Linked;
use crate::settings::schema_of;
use crate::{kind, layout, output};

/// The JSON object.
#[derive(Serialize)]
struct Listing<'a> {
    plugins: Vec<Detailed<'a>>,
}

#[derive(Serialize)]
struct Detailed<'a> {
    #[serde(flatten)]
    plugin: Description<'a>,
    takes_settings: bool,
    /// Null for a plugin of a library, of which no code is run.
    schema: Option<Value>,
    /// Null for a plugin that is in no library.
    library: Option<LibraryDescription<'a>>,
}

pub(crate) fn run(arguments: &Info) -> Result<Exit, Failure> {
    let choice = Choice::read(&arguments.name)?;
    let linked = match &choice {
        Choice::Name(_) => Linked::with(&arguments.links)?,
        Choice::Of(link, meant) => Linked::alone(link, *meant)?,
    };
    let plugins = match &choice {
        Choice::Name(name) => find(name, &linked.registry)?,
        Choice::Of(link, Some(name)) => find(name, &linked.registry).map_err(|failure| unnamed(link, failure))?,
        Choice::Of(_, None) => linked.registry.plugins().collect(),
    };
    if arguments.schema {
        return print_schema(&plugins);
    }
    let libraries = inspect(&plugins, &linked)?;
    let library_of = |plugin: &Plugin| linked.library_of(plugin).map(|path| libraries[path].describe(plugin));
    match arguments.format {
        Format::Json => {
            let detailed = |plugin| {
                Ok::<_, Failure>(Detailed {
                    plugin: Description::new(plugin, linked.differences(plugin), linked.registry.catalogue()),
                    takes_settings: plugin.takes_settings(),
                    schema: safe_schema(plugin, &linked)?,
                    library: library_of(plugin),
                })
            };
            output::json(&Listing { plugins: plugins.iter().copied().map(detailed).collect::<Result<_, _>>()? })?;
        }
        Format::Text => {
            let source = |plugin: &Plugin| linked.registry.catalogue().source(plugin);
            let text = |plugin: &&Plugin| {
                let schema = safe_schema(plugin, &linked)?;
                Ok::<_, Failure>(text::of(
                    plugin,
                    source(plugin),
                    schema.as_ref(),
                    library_of(plugin).as_ref(),
                    layout::width(),
                ))
            };
            output::page(&plugins.iter().map(text).collect::<Result<Vec<_>, _>>()?.join("\n"))?;
        }
    }
    // The description comes first, since it helps to understand the problem.
    match plugins.iter().find_map(|plugin| linked.misfit(plugin)) {
        Some(problem) => Err(failure(problem)),
        None => Ok(Exit::Done),
    }
}

/// The schema of a plugin's settings, unless that would run code of a library.
fn safe_schema(plugin: &Plugin, linked: &Linked) -> Result<Option<Value>, Failure> {
    let can_ask = linked.library_of(plugin).is_none() && linked.misfit(plugin).is_none();
    if can_ask { schema_of(plugin) } else { Ok(None) }
}

fn print_schema(plugins: &[&Plugin]) -> Result<Exit, Failure> {
    let [plugin] = plugins else {
        let names: Vec<_> = plugins.iter().map(|plugin| plugin.name()).collect();
        let text = format!("`--schema` is of one plugin, and there are {}", listed(&names));
        return Err(Failure::new(text, Exit::Usage));
    };
    let name = plugin.name();
    match schema_of(plugin)? {
        Some(schema) => output::data(&format!("{schema:#}\n"))?,
        None if plugin.takes_settings() => {
            let text = format!("plugin `{name}` takes settings, and was built without a schema of them");
            return Err(Failure::new(text, Exit::Failed));
        }
        None => return Err(Failure::new(format!("plugin `{name}` takes no settings"), Exit::Failed)),
    }
    Ok(Exit::Done)
}

/// The plugins with this name or alias, at most one of each interface.
fn find<'r>(name: &str, registry: &'r Registry) -> Result<Vec<&'r Plugin>, Failure> {
    let is_unfit = |problem: &Problem| matches!(problem, Problem::Incompatible { .. });
    let is_it = |problem: &&Problem| problem.name() == Some(name) && !is_unfit(problem);
    if let Some(problem) = registry.problems().iter().find(is_it) {
        return Err(failure(problem));
    }
    let plugins: Vec<_> = registry.plugins().filter(|plugin| plugin.is_called(name)).collect();
    if plugins.is_empty() {
        // The error of the lookup says why.
        registry.plugin::<dyn Plug>(name)?;
    }
    Ok(plugins)
}

/// The libraries of these plugins, by path.
fn inspect<'l>(plugins: &[&Plugin], linked: &'l Linked) -> Result<BTreeMap<&'l Path, Inspected>, Failure> {
    let mut libraries = BTreeMap::new();
    for path in plugins.iter().filter_map(|plugin| linked.library_of(plugin)) {
        if !libraries.contains_key(path) {
            libraries.insert(path, kind::inspect(path)?);
        }
    }
    Ok(libraries)
}

fn failure(problem: &Problem) -> Failure {
    plug::Error::from(ErrorKind::Problem(problem.clone())).into()
}
