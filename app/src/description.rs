//! The description of a plugin as JSON.

use plug::link::Difference;
use plug::{Catalogue, Place, Plugin, Registry};
use serde::Serialize;

/// A plugin.
/// It has every key; the value is null if nothing is known.
#[derive(Serialize)]
pub(crate) struct Description<'a> {
    name: &'a str,
    aliases: Vec<&'a str>,
    /// What to use instead; null if it is not deprecated.
    deprecated: Option<&'a str>,
    /// The path of the trait.
    interface: &'a str,
    /// The first line of the docs.
    /// Can be empty.
    summary: &'a str,
    /// Markdown.
    /// Can be empty.
    docs: &'a str,
    package: Option<&'a str>,
    version: Option<&'a str>,
    /// An SPDX expression.
    license: Option<&'a str>,
    /// A URL.
    repository: Option<&'a str>,
    /// As the compiler got it.
    file: &'a str,
    /// From 1.
    line: u32,
    /// Its link, such as `library:` and a path; null for a plugin of this binary.
    link: Option<&'a str>,
    /// A text for each method of its interface that differs from this program's.
    /// With one, it cannot be opened.
    differences: Vec<String>,
    /// Where its package comes from.
    /// Absent unless `cargo plug` added the package.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
}

impl<'a> Description<'a> {
    pub(crate) fn new(plugin: &'a Plugin, differences: &[Difference], catalogue: &'a Catalogue) -> Self {
        Self {
            name: plugin.name(),
            aliases: plugin.aliases().collect(),
            deprecated: plugin.deprecated(),
            interface: plugin.interface(),
            summary: plugin.summary(),
            docs: plugin.docs(),
            package: plugin.package(),
            version: plugin.version(),
            license: plugin.license(),
            repository: plugin.repository(),
            file: plugin.file(),
            line: plugin.line(),
            link: plugin.origin(),
            differences: differences.iter().map(ToString::to_string).collect(),
            source: catalogue.source(plugin),
        }
    }
}

/// The plugins that `cargo plug` added, each with its source.
pub(crate) fn outside(registry: &Registry) -> impl Iterator<Item = (&Plugin, &str)> {
    registry.plugins().filter_map(|plugin| Some((plugin, registry.catalogue().source(plugin)?)))
}

/// The packages that `cargo plug` added and that have no plugin, each with its source.
pub(crate) fn without_plugin(registry: &Registry) -> impl Iterator<Item = (&str, &str)> {
    let has_plugin =
        |package: &str| registry.plugins().any(|plugin| plugin.origin().is_none() && plugin.package() == Some(package));
    registry.catalogue().sources().filter(move |(package, _)| !has_plugin(package))
}

/// The package and its version, as one text.
pub(crate) fn package_of(plugin: &Plugin) -> Option<String> {
    Place::from(plugin).package
}
