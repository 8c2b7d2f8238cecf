//! `app doctor`: what is wrong with the plugins of this build. It opens none.

use std::fmt::Write;

use plug::{Place, Plugin, Problem, Registry};
use serde::Serialize;

use crate::cli::{Doctor, Format};
use crate::description::package_of;
use crate::failure::{Exit, Failure};
use crate::output;

/// What JSON has.
#[derive(Serialize)]
struct Report<'a> {
    problems: Vec<ProblemReport<'a>>,
    deprecated: Vec<Deprecation<'a>>,
}

#[derive(Serialize)]
struct ProblemReport<'a> {
    kind: &'static str,
    /// The name that cannot be opened for it, where it is one name.
    name: Option<&'a str>,
    interface: Option<&'a str>,
    /// The feature that registered nothing.
    feature: Option<&'a str>,
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
}

#[derive(Serialize)]
struct Deprecation<'a> {
    name: &'a str,
    interface: &'a str,
    instead: &'a str,
}

pub(crate) fn run(arguments: &Doctor, registry: &Registry) -> Result<Exit, Failure> {
    let problems = registry.problems();
    let deprecated: Vec<_> = registry.plugins().filter_map(|plugin| Some((plugin, plugin.deprecated()?))).collect();
    match arguments.format {
        Format::Json => output::json(&Report {
            problems: problems.iter().map(ProblemReport::from).collect(),
            deprecated: deprecated
                .iter()
                .map(|(plugin, instead)| Deprecation { name: plugin.name(), interface: plugin.interface(), instead })
                .collect(),
        })?,
        Format::Text => {
            let text = text(problems, &deprecated, registry.plugins().len());
            output::page(&output::styled(&output::printable(&text)))?;
        }
    }
    Ok(if problems.is_empty() { Exit::Done } else { Exit::Problem })
}

fn text(problems: &[Problem], deprecated: &[(&Plugin, &str)], plugins: usize) -> String {
    let mut text = String::new();
    for problem in problems {
        let _ = writeln!(text, "problem: {problem}");
    }
    for (plugin, instead) in deprecated {
        let of = package_of(plugin).map(|package| format!(" of {package}")).unwrap_or_default();
        let _ = writeln!(text, "note: plugin `{}`{of} is deprecated: {instead}", plugin.name());
    }
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let _ = writeln!(
        text,
        "{plugins} plugin{}, {} problem{}, {} deprecated",
        plural(plugins),
        problems.len(),
        plural(problems.len()),
        deprecated.len(),
    );
    text
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
            Problem::NotRegistered { feature, .. } => ("not_registered", Some(feature.as_str()), Vec::new()),
            _ => ("other", None, Vec::new()),
        };
        let text = problem.to_string();
        let (hints, message): (Vec<_>, Vec<_>) = text.lines().partition(|line| line.starts_with("hint: "));
        Self {
            kind,
            name: problem.name(),
            interface: problem.interface(),
            feature,
            places: places.into_iter().map(PlaceReport::from).collect(),
            message: message.join("\n"),
            hints: hints.into_iter().map(|hint| hint.trim_start_matches("hint: ").to_owned()).collect(),
        }
    }
}

impl<'a> From<&'a Place> for PlaceReport<'a> {
    fn from(place: &'a Place) -> Self {
        Self { plugin: &place.plugin, package: place.package.as_deref(), file: &place.file, line: place.line }
    }
}
