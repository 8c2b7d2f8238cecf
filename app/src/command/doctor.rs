//! `app doctor`: the problems of the plugins of this build, and of links.
//! It opens no plugin.

mod report;

use std::fmt::Write;

use plug::link::Address;
use plug::{Plugin, Registry};

use crate::cli::{Doctor, Format};
use crate::description::package_of;
use crate::failure::{Exit, Failure};
use crate::linked::Linked;
use crate::output;
use report::{Deprecation, ProblemReport, Report, Warning};

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
    let problems = registry.problems();
    match arguments.format {
        Format::Json => output::json(&Report {
            problems: problems.iter().map(ProblemReport::from).chain(faults.iter().map(ProblemReport::from)).collect(),
            warnings: linked.warnings().map(Warning::from).collect(),
            deprecated: deprecated(registry).map(Deprecation::from).collect(),
        })?,
        Format::Text => output::page(&output::styled(&output::printable(&text(&linked, &faults))))?,
    }
    Ok(if problems.is_empty() && faults.is_empty() { Exit::Done } else { Exit::Problem })
}

fn text(linked: &Linked, faults: &[(Address, Failure)]) -> String {
    let (mut text, registry) = (String::new(), &linked.registry);
    for problem in registry.problems() {
        let _ = writeln!(text, "problem: {problem}");
    }
    for (_, fault) in faults {
        let _ = writeln!(text, "problem: {fault}");
    }
    for (_, warning) in linked.warnings() {
        let _ = writeln!(text, "warning: {warning}");
    }
    for (plugin, instead) in deprecated(registry) {
        let of = package_of(plugin).map(|package| format!(" of {package}")).unwrap_or_default();
        let link = plugin.origin().map(|link| format!(" in `{link}`")).unwrap_or_default();
        let _ = writeln!(text, "note: plugin `{}`{of}{link} is deprecated: {instead}", plugin.name());
    }
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let (plugins, problems) = (registry.plugins().len(), registry.problems().len() + faults.len());
    let _ = writeln!(
        text,
        "{plugins} plugin{}, {problems} problem{}, {} deprecated",
        plural(plugins),
        plural(problems),
        deprecated(registry).count(),
    );
    text
}

/// The deprecated plugins, each with its replacement.
fn deprecated(registry: &Registry) -> impl Iterator<Item = (&Plugin, &str)> {
    registry.plugins().filter_map(|plugin| Some((plugin, plugin.deprecated()?)))
}
