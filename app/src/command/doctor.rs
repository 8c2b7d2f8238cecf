//! `app doctor`: the problems of the plugins of this build, and of links.
//! It opens no plugin.

mod report;

use std::fmt::Write;

use app_interface::Plug;
use plug::link::Address;
use plug::{Plugin, Registry, Section};

use crate::cli::{Doctor, Format};
use crate::description::{outside, package_of, without_plugin};
use crate::failure::{Exit, Failure};
use crate::linked::Linked;
use crate::{output, panic};
use report::{Deprecation, Outside, ProblemReport, Report, SectionReport, Warning};

pub(crate) fn run(arguments: &Doctor) -> Result<Exit, Failure> {
    // A link that cannot be used is a problem like others.
    // Wrong usage ends the command.
    let mut faults = Vec::new();
    let linked = Linked::with_sound(&arguments.links, |link, failure| match failure.exit() {
        Exit::Problem | Exit::Failed => {
            faults.push((link.clone(), failure));
            Ok(())
        }
        _ => Err(failure),
    })?;
    let registry = &linked.registry;
    let config = arguments.config.read()?;
    let sections: Vec<_> = config.sections().iter().map(|section| CheckedSection::new(section, registry)).collect();
    let problems = registry.problems();
    match arguments.format {
        Format::Json => output::json(&Report {
            problems: problems.iter().map(ProblemReport::from).chain(faults.iter().map(ProblemReport::from)).collect(),
            warnings: linked.warnings().map(Warning::from).chain(without_plugin(registry).map(Warning::from)).collect(),
            deprecated: deprecated(registry).map(Deprecation::from).collect(),
            outside: outside(registry).map(Outside::from).collect(),
            sections: arguments.config.is_given().then(|| sections.iter().map(SectionReport::from).collect()),
        })?,
        Format::Text => output::page(&output::styled(&output::printable(&text(&linked, &faults, &sections))))?,
    }
    let is_sound = sections.iter().all(|section| section.failure.is_none());
    Ok(if problems.is_empty() && faults.is_empty() && is_sound { Exit::Done } else { Exit::Problem })
}

/// A section of the configuration file, and why it cannot be opened.
struct CheckedSection {
    name: String,
    plugin: Option<String>,
    failure: Option<Failure>,
}

impl CheckedSection {
    /// Reads the settings as an opening does, by code of the plugin.
    fn new(section: &Section, registry: &Registry) -> Self {
        let name = section.name().to_owned();
        let plugin = match section.plugin::<dyn Plug>(registry) {
            Ok(plugin) => plugin,
            Err(error) => return Self { name, plugin: None, failure: Some(error.into()) },
        };
        let failure = match panic::guard(plugin.name(), || plugin.check(&section.settings())) {
            Some(result) => result.err().map(Failure::from),
            None => {
                let text = format!("plugin `{}` panicked when it read the settings of `{name}`", plugin.name());
                Some(Failure::new(text, Exit::Failed))
            }
        };
        Self { name, plugin: Some(plugin.name().to_owned()), failure }
    }
}

fn text(linked: &Linked, faults: &[(Address, Failure)], sections: &[CheckedSection]) -> String {
    let (mut text, registry) = (String::new(), &linked.registry);
    for problem in registry.problems() {
        let _ = writeln!(text, "problem: {problem}");
    }
    for (_, fault) in faults {
        let _ = writeln!(text, "problem: {fault}");
    }
    for section in sections {
        let _ = match (&section.plugin, &section.failure) {
            (_, Some(failure)) => writeln!(text, "problem: {failure}"),
            (Some(plugin), None) => writeln!(text, "section `{}`: plugin `{plugin}` takes its settings", section.name),
            (None, None) => Ok(()),
        };
    }
    for (_, warning) in linked.warnings() {
        let _ = writeln!(text, "warning: {warning}");
    }
    for (package, source) in without_plugin(registry) {
        let _ = writeln!(text, "warning: {}", brought_none(package, source));
    }
    for (plugin, instead) in deprecated(registry) {
        let of = package_of(plugin).map(|package| format!(" of {package}")).unwrap_or_default();
        let link = plugin.origin().map(|link| format!(" in `{link}`")).unwrap_or_default();
        let _ = writeln!(text, "note: plugin `{}`{of}{link} is deprecated: {instead}", plugin.name());
    }
    for (plugin, source) in outside(registry) {
        let of = package_of(plugin).map(|package| format!(" of {package}")).unwrap_or_default();
        let _ = writeln!(text, "note: plugin `{}`{of} is from outside: {source}", plugin.name());
    }
    let unsound = sections.iter().filter(|section| section.failure.is_some()).count();
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let (plugins, problems) = (registry.plugins().len(), registry.problems().len() + faults.len() + unsound);
    let of_sections = match sections.len() {
        0 => String::new(),
        count => format!("{count} section{}, ", plural(count)),
    };
    let _ = writeln!(
        text,
        "{plugins} plugin{}, {of_sections}{problems} problem{}, {} deprecated",
        plural(plugins),
        plural(problems),
        deprecated(registry).count(),
    );
    text
}

/// The text about a package from outside that has no plugin.
fn brought_none(package: &str, source: &str) -> String {
    format!("package `{package}` from outside brought no plugin: {source}")
}

/// The deprecated plugins, each with its replacement.
fn deprecated(registry: &Registry) -> impl Iterator<Item = (&Plugin, &str)> {
    registry.plugins().filter_map(|plugin| Some((plugin, plugin.deprecated()?)))
}
