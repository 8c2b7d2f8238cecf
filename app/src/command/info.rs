//! `app info`: all that is known of the plugins with a name, of any interface.
//! It opens none.

mod text;

use std::collections::BTreeMap;
use std::path::Path;

use app_interface::Plug;
use plug::{ErrorKind, Plugin, Problem, Registry};
use serde::Serialize;

use crate::cli::{Format, Info};
use crate::description::Description;
use crate::failure::{Exit, Failure};
use crate::inspected::{Inspected, LibraryDescription};
use crate::link::{Choice, unnamed};
use crate::linked::Linked;
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
    let libraries = inspect(&plugins, &linked)?;
    let library_of = |plugin: &Plugin| linked.library_of(plugin).map(|path| libraries[path].describe(plugin));
    match arguments.format {
        Format::Json => {
            let detailed = |plugin| Detailed {
                plugin: Description::new(plugin, linked.differences(plugin)),
                library: library_of(plugin),
            };
            output::json(&Listing { plugins: plugins.iter().copied().map(detailed).collect() })?;
        }
        Format::Text => {
            let texts = plugins.iter().map(|plugin| text::of(plugin, library_of(plugin).as_ref(), layout::width()));
            output::page(&texts.collect::<Vec<_>>().join("\n"))?;
        }
    }
    // The description comes first, since it helps to understand the problem.
    match plugins.iter().find_map(|plugin| linked.misfit(plugin)) {
        Some(problem) => Err(failure(problem)),
        None => Ok(Exit::Done),
    }
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
