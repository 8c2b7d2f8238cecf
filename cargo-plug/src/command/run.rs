//! `cargo plug run`: builds the program that a plugin is for, with the plugin in it, and runs it.

use std::env;
use std::path::Path;
use std::process::Command;

use cargo_metadata::{DependencyKind, Package};
use serde_json::Value;

use crate::builder::{Builder, Order};
use crate::cargo::Cargo;
use crate::cli::{Kind, Run, Selection};
use crate::failure::{At, Failure};
use crate::graph::{PLUG, folder_of, library_of};
use crate::locate::Local;
use crate::project::Project;
use crate::{interrupt, shell};

pub(crate) fn run(arguments: &Run) -> Result<(), Failure> {
    if arguments.flags.quiet {
        shell::be_quiet();
    }
    let here = env::current_dir().at("find", Path::new("."))?;
    let project = Project::find(&here)?;
    let cargo = Cargo::new(&arguments.flags);
    // A folder with a plug.toml alone is no plugin.
    let plugin = match here.join("Cargo.toml").is_file() {
        true => Some(Local::find(&here, None, &cargo)?),
        false => None,
    };
    let mut selection = Selection {
        program: arguments.program.clone(),
        with: arguments.with.clone(),
        features: arguments.features.clone(),
        no_default_features: arguments.no_default_features,
    };
    if let Some(project) = &project {
        let of_file = project.selection()?;
        selection.program = selection.program.or(of_file.program);
        selection.with.splice(0..0, of_file.with);
        selection.features.splice(0..0, of_file.features);
        selection.no_default_features |= of_file.no_default_features;
    }
    if let Some(local) = &plugin {
        selection.program = match selection.program {
            Some(program) => Some(program),
            None => Some(program_for(local, &cargo)?),
        };
        let is_here = |text: &String| crate::spec::absolute(&here.join(text)) == crate::spec::absolute(&here);
        if !selection.with.iter().any(is_here) {
            selection.with.insert(0, ".".to_owned());
        }
    }
    if selection.program.is_none() {
        return Err(Failure::new("there is no plugin and no plug.toml in this folder")
            .hint("`cargo plug run` is for the folder of a plugin; `cargo plug new` makes one"));
    }
    let lock = project.as_ref().map(Project::lock).filter(|lock| lock.exists() || arguments.flags.is_locked());
    let order = Order { kind: Kind::Program, selection, folder: here, lock };
    let mut builder = Builder::new(&order, &arguments.flags)?;
    builder.resolve()?;
    let built = builder.build()?;
    let file = built.file.display();
    shell::status("Running", &format!("`{file}`"));
    interrupt::check()?;
    // Another build may not wait until the program ends.
    drop(builder);
    execute(Command::new(&built.file).args(&arguments.arguments))
        .map_err(|error| Failure::new(format!("cannot run `{file}`: {error}")))?
}

/// The program takes the place of this one, so that it gets all signals.
#[cfg(unix)]
fn execute(command: &mut Command) -> Result<Result<(), Failure>, std::io::Error> {
    Err(std::os::unix::process::CommandExt::exec(command))
}

#[cfg(not(unix))]
fn execute(command: &mut Command) -> Result<Result<(), Failure>, std::io::Error> {
    let status = command.status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(if status.success() { Ok(()) } else { Err(Failure::of_program(code)) })
}

/// The program that a plugin is for: the one that it or its interface names, or the only one of its
/// workspace that has its interface.
fn program_for(plugin: &Local, cargo: &Cargo) -> Result<String, Failure> {
    if let Some(program) = named_program(&plugin.package) {
        return Ok(program);
    }
    let interfaces = interfaces_of(&plugin.package);
    for folder in interfaces.iter().filter_map(|(_, folder)| folder.as_deref()) {
        let local = Local::find(folder, None, cargo)?;
        if let Some(program) = named_program(&local.package) {
            return Ok(program);
        }
    }
    let is_program = |package: &&Package| {
        let has_interface = |(name, _): &(String, _)| interfaces_of(package).iter().any(|(other, _)| other == name);
        let is_bin = package.targets.iter().any(cargo_metadata::Target::is_bin);
        package.id != plugin.package.id
            && is_bin
            && library_of(package).is_some()
            && interfaces.iter().any(has_interface)
    };
    let programs = plugin.workspace.packages.iter().filter(is_program).filter(|package| !is_plugin(package));
    let programs: Vec<_> = programs.collect();
    match programs[..] {
        [program] => Ok(folder_of(program).display().to_string()),
        _ => Err(Failure::new(format!("`{}` does not say which program it is for", plugin.package.name)).hint(
            "name it with `--program SOURCE`, or in Cargo.toml: `[package.metadata.plug]`, then `program = \"SOURCE\"`",
        )),
    }
}

fn is_plugin(package: &Package) -> bool {
    package.name.starts_with("plugin-")
}

/// The program in the metadata of a package. A path is relative to the package.
pub(crate) fn named_program(package: &Package) -> Option<String> {
    let program = package.metadata.get("plug").and_then(|plug| plug.get("program")).and_then(Value::as_str)?;
    let path = folder_of(package).join(program);
    let is_path = program.starts_with('.') || (program.contains('/') && !program.contains("://"));
    Some(if is_path { path.display().to_string() } else { program.to_owned() })
}

/// The packages that may have the interface of a plugin, with their folders.
fn interfaces_of(package: &Package) -> Vec<(String, Option<std::path::PathBuf>)> {
    let dependencies = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
    let others = dependencies.filter(|dependency| dependency.name != PLUG && !dependency.optional);
    others.map(|other| (other.name.clone(), other.path.as_ref().map(|path| path.as_std_path().to_owned()))).collect()
}
