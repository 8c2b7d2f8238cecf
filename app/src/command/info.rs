//! `app info`: all that is known of a plugin, whatever interface it is of. It does not open it.

use app_interface::Plug;
use plug::{ErrorKind, Plugin, Registry};
use serde::Serialize;

use crate::cli::{Format, Info};
use crate::description::{Description, package_of};
use crate::failure::{Exit, Failure};
use crate::{layout, output};

/// What JSON has.
#[derive(Serialize)]
struct Listing<'a> {
    plugins: Vec<Description<'a>>,
}

pub(crate) fn run(arguments: &Info, registry: &Registry) -> Result<Exit, Failure> {
    let plugins = find(&arguments.name, registry)?;
    match arguments.format {
        Format::Json => output::json(&Listing { plugins: plugins.into_iter().map(Description::from).collect() })?,
        Format::Text => {
            let width = layout::width();
            let texts: Vec<_> = plugins.into_iter().map(|plugin| text(plugin, width)).collect();
            output::page(&texts.join("\n"))?;
        }
    }
    Ok(Exit::Done)
}

/// The plugins with this name or alias: one of each interface that has one.
fn find<'r>(name: &str, registry: &'r Registry) -> Result<Vec<&'r Plugin>, Failure> {
    if let Some(problem) = registry.problems().iter().find(|problem| problem.name() == Some(name)) {
        return Err(plug::Error::from(ErrorKind::Problem(problem.clone())).into());
    }
    let has_name = |plugin: &&Plugin| plugin.name() == name || plugin.aliases().any(|alias| alias == name);
    let plugins: Vec<_> = registry.plugins().filter(has_name).collect();
    if plugins.is_empty() {
        // The registry knows best why there is none.
        registry.plugin::<dyn Plug>(name)?;
    }
    Ok(plugins)
}

fn text(plugin: &Plugin, width: usize) -> String {
    let aliases = plugin.aliases().collect::<Vec<_>>().join(", ");
    let fields = [
        ("Name", Some(plugin.name().to_owned())),
        ("Aliases", Some(aliases)),
        ("Deprecated", plugin.deprecated().map(str::to_owned)),
        ("Interface", Some(plugin.interface().to_owned())),
        ("Package", package_of(plugin)),
        ("License", plugin.license().map(str::to_owned)),
        ("Repository", plugin.repository().map(str::to_owned)),
        ("Source", Some(format!("{}:{}", plugin.file(), plugin.line()))),
    ];
    let known = fields.into_iter().filter_map(|(label, value)| Some((label, value.filter(|value| !value.is_empty())?)));
    let rows: Vec<_> = known.map(|(label, value)| vec![label.to_owned(), value]).collect();
    let table = layout::table(&[], &rows, width);
    match plugin.docs() {
        "" => table,
        docs => format!("{table}\n{}", layout::wrapped(docs, width, "")),
    }
}
