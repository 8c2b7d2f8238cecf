//! Compares the packages that a program and a plugin share: `plug`, and the crates of interfaces.
//!
//! Both sides must have the same package, or each would have a registry or a trait of its own.
//! Two sources of one package are united by a patch, if the versions fit.

use cargo_metadata::Package;
use cargo_metadata::semver::{Version, VersionReq};

use crate::entry::Mistake;
use crate::failure::Failure;
use crate::graph::{Graph, PLUG, folder_of, is_crates_io, library_of, source_text};
use crate::package::Patches;

/// A package, and those below it.
#[derive(Clone, Copy)]
pub(crate) struct Side<'g> {
    pub graph: &'g Graph,
    pub package: &'g Package,
}

impl Side<'_> {
    fn title(&self) -> String {
        format!("`{}` {}", self.package.name, self.package.version)
    }
}

/// Refuses a program that no plugin could be in.
pub(crate) fn check_program(program: Side<'_>) -> Result<(), Failure> {
    let name = &program.package.name;
    let Some(library) = library_of(program.package) else {
        return Err(Failure::new(format!("`{name}` has no library, so no other package can have its `main`")).hint(
            format!(
                "move its code from src/main.rs to src/lib.rs, with a `pub fn main`, and let src/main.rs call `{}::main()`",
                name.replace('-', "_")
            ),
        ));
    };
    if !program.graph.on_plug(program.package).contains_key(PLUG) {
        return Err(Failure::new(format!("`{name}` takes no plugins: it does not depend on `{PLUG}`")));
    }
    let source = program.package.targets.iter().find(|target| target.name == library).map(|target| &target.src_path);
    let text = source.and_then(|source| std::fs::read_to_string(source).ok()).unwrap_or_default();
    let call = format!("`{library}::main()`");
    match crate::entry::mistake(&text) {
        None => {}
        Some(Mistake::Missing) => {
            return Err(Failure::new(format!("the library of `{name}` has no `main`")).hint(format!(
                "move it from src/main.rs to src/lib.rs as `pub fn main`, and let src/main.rs call {call}"
            )));
        }
        Some(mistake) => {
            return Err(Failure::new(format!("the `main` in the library of `{name}` {mistake}"))
                .hint("a program with plugins calls it: it is `pub fn main()`, or `pub fn main() -> Result<(), E>`"));
        }
    }
    Ok(())
}

/// Refuses a package that cannot be a plugin.
pub(crate) fn check_plugin(plugin: Side<'_>) -> Result<(), Failure> {
    let name = &plugin.package.name;
    if library_of(plugin.package).is_none() {
        return Err(Failure::new(format!("`{name}` is no plugin crate: it has no library"))
            .hint("a plugin is in src/lib.rs, and not in src/main.rs"));
    }
    if !plugin.graph.on_plug(plugin.package).contains_key(PLUG) {
        return Err(Failure::new(format!("`{name}` is no plugin: it does not depend on `{PLUG}`")));
    }
    Ok(())
}

/// Refuses a plugin that has nothing for the program.
pub(crate) fn check_interface(program: Side<'_>, plugin: Side<'_>) -> Result<(), Failure> {
    let (ours, theirs) = (program.graph.on_plug(program.package), plugin.graph.on_plug(plugin.package));
    // The program's own plugins are no interfaces.
    let is_interface = |name: &&&str| **name != PLUG && !name.starts_with("plugin-");
    let of_plugin: Vec<_> = theirs.keys().filter(|name| **name != *plugin.package.name).filter(is_interface).collect();
    if of_plugin.is_empty() || of_plugin.iter().any(|name| ours.contains_key(**name)) {
        return Ok(());
    }
    let of_program: Vec<_> = ours.keys().filter(|name| **name != *program.package.name).filter(is_interface).collect();
    let list = |names: &[&&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let has = if of_program.is_empty() { "none".to_owned() } else { list(&of_program) };
    Err(Failure::new(format!(
        "{} is for another interface: it depends on {}, and {} has {has}",
        plugin.title(),
        list(&of_plugin),
        program.title(),
    )))
}

/// Whether both sides share each package that they both have.
pub(crate) fn is_united(program: Side<'_>, plugin: Side<'_>) -> bool {
    let theirs = plugin.graph.on_plug(plugin.package);
    let ours = program.graph.on_plug(program.package);
    ours.iter().all(|(name, ours)| theirs.get(name).is_none_or(|theirs| theirs.id == ours.id))
}

/// Adds the patches that unite the shared packages, if their versions fit.
pub(crate) fn unite(program: Side<'_>, plugin: Side<'_>, patches: &mut Patches) -> Result<(), Failure> {
    let theirs = plugin.graph.on_plug(plugin.package);
    // A misfit of `plug` explains those of interfaces, and so comes first.
    let mut shared: Vec<_> = program.graph.on_plug(program.package).into_iter().collect();
    shared.sort_by_key(|(name, _)| *name != PLUG);
    for (name, ours) in shared {
        let Some(theirs) = theirs.get(name).filter(|theirs| theirs.id != ours.id) else { continue };
        if theirs.id == plugin.package.id {
            continue;
        }
        if !fits(&ours.version, theirs, plugin) {
            let message = format!(
                "{} is written for `{name}` {}, and {} has `{name}` {}",
                plugin.title(),
                theirs.version,
                program.title(),
                ours.version
            );
            return Err(Failure::new(message).hint(format!(
                "take a version of `{}` that fits, or build it apart: `cargo plug build --as library --with …`",
                plugin.package.name
            )));
        }
        let target = match (&ours.source, &theirs.source) {
            (None, None) => {
                let message = format!(
                    "{} takes `{name}` from `{}`, and {} takes it from `{}`",
                    plugin.title(),
                    folder_of(theirs).display(),
                    program.title(),
                    folder_of(ours).display()
                );
                let apart =
                    format!("or build `{}` apart: `cargo plug build --as library --with …`", plugin.package.name);
                return Err(Failure::new(message)
                    .hint(format!("two folders are two packages: let both have the same one, {apart}")));
            }
            // A path cannot be patched, but lead there.
            (_, None) => theirs,
            _ => ours,
        };
        for package in [ours, theirs] {
            if let Some(source) = patched_source(package) {
                let folder = folder_of(target).to_owned();
                patches.entry(source).or_default().insert(name.to_owned(), folder);
            }
        }
    }
    Ok(())
}

/// Whether each requirement of the plugin on a package takes this version of it.
fn fits(version: &Version, theirs: &Package, plugin: Side<'_>) -> bool {
    let requirements = plugin.graph.requirements(plugin.package, &theirs.name);
    requirements.iter().all(|dependency| match &dependency.req {
        // A path or a repository alone says no version.
        any if *any == VersionReq::STAR => is_compatible(version, &theirs.version),
        requirement => requirement.matches(version),
    })
}

fn is_compatible(one: &Version, other: &Version) -> bool {
    let key = |version: &Version| match (version.major, version.minor) {
        (0, 0) => (0, 0, version.patch),
        (0, minor) => (0, minor, 0),
        (major, _) => (major, 0, 0),
    };
    key(one) == key(other)
}

/// The key of `[patch]` for the source of a package. A path has none.
fn patched_source(package: &Package) -> Option<String> {
    let source = package.source.as_ref()?.repr.as_str();
    if let Some(git) = source.strip_prefix("git+") {
        return git.split(['?', '#']).next().map(str::to_owned);
    }
    let url = source.strip_prefix("registry+").unwrap_or(source);
    let plain = url.strip_prefix("sparse+").unwrap_or(url);
    Some(if is_crates_io(plain) { "crates-io".to_owned() } else { url.to_owned() })
}

/// The text of a package with its version and its source.
pub(crate) fn described(package: &Package) -> String {
    format!("`{}` {} ({})", package.name, package.version, source_text(package))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_fit_as_cargo_takes_them() {
        let version = |text: &str| text.parse::<Version>().unwrap();
        for (one, other, fit) in
            [("0.1.0", "0.1.9", true), ("0.1.0", "0.2.0", false), ("1.2.3", "1.9.0", true), ("0.0.1", "0.0.2", false)]
        {
            assert_eq!(is_compatible(&version(one), &version(other)), fit, "{one} {other}");
        }
    }
}
