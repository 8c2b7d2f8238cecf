//! `cargo plug build`: a program with plugins in it, or the plugins alone.

use std::env;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::builder::{Builder, Order};
use crate::cache;
use crate::cli::{Build, Kind, Selection};
use crate::failure::{At, Failure};
use crate::project::Project;
use crate::records::Records;
use crate::shell;

pub(crate) fn run(arguments: &Build) -> Result<(), Failure> {
    if arguments.flags.quiet {
        shell::be_quiet();
    }
    let here = env::current_dir().at("find", Path::new("."))?;
    let given = &arguments.selection;
    if let (Kind::Library | Kind::Process, Some(program)) = (arguments.kind, &given.program) {
        return Err(Failure::new(format!("`{program}` is not built with `--as`, which builds plugins alone"))
            .hint("name the plugins with `--with SOURCE`"));
    }
    let found = Project::find(&here)?;
    let mut project = match arguments.save {
        true => Some(found.unwrap_or_else(|| Project::new(&here))),
        // A program on the command line is another order than that of the file.
        false => found.filter(|_| given.program.is_none()),
    };
    let of_file = project.as_ref().map(Project::selection).transpose()?.unwrap_or_default();
    let is_of_file = arguments.save || given.with.iter().all(|with| of_file.with.contains(with));
    let is_program = arguments.kind == Kind::Program;
    let lock = project.as_ref().map(Project::lock).filter(|_| is_program);
    let order =
        Order { kind: arguments.kind, selection: united(of_file, given), folder: here.clone(), lock: lock.clone() };
    let mut builder = Builder::new(&order, &arguments.flags)?;
    let of_file = project.as_ref().and_then(Project::output).filter(|_| is_program);
    // An output that cannot be written is found before the build, which may take minutes.
    let requested = arguments.output.clone().map(|output| here.join(output)).or(of_file);
    if let Some(output) = &requested {
        check_output(output)?;
    }
    let lock = lock.filter(|_| is_of_file && !arguments.flags.is_locked());
    if lock.is_some() || arguments.save {
        cache::check_writable(&here)?;
    }
    builder.resolve()?;
    if let Some(project) = project.as_mut().filter(|_| arguments.save) {
        let output = arguments.output.as_deref().map(|output| output.display().to_string());
        project.save(given, output.as_deref())?;
    }
    if let Some(folder) = &arguments.keep {
        builder.keep(&here.join(folder))?;
    }
    let output = match requested {
        Some(output) if !output.is_dir() => output,
        Some(folder) => folder.join(default_name(&builder, arguments.kind)),
        None => here.join(default_name(&builder, arguments.kind)),
    };
    check_output(&output)?;
    if output.is_dir() {
        return Err(
            Failure::new(format!("`{}` is a folder", output.display())).hint("name the file to write with `-o`")
        );
    }
    let built = builder.build()?;
    cache::copy(&built.file, &output)?;
    if let Some(lock) = lock {
        let text = std::fs::read_to_string(builder.lock_file()).at("read", &builder.lock_file())?;
        cache::write(&lock, &text)?;
    }
    report(&builder, &output);
    Ok(())
}

/// The choices of a file, and those of the command line.
fn united(of_file: Selection, given: &Selection) -> Selection {
    let more = |of_file: Vec<String>, given: &[String]| {
        let more: Vec<_> = given.iter().filter(|text| !of_file.contains(text)).cloned().collect();
        [of_file, more].concat()
    };
    Selection {
        program: given.program.clone().or(of_file.program),
        with: more(of_file.with, &given.with),
        features: more(of_file.features, &given.features),
        no_default_features: of_file.no_default_features || given.no_default_features,
    }
}

/// The file's name if the user gives none.
fn default_name(builder: &Builder, kind: Kind) -> String {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX, EXE_SUFFIX};
    match kind {
        Kind::Program | Kind::Process => format!("{}{EXE_SUFFIX}", builder.target()),
        Kind::Library => format!("{DLL_PREFIX}{}{DLL_SUFFIX}", builder.first_plugin().replace('-', "_")),
    }
}

/// Refuses an output that cannot be written.
fn check_output(output: &Path) -> Result<(), Failure> {
    if std::fs::metadata(output).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().readonly()) {
        return Err(Failure::new(format!("`{}` is read-only", output.display())));
    }
    if output.is_file() && !is_replaceable(output) {
        return Err(Failure::new(format!("`{}` is there, and is neither a program nor a library", output.display()))
            .hint("a build writes over an earlier one alone: choose another file with `-o`, or move this one away"));
    }
    let folder = if output.is_dir() { output } else { output.parent().unwrap_or(Path::new(".")) };
    cache::check_writable(folder)
}

/// Whether a file may be an earlier build, or is empty.
fn is_replaceable(file: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(file).and_then(|file| file.take(64).read_to_end(&mut start));
    // A file that cannot be read is not known to be another.
    read.is_err() || start.is_empty() || object::FileKind::parse(&*start).is_ok() || start.starts_with(b"\0asm")
}

/// Prints what the file has, and warns of packages that brought nothing.
fn report(builder: &Builder, output: &Path) {
    let records = Records::of_file(output).unwrap_or_default();
    let of = |package: &str| {
        let plugins = records.plugins.iter().filter(|plugin| plugin.package() == package);
        plugins.map(|plugin| format!("`{}`", plugin.name())).collect::<Vec<_>>()
    };
    let mut names = Vec::new();
    for package in builder.packages() {
        match of(package) {
            none if none.is_empty() => shell::warn(&format!("`{package}` brought no plugin: it has no `#[plug]`")),
            some => names.extend(some),
        }
    }
    let relative = env::current_dir().ok().and_then(|here| Some(output.strip_prefix(here).ok()?.to_owned()));
    let output: PathBuf = relative.unwrap_or_else(|| output.to_owned());
    let with = if names.is_empty() { String::new() } else { format!(" with {}", names.join(", ")) };
    shell::status("Built", &format!("{}{with}", output.display()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_earlier_build_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let is = |content: &[u8]| {
            let file = folder.path().join("file");
            std::fs::write(&file, content).unwrap();
            is_replaceable(&file)
        };
        let own = std::fs::read(env::current_exe().unwrap()).unwrap();
        assert!(is(b"") && is(&own) && is(&own[..64]) && is(b"\0asm\x01\0\0\0"));
        assert!(!is(b"fn main() {}\n") && !is(b"x") && !is(b"PK\x03\x04 and an archive that is longer than a header"));
    }
}
