//! `cargo plug list`: the plugins in a file, which is not run.

use serde::Serialize;

use crate::cli::{Format, List};
use crate::failure::Failure;
use crate::records::{FileKind, Plugin, Records};
use crate::shell;

/// The JSON object. The keys of a plugin are those of `app list`.
#[derive(Serialize)]
struct Listing<'a> {
    format_version: u32,
    plugins: Vec<Description<'a>>,
    available: Vec<Available>,
    file: Build<'a>,
}

#[derive(Serialize)]
struct Description<'a> {
    name: &'a str,
    aliases: Vec<&'a str>,
    deprecated: Option<&'a str>,
    interface: &'a str,
    summary: String,
    docs: String,
    package: Option<&'a str>,
    version: Option<&'a str>,
    license: Option<&'a str>,
    repository: Option<&'a str>,
    file: &'a str,
    line: u32,
    link: Option<&'a str>,
    differences: [&'a str; 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    takes_settings: bool,
}

/// A plugin that a feature would bring.
#[derive(Serialize, PartialEq, Eq)]
struct Available {
    name: String,
    features: Vec<String>,
}

/// How the file was built. Null where it does not say.
#[derive(Serialize)]
struct Build<'a> {
    kind: &'a str,
    compiler: Option<&'a str>,
    plug: Option<&'a str>,
    abi: Option<u32>,
    aborts_on_panic: Option<bool>,
}

pub(crate) fn run(arguments: &List) -> Result<(), Failure> {
    let records = Records::of_file(&arguments.file)?;
    match arguments.format {
        Format::Json => {
            let listing = Listing {
                format_version: 1,
                plugins: records.plugins.iter().map(|plugin| description(&records, plugin)).collect(),
                available: available(&records),
                file: build(&records),
            };
            let text = serde_json::to_string_pretty(&listing);
            let text = text.map_err(|error| Failure::new(format!("cannot write JSON: {error}")))?;
            shell::data(&(text + "\n"))
        }
        Format::Names => {
            let mut names: Vec<_> = records.plugins.iter().map(Plugin::name).collect();
            names.sort_unstable();
            names.dedup();
            shell::data(&names.iter().map(|name| format!("{name}\n")).collect::<String>())
        }
        Format::Table => shell::data(&shell::printable(&table(&records))),
    }
}

fn description<'a>(records: &'a Records, plugin: &'a Plugin) -> Description<'a> {
    let known = |text: &'a str| Some(text).filter(|text| !text.is_empty());
    Description {
        name: plugin.name(),
        aliases: plugin.aliases().collect(),
        deprecated: known(plugin.deprecated()),
        interface: &plugin.interface,
        summary: plugin.summary(),
        docs: plugin.docs(),
        package: known(plugin.package()),
        version: known(plugin.version()),
        license: known(plugin.license()),
        repository: known(plugin.repository()),
        file: plugin.file(),
        line: plugin.line(),
        link: None,
        differences: [],
        source: records.source(plugin),
        takes_settings: plugin.takes_settings,
    }
}

/// The plugins of features that are off, by name.
fn available(records: &Records) -> Vec<Available> {
    let mut available = Vec::<Available>::new();
    for feature in records.features().into_iter().filter(|feature| !feature.is_on) {
        for name in feature.plugins {
            if records.plugins.iter().any(|plugin| plugin.name() == name) {
                continue;
            }
            match available.iter_mut().find(|other| other.name == name) {
                Some(other) if !other.features.contains(&feature.name) => other.features.push(feature.name.clone()),
                Some(_) => {}
                None => available.push(Available { name, features: vec![feature.name.clone()] }),
            }
        }
    }
    available.sort_by(|one, other| one.name.cmp(&other.name));
    available
}

fn build(records: &Records) -> Build<'_> {
    let build = records.build.as_ref();
    Build {
        kind: match records.kind {
            FileKind::Program => "program",
            FileKind::Library => "library",
        },
        compiler: build.map(|build| &*build.compiler),
        plug: build.map(|build| &*build.plug),
        abi: build.map(|build| build.abi),
        aborts_on_panic: build.map(|build| build.aborts_on_panic),
    }
}

fn table(records: &Records) -> String {
    let mut interfaces: Vec<_> = records.plugins.iter().map(|plugin| &plugin.interface).collect();
    interfaces.dedup();
    let (has_interfaces, has_sources) =
        (interfaces.len() > 1, records.plugins.iter().any(|plugin| records.source(plugin).is_some()));
    // A column of equal or empty cells is left out.
    let row = |cells: [&str; 5]| {
        let is_shown = [true, has_interfaces, true, has_sources, true];
        cells.into_iter().zip(is_shown).filter(|(_, is_shown)| *is_shown).map(|(cell, _)| cell.to_owned()).collect()
    };
    let plugins = records.plugins.iter().map(|plugin| {
        let package = format!("{} {}", plugin.package(), plugin.version());
        let deprecated = match plugin.deprecated() {
            "" => String::new(),
            instead => format!(" (deprecated: {instead})"),
        };
        let summary = plugin.summary() + &deprecated;
        row([
            plugin.name(),
            &plugin.interface,
            package.trim(),
            records.source(plugin).unwrap_or_default(),
            summary.trim(),
        ])
    });
    let rows: Vec<_> =
        [row(["NAME", "INTERFACE", "PACKAGE", "SOURCE", "SUMMARY"])].into_iter().chain(plugins).collect();
    shell::table(&rows)
}
