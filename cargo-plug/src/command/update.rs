//! `cargo plug update`: newer versions of the plugins of a plug.toml, in plug.lock.

use std::env;
use std::path::Path;

use crate::builder::{Builder, Order};
use crate::cache;
use crate::cli::{Kind, Update};
use crate::failure::{At, Failure};
use crate::project::Project;
use crate::shell;

pub(crate) fn run(arguments: &Update) -> Result<(), Failure> {
    if arguments.flags.quiet {
        shell::be_quiet();
    }
    let here = env::current_dir().at("find", Path::new("."))?;
    let Some(project) = Project::find(&here)? else {
        return Err(Failure::new("there is no plug.toml in this folder")
            .hint("`cargo plug build PROGRAM --with SOURCE --save` writes one"));
    };
    let lock = project.lock();
    let is_all = arguments.plugin.is_none() || !lock.exists();
    // Without plug.lock, the build starts from the versions of the program.
    let start = if is_all { lock.with_file_name(".no-plug.lock") } else { lock.clone() };
    let selection = project.selection()?;
    let order = Order { kind: Kind::Program, selection, folder: here, lock: Some(start) };
    let mut builder = Builder::new(&order, &arguments.flags)?;
    if is_all {
        builder.forget()?;
    }
    builder.resolve()?;
    if let Some(plugin) = &arguments.plugin {
        if !builder.packages().any(|package| package == plugin) {
            let packages = builder.packages().map(|package| format!("`{package}`")).collect::<Vec<_>>().join(", ");
            let has = if packages.is_empty() { "no plugin".to_owned() } else { packages };
            return Err(Failure::new(format!("plug.toml has no plugin `{plugin}`")).hint(format!("it has {has}")));
        }
        builder.update(plugin)?;
    }
    let before = std::fs::read_to_string(&lock).unwrap_or_default();
    let after = std::fs::read_to_string(builder.lock_file()).at("read", &builder.lock_file())?;
    cache::write(&lock, &after)?;
    let (before, after) = (versions(&before), versions(&after));
    let gone = before.iter().filter(|package| !after.contains(package));
    let come = after.iter().filter(|package| !before.contains(package));
    if before == after {
        shell::status("Unchanged", "plug.lock: no plugin has a newer version that fits");
        return Ok(());
    }
    gone.for_each(|package| shell::status("Removing", package));
    come.for_each(|package| shell::status("Adding", package));
    shell::status("Wrote", "plug.lock");
    Ok(())
}

/// The packages of a lock file, each with its version and the revision of its source.
fn versions(lock: &str) -> Vec<String> {
    let Ok(document) = lock.parse::<toml_edit::DocumentMut>() else { return Vec::new() };
    let packages = document.get("package").and_then(|packages| packages.as_array_of_tables());
    let text = |package: &toml_edit::Table, key: &str| Some(package.get(key)?.as_str()?.to_owned());
    let versions = packages.into_iter().flatten().filter_map(|package| {
        let source = text(package, "source").unwrap_or_default();
        let revision =
            source.split_once('#').map(|(_, revision)| format!(" ({})", revision.get(..12).unwrap_or(revision)));
        Some(format!("{} v{}{}", text(package, "name")?, text(package, "version")?, revision.unwrap_or_default()))
    });
    versions.collect()
}
