//! Packages built as shared libraries, as their users build them.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex, MutexGuard};

use crate::{clean, root, succeed, target};

/// A package of this workspace as a shared library. The arguments are Cargo's; before them can stand a toolchain, as `+nightly`, and after them
/// `--` and what is rustc's. `NAME=value` sets a variable.
pub fn library(package: &str, arguments: &[&str]) -> PathBuf {
    build(&root(), "workspace", package, arguments)
}

/// A package of `fixtures/library` as a shared library.
pub fn fixture(package: &str, arguments: &[&str]) -> PathBuf {
    build(&root().join("tests/fixtures/library"), "fixture", package, arguments)
}

/// A program of `fixtures/library`.
pub fn fixture_program(package: &str, arguments: &[&str]) -> PathBuf {
    let mut built = built();
    let kept = built.entry(key(package, arguments));
    kept.or_insert_with(|| build_program(package, arguments)).clone()
}

/// What this process has built, so that tests do not take turns in building it.
fn built() -> MutexGuard<'static, HashMap<String, PathBuf>> {
    static BUILT: LazyLock<Mutex<HashMap<String, PathBuf>>> = LazyLock::new(Mutex::default);
    // A build that failed is tried again by the next test, and fails it too.
    BUILT.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn build_program(package: &str, arguments: &[&str]) -> PathBuf {
    let (folder, _lock) = folder("fixture", arguments);
    succeed(
        cargo("build", arguments, &folder)
            .args(["--package", package])
            .current_dir(root().join("tests/fixtures/library")),
    );
    let name = format!("{package}{}", std::env::consts::EXE_SUFFIX);
    keep(&folder.join(profile(arguments)).join(&name), package, arguments, &name)
}

/// Whether this toolchain is there.
pub fn has_toolchain(toolchain: &str) -> bool {
    let cargo = Command::new("cargo").arg(toolchain).arg("--version").output();
    cargo.is_ok_and(|output| output.status.success())
}

fn build(workspace: &Path, kind: &str, package: &str, arguments: &[&str]) -> PathBuf {
    let mut built = built();
    let kept = built.entry(key(package, arguments));
    kept.or_insert_with(|| build_library(workspace, kind, package, arguments)).clone()
}

fn build_library(workspace: &Path, kind: &str, package: &str, arguments: &[&str]) -> PathBuf {
    let (folder, _lock) = folder(kind, arguments);
    // What is rustc's comes last.
    let end = arguments.iter().position(|argument| *argument == "--").unwrap_or(arguments.len());
    let mut cargo = cargo("rustc", &arguments[..end], &folder);
    cargo
        .args(["--package", package, "--lib", "--crate-type", "cdylib"])
        .args(&arguments[end..])
        .current_dir(workspace);
    succeed(&mut cargo);
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let name = format!("{prefix}{}{suffix}", package.replace('-', "_"));
    keep(&folder.join(profile(arguments)).join(&name), package, arguments, &name)
}

/// The folder that is built in, which is others' too, and a lock that is held until the result has been copied: the next build may be of the
/// same name.
fn folder(kind: &str, arguments: &[&str]) -> (PathBuf, File) {
    let toolchain = arguments.first().filter(|first| first.starts_with('+')).map_or("", |toolchain| &toolchain[1..]);
    let folder = target().join("library").join(format!("{kind}-{toolchain}"));
    fs::create_dir_all(&folder).expect("the folder can be made");
    let lock = File::create(folder.join("lock")).expect("the lock can be made");
    lock.lock().expect("the lock can be taken");
    (folder, lock)
}

fn cargo(command: &str, arguments: &[&str], folder: &Path) -> Command {
    let (toolchain, arguments) = match arguments.split_first() {
        Some((toolchain, arguments)) if toolchain.starts_with('+') => (Some(toolchain), arguments),
        _ => (None, arguments),
    };
    let mut cargo = match toolchain {
        // Rustup's own, which knows of others.
        Some(toolchain) => {
            let mut cargo = Command::new("cargo");
            cargo.arg(toolchain).env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTC");
            cargo
        }
        None => crate::cargo(),
    };
    clean(&mut cargo);
    cargo.arg(command).arg("--quiet").arg("--target-dir").arg(folder);
    for argument in arguments {
        match argument.split_once('=') {
            Some((name, value)) if !name.starts_with('-') => cargo.env(name, value),
            _ => cargo.arg(argument),
        };
    }
    cargo
}

fn profile<'a>(arguments: &[&'a str]) -> &'a str {
    let named = arguments.iter().position(|argument| *argument == "--profile").and_then(|at| arguments.get(at + 1));
    match named {
        Some(name) => name,
        None if arguments.contains(&"--release") => "release",
        None => "debug",
    }
}

/// A copy of what was built, under a name for these arguments.
fn keep(built: &Path, package: &str, arguments: &[&str], name: &str) -> PathBuf {
    let folder = target().join("library").join("built").join(key(package, arguments));
    fs::create_dir_all(&folder).expect("the folder can be made");
    let kept = folder.join(name);
    // Not over the old one, which some test may have loaded in place.
    let new = folder.join("new");
    fs::copy(built, &new).expect("what was built can be copied");
    fs::rename(&new, &kept).expect("a file can be renamed");
    kept
}

/// A name for what these arguments make of a package.
fn key(package: &str, arguments: &[&str]) -> String {
    let key: String = [&[package], arguments].concat().join(" ");
    key.chars().map(|c| if c.is_ascii_alphanumeric() || "+-.".contains(c) { c } else { '_' }).collect()
}
