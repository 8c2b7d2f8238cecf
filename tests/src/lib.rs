//! The code that tests share: their programs, Cargo inside Cargo, and the list of omissions.
//!
//! `cargo test --workspace` runs no Cargo inside Cargo.
//! It unites the features of all members.
//! A test of a set of features therefore belongs in `tests/matrix`.
//! That builds the set with a Cargo of its own.

#[cfg(doctest)]
mod documents;

#[cfg(feature = "programs")]
pub mod back;
mod console;
mod futures;
mod go;
mod libraries;
pub mod nested;
mod processes;
#[cfg(feature = "programs")]
mod server;
#[cfg(feature = "programs")]
pub mod service;

pub use console::{app, check, check_command, seen};
pub use futures::pause;
pub use go::{Sockets, go, go_command, go_example, is_running};
pub use libraries::{has_toolchain, library, library_file, shared_library};
pub use processes::{Started, app_with, build, built_program, process, program, resident, start, until};
#[cfg(feature = "programs")]
pub use server::server;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;

/// Runs the case with each of these, all at the same time. It panics if one does.
pub fn at_once<T: Send>(each: impl IntoIterator<Item = T>, case: impl Fn(T) + Sync) {
    thread::scope(|scope| {
        for one in each {
            scope.spawn(|| case(one));
        }
    });
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace");
    root.to_owned()
}

/// The folder for the files that the tests make.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |folder| root().join(folder))
        .join("nested")
}

/// An empty folder of this name.
pub fn scratch(name: &str) -> PathBuf {
    let folder = target().join("scratch").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("the scratch folder can be removed");
    }
    fs::create_dir_all(&folder).expect("the scratch folder can be made");
    folder
}

/// A copy of the workspace's sources, in a scratch folder of this name.
/// Earlier builds stay there, so that Cargo rebuilds only the changes.
pub fn copy_of_workspace(name: &str) -> PathBuf {
    let folder = target().join("scratch").join(name);
    fs::create_dir_all(&folder).expect("the folder can be made");
    for entry in entries(&folder).into_iter().filter(|path| !path.ends_with("target")) {
        let removed = if entry.is_dir() { fs::remove_dir_all(&entry) } else { fs::remove_file(&entry) };
        removed.expect("an old copy can be removed");
    }
    copy(&root(), &folder);
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for path in entries(from).into_iter().filter(|path| !path.ends_with("target") && !path.ends_with(".git")) {
        let to = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).expect("a file can be copied");
        }
    }
}

/// The entries of a folder, sorted.
pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
    let mut entries: Vec<_> = entries.map(|entry| entry.expect("a folder can be read").path()).collect();
    entries.sort();
    entries
}

/// The Cargo that runs this test, without its variables for the package under test.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    clean(&mut cargo);
    // There are many builds, and debug information would be most of their size.
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "0");
    cargo
}

/// Removes Cargo's variables, and a user's settings of colours and plugins.
pub fn clean(command: &mut Command) -> &mut Command {
    let keep = ["CARGO", "CARGO_HOME", "CARGO_NET_OFFLINE", "CARGO_BUILD_JOBS", "CARGO_TERM_COLOR"];
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if (name.starts_with("CARGO") || name.starts_with("APP_")) && !keep.contains(&&*name) {
            command.env_remove(&*name);
        }
    }
    for name in ["RUSTFLAGS", "RUSTDOCFLAGS", "RUST_BACKTRACE", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(name);
    }
    command
}

/// Whether the builds of tests register with linkme, as in one round of `.ci/run`.
pub fn is_linkme() -> bool {
    std::env::var_os("PLUG_LINKME").is_some()
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"))
}

/// Runs a command that must succeed, and returns its standard output.
pub fn succeed(command: &mut Command) -> String {
    let output = run(command);
    let (stdout, stderr) = texts(&output);
    assert!(output.status.success(), "{command:?} failed, {}\n{stdout}\n{stderr}", output.status);
    stdout
}

/// Runs a command that must fail, and returns its standard error.
pub fn fail(command: &mut Command) -> String {
    let output = run(command);
    let (stdout, stderr) = texts(&output);
    assert!(!output.status.success(), "{command:?} did not fail\n{stdout}\n{stderr}");
    stderr
}

/// Standard output and standard error.
pub fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// Reports that a test, or a part of one, was left out because `what` is missing.
///
/// `.ci/run` collects these lines, and fails on one that `.ci/omitted` does not name; see there.
/// The line goes to the file that `PLUG_OMITTED` names too.
/// A test runner would hide it in the output of a passing test.
pub fn leave_out(what: &str, why: &str) {
    let line = format!("left out: {what}: {why}");
    println!("{line}");
    eprintln!("{line}");
    if let Some(file) = std::env::var_os("PLUG_OMITTED") {
        use std::io::Write;
        let file = fs::OpenOptions::new().append(true).create(true).open(file);
        let mut file = file.expect("the list of what was left out can be opened");
        // One write, since several tests append at once.
        file.write_all(format!("{line}\n").as_bytes()).expect("the list of what was left out can be written");
    }
}

/// Whether to run the slow full matrix, as `.ci/run --full` does.
pub fn is_full() -> bool {
    std::env::var_os("PLUG_FULL").is_some()
}
