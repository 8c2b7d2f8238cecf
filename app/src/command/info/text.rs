//! The text of `app info` about a plugin: a row for each known field, and the docs.

use plug::Plugin;
use serde_json::Value;

use crate::description::package_of;
use crate::inspected::LibraryDescription;
use crate::{layout, settings};

/// Their description would run code of the library.
const SCHEMA_OF_A_LIBRARY: &str = "`--schema` prints them, and runs code of the library";

pub(super) fn of(
    plugin: &Plugin,
    source: Option<&str>,
    schema: Option<&Value>,
    library: Option<&LibraryDescription<'_>>,
    width: usize,
) -> String {
    let aliases = plugin.aliases().collect::<Vec<_>>().join(", ");
    let fields = [
        ("Name", Some(plugin.name().to_owned())),
        ("Aliases", Some(aliases)),
        ("Deprecated", plugin.deprecated().map(str::to_owned)),
        ("Interface", Some(plugin.interface().to_owned())),
        ("Package", package_of(plugin)),
        ("From", source.map(str::to_owned)),
        ("License", plugin.license().map(str::to_owned)),
        ("Repository", plugin.repository().map(str::to_owned)),
        ("Source", Some(format!("{}:{}", plugin.file(), plugin.line()))),
        ("Link", plugin.origin().map(str::to_owned)),
        ("SHA-256", library.map(|library| library.build.sha256.clone())),
        ("Compiler", library.map(compiler)),
        ("Plug", library.map(|library| format!("{}, ABI {}", library.build.plug, library.build.abi))),
        ("Methods", library.map(methods)),
        ("Settings", library.filter(|_| plugin.takes_settings()).map(|_| SCHEMA_OF_A_LIBRARY.to_owned())),
    ];
    let known = fields.into_iter().filter_map(|(label, value)| Some((label, value.filter(|value| !value.is_empty())?)));
    let rows: Vec<_> = known.map(|(label, value)| vec![label.to_owned(), value]).collect();
    let table = layout::table(&[], &rows, width);
    let docs = Some(plugin.docs()).filter(|docs| !docs.is_empty()).map(|docs| layout::wrapped(docs, width));
    let settings = schema.map(settings::of).filter(|settings| !settings.is_empty());
    let settings = settings.map(|settings| {
        let rows: Vec<_> =
            settings.into_iter().map(|setting| vec![setting.key.clone(), setting.traits(), setting.docs]).collect();
        layout::table(&["SETTING", "TYPE", "SUMMARY"], &rows, width)
    });
    [Some(table), docs, settings].into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn compiler(library: &LibraryDescription<'_>) -> String {
    let panic = if library.build.aborts_on_panic { ", panic=abort" } else { "" };
    format!("{}{panic}", library.build.compiler)
}

fn methods(library: &LibraryDescription<'_>) -> String {
    let lines = library.methods.iter().map(|method| {
        let default = if method.has_default { " (has a default)" } else { "" };
        format!("{}{}{default}", method.name, method.signature)
    });
    lines.collect::<Vec<_>>().join("\n")
}
