//! `app list`: the plugins of this build and of links, and those that are left out.
//! It opens none.

use app_interface::Plug;
use plug::{Plugin, Registry, Section};
use serde::Serialize;

use crate::available::{Available, available};
use crate::cli::{List, ListFormat};
use crate::description::{Description, package_of};
use crate::failure::{Exit, Failure};
use crate::linked::Linked;
use crate::{layout, output};

/// The JSON object.
#[derive(Serialize)]
struct Listing<'a> {
    plugins: Vec<Description<'a>>,
    /// Absent without `--available`.
    #[serde(skip_serializing_if = "Option::is_none")]
    available: Option<Vec<Available>>,
    /// The sections of the configuration file. Absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    instances: Option<Vec<Instance>>,
}

/// A section of the configuration file.
#[derive(Serialize)]
struct Instance {
    name: String,
    /// Null if there is no such plugin.
    plugin: Option<String>,
}

pub(crate) fn run(arguments: &List) -> Result<Exit, Failure> {
    let linked = Linked::with(&arguments.links)?;
    let registry = &linked.registry;
    let config = arguments.config.read()?;
    let instances: Vec<_> = config.sections().iter().map(|section| instance(section, registry)).collect();
    let available = arguments.available.then(|| available(registry));
    match arguments.format {
        ListFormat::Json => {
            let description = |plugin| Description::new(plugin, linked.differences(plugin), registry.catalogue());
            let instances = arguments.config.is_given().then_some(instances);
            output::json(&Listing { plugins: registry.plugins().map(description).collect(), available, instances })?;
        }
        ListFormat::Names => {
            let here = registry.plugins().map(|plugin| plugin.name().to_owned());
            let here = here.chain(instances.into_iter().map(|instance| instance.name));
            let mut names: Vec<_> = here.chain(available.into_iter().flatten().map(|plugin| plugin.name)).collect();
            // Plugins of two interfaces can have one name.
            names.sort();
            names.dedup();
            output::data(&names.iter().map(|name| format!("{name}\n")).collect::<String>())?;
        }
        ListFormat::Table => {
            let available = available.unwrap_or_default();
            if registry.plugins().len() + available.len() == 0 {
                let hint =
                    if arguments.available { "" } else { "\nhint: `app list --available` lists those that could be" };
                output::aside("note", &format!("no plugin is in this build{hint}"));
                return Ok(Exit::Done);
            }
            output::page(&table(&linked, &available, layout::width()))?;
            if !instances.is_empty() {
                output::page(&format!("\n{}", table_of_instances(&instances, layout::width())))?;
            }
        }
    }
    Ok(Exit::Done)
}

fn instance(section: &Section, registry: &Registry) -> Instance {
    let plugin = section.plugin::<dyn Plug>(registry).ok().map(|plugin| plugin.name().to_owned());
    Instance { name: section.name().to_owned(), plugin }
}

fn table_of_instances(instances: &[Instance], width: usize) -> String {
    let plugin =
        |instance: &Instance| instance.plugin.clone().unwrap_or_else(|| "(unknown: see `app doctor`)".to_owned());
    let rows: Vec<_> = instances.iter().map(|instance| vec![instance.name.clone(), plugin(instance)]).collect();
    layout::table(&["INSTANCE", "PLUGIN"], &rows, width)
}

fn table(linked: &Linked, available: &[Available], width: usize) -> String {
    let registry = &linked.registry;
    // A column of equal cells is left out.
    let mut interfaces: Vec<_> = registry.plugins().map(Plugin::interface).collect();
    interfaces.dedup();
    let (has_interfaces, has_links) =
        (interfaces.len() > 1, registry.plugins().any(|plugin| plugin.origin().is_some()));
    let source = |plugin| registry.catalogue().source(plugin).unwrap_or_default();
    let has_sources = registry.plugins().any(|plugin| !source(plugin).is_empty());
    let row = |name: &str, interface: &str, package: &str, source: &str, link: &str, summary: String| {
        let interface = has_interfaces.then(|| interface.to_owned());
        let source = has_sources.then(|| source.to_owned());
        let link = has_links.then(|| link.to_owned());
        let (name, package) = ([name.to_owned()], [package.to_owned()]);
        name.into_iter().chain(interface).chain(package).chain(source).chain(link).chain([summary]).collect::<Vec<_>>()
    };
    let here = registry.plugins().map(|plugin| {
        let (package, link) = (package_of(plugin).unwrap_or_default(), plugin.origin().unwrap_or("builtin"));
        row(plugin.name(), plugin.interface(), &package, source(plugin), link, summary(plugin, linked))
    });
    let missing = available
        .iter()
        .map(|plugin| row(&plugin.name, "", "", "", "", format!("(not in this build: {})", plugin.hint())));
    let rows: Vec<_> = here.chain(missing).collect();
    let head = row("NAME", "INTERFACE", "PACKAGE", "SOURCE", "LINK", "SUMMARY".to_owned());
    layout::table(&head.iter().map(String::as_str).collect::<Vec<_>>(), &rows, width)
}

/// The summary, with the reasons not to use the plugin.
fn summary(plugin: &Plugin, linked: &Linked) -> String {
    let misfit = linked.misfit(plugin).map(|_| format!("(does not fit: built with another `{}`)", plugin.interface()));
    let deprecated = plugin.deprecated().map(|instead| format!("(deprecated: {instead})"));
    let summary = Some(plugin.summary().to_owned()).filter(|summary| !summary.is_empty());
    summary.into_iter().chain(misfit).chain(deprecated).collect::<Vec<_>>().join(" ")
}
