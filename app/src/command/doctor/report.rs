//! The findings of `app doctor` as JSON.
//! It finds nothing itself.

use plug::link::Address;
use plug::{Place, Plugin, Problem};
use serde::Serialize;

use super::CheckedSection;
use crate::failure::Failure;

#[derive(Serialize)]
pub(super) struct Report<'a> {
    pub problems: Vec<ProblemReport<'a>>,
    pub warnings: Vec<Warning>,
    pub deprecated: Vec<Deprecation<'a>>,
    /// Absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<Outside<'a>>,
    /// Absent without a configuration file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sections: Option<Vec<SectionReport<'a>>>,
}

/// A plugin that `cargo plug` added.
#[derive(Serialize)]
pub(super) struct Outside<'a> {
    name: &'a str,
    package: Option<&'a str>,
    version: Option<&'a str>,
    source: &'a str,
}

impl<'a> From<(&'a Plugin, &'a str)> for Outside<'a> {
    fn from((plugin, source): (&'a Plugin, &'a str)) -> Self {
        Self { name: plugin.name(), package: plugin.package(), version: plugin.version(), source }
    }
}

/// A section of the configuration file.
#[derive(Serialize)]
pub(super) struct SectionReport<'a> {
    name: &'a str,
    /// Null if there is no such plugin.
    plugin: Option<&'a str>,
    /// Null if the plugin takes the settings.
    problem: Option<SectionProblem>,
}

#[derive(Serialize)]
struct SectionProblem {
    message: String,
    hints: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct ProblemReport<'a> {
    kind: &'static str,
    /// The name that cannot be opened, if it is one name.
    name: Option<&'a str>,
    interface: Option<&'a str>,
    /// The feature that registered nothing.
    feature: Option<&'a str>,
    /// The link that cannot be used.
    link: Option<String>,
    /// The plugins concerned.
    places: Vec<PlaceReport<'a>>,
    message: String,
    hints: Vec<String>,
}

#[derive(Serialize)]
struct PlaceReport<'a> {
    plugin: &'a str,
    /// With the version.
    package: Option<&'a str>,
    file: &'a str,
    line: u32,
    /// Null for a plugin of this binary.
    link: Option<&'a str>,
}

/// A risk of something that works.
#[derive(Serialize)]
pub(super) struct Warning {
    kind: &'static str,
    /// Null for a package of this binary.
    link: Option<String>,
    message: String,
}

#[derive(Serialize)]
pub(super) struct Deprecation<'a> {
    name: &'a str,
    interface: &'a str,
    instead: &'a str,
    /// Null for a plugin of this binary.
    link: Option<&'a str>,
}

impl<'a> From<&'a CheckedSection> for SectionReport<'a> {
    fn from(section: &'a CheckedSection) -> Self {
        let problem = section.failure.as_ref().map(|failure| {
            let (message, hints) = message(&failure.to_string());
            SectionProblem { message, hints }
        });
        Self { name: &section.name, plugin: section.plugin.as_deref(), problem }
    }
}

impl<'a> From<&'a Problem> for ProblemReport<'a> {
    fn from(problem: &'a Problem) -> Self {
        let (kind, feature, places) = match problem {
            Problem::Duplicate { places, .. } => ("duplicate", None, places.iter().collect()),
            Problem::HiddenByAlias { aliased, named, .. } => {
                ("hidden_by_alias", None, named.iter().chain(aliased).collect())
            }
            Problem::InterfaceVersions { plugins, .. } => {
                ("interface_versions", None, plugins.iter().map(|(_, place)| place).collect())
            }
            Problem::Incompatible { place, .. } => ("incompatible", None, vec![place]),
            Problem::NotRegistered { feature, .. } => ("not_registered", Some(feature.as_str()), Vec::new()),
            _ => ("other", None, Vec::new()),
        };
        let (message, hints) = message(&problem.to_string());
        Self {
            kind,
            name: problem.name(),
            interface: problem.interface(),
            feature,
            link: None,
            places: places.into_iter().map(PlaceReport::from).collect(),
            message,
            hints,
        }
    }
}

impl From<&(Address, Failure)> for ProblemReport<'_> {
    fn from((link, failure): &(Address, Failure)) -> Self {
        let (message, hints) = message(&failure.to_string());
        let link = Some(link.to_string());
        Self { kind: "link", name: None, interface: None, feature: None, link, places: Vec::new(), message, hints }
    }
}

/// A text without its hints, and the hints.
fn message(text: &str) -> (String, Vec<String>) {
    let (hints, message): (Vec<_>, Vec<_>) = text.lines().partition(|line| line.starts_with("hint: "));
    let hints = hints.into_iter().map(|hint| hint.trim_start_matches("hint: ").to_owned());
    (message.join("\n"), hints.collect())
}

impl<'a> From<&'a Place> for PlaceReport<'a> {
    fn from(place: &'a Place) -> Self {
        Self {
            plugin: &place.plugin,
            package: place.package.as_deref(),
            file: &place.file,
            line: place.line,
            link: place.origin.as_deref(),
        }
    }
}

impl From<(&Address, String)> for Warning {
    fn from((link, message): (&Address, String)) -> Self {
        Self { kind: "aborts_on_panic", link: Some(link.to_string()), message }
    }
}

/// A package from outside, and its source.
impl From<(&str, &str)> for Warning {
    fn from((package, source): (&str, &str)) -> Self {
        Self { kind: "brings_no_plugin", link: None, message: super::brought_none(package, source) }
    }
}

impl<'a> From<(&'a Plugin, &'a str)> for Deprecation<'a> {
    fn from((plugin, instead): (&'a Plugin, &'a str)) -> Self {
        Self { name: plugin.name(), interface: plugin.interface(), instead, link: plugin.origin() }
    }
}
