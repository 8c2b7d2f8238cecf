//! What is measured: copies of this workspace with any number of plugins, built, and its shared libraries. It measures nothing.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A package of this workspace, with the features it is built with.
#[derive(Clone, Copy)]
pub struct Program {
    pub package: &'static str,
    pub features: &'static str,
}

/// In a library, what stands below is two plugins, and repeated for as many as are wanted.
const MARK: &str = "// Repeated from here, with other numbers.\n";
/// The number in what is repeated.
const NUMBER: &str = "00000";

/// This workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where all that the table makes goes to.
pub fn scratch() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// Cargo, so that where the table was started from does not matter.
fn cargo(command: &str, workspace: &Path, target: &Path) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args([command, "--quiet", "--manifest-path"]).arg(workspace.join("Cargo.toml"));
    cargo.arg("--target-dir").arg(target);
    cargo
}

/// Cargo that builds a package of this workspace, with default features and without optimization.
pub fn debug_build(package: &str, target: &Path) -> Command {
    let mut cargo = cargo("build", root(), target);
    cargo.args(["--package", package]);
    cargo
}

/// Cargo that builds a package of this workspace as a shared library, as it would be shipped.
pub fn library_build(package: &str, target: &Path) -> Command {
    let mut cargo = cargo("rustc", root(), target);
    cargo.args(["--release", "--package", package, "--crate-type", "cdylib"]);
    cargo
}

/// The package's shared library.
pub fn library(package: &str) -> PathBuf {
    eprintln!("building {package} as a library");
    // Not the folder of the host, whose plug has more features.
    let target = scratch().join("libraries");
    finish(&mut library_build(package, &target));
    let name = [env::consts::DLL_PREFIX, &package.replace('-', "_"), env::consts::DLL_SUFFIX].concat();
    installed(&target.join("release").join(name))
}

/// The host of the shared libraries.
pub fn library_host() -> PathBuf {
    eprintln!("building library-host");
    let target = scratch().join("library-host");
    finish(cargo("build", root(), &target).args(["--release", "--package", "library-host"]));
    installed(&target.join("release/library-host").with_extension(env::consts::EXE_EXTENSION))
}

/// A copy of what was built, as an installation makes one. What a linker has just written lies in the page cache in small pieces, and takes longer to
/// map into a process than what was written at once or read from a disk.
fn installed(built: &Path) -> PathBuf {
    let folder = scratch().join("installed");
    fs::create_dir_all(&folder).expect("a folder can be made");
    let bytes = fs::read(built).unwrap_or_else(|error| panic!("cannot read {}: {error}", built.display()));
    let path = folder.join(built.file_name().expect("what was built has a name"));
    // A new file, since somebody may have loaded the old one, and written at once, which `fs::copy` need not do.
    fs::remove_file(&path).ok();
    fs::write(&path, bytes).expect("a copy can be written");
    let metadata = fs::metadata(built).expect("what was built is there");
    fs::set_permissions(&path, metadata.permissions()).expect("a copy can be made executable");
    path
}

/// A program of plugins in processes or behind servers. Each package by itself, so that none has the features of another.
pub fn process_program(package: &str, program: &str) -> PathBuf {
    in_profile("release", package, program)
}

/// The plugin that is a process, as who has many of them builds it.
pub fn process_plugin() -> PathBuf {
    in_profile("small", "process-plugin", "process-plugin")
}

fn in_profile(profile: &str, package: &str, program: &str) -> PathBuf {
    eprintln!("building {package}");
    let target = scratch().join("process");
    finish(cargo("build", root(), &target).args(["--profile", profile, "--package", package]));
    target.join(profile).join(program).with_extension(env::consts::EXE_EXTENSION)
}

/// The program with this number of plugins, which is even.
pub fn build(program: Program, plugins: usize) -> PathBuf {
    let Program { package, features } = program;
    eprintln!("building {package} {features} with {plugins} plugins");
    // Not one target folder for all: Cargo takes the same package at two paths for one, and what it built for the other.
    let folder = scratch().join(plugins.to_string());
    let (workspace, target) = (folder.join("workspace"), folder.join("target"));
    copy_with(plugins, root(), &workspace);
    let mut cargo = cargo("build", &workspace, &target);
    cargo.args(["--release", "--package", package, "--no-default-features", "--features", features]);
    finish(&mut cargo);
    // The next set of features is built to the same place.
    let built = target.join("release").join(package).with_extension(env::consts::EXE_EXTENSION);
    let kept = folder.join([package, features].join("-")).with_extension(env::consts::EXE_EXTENSION);
    fs::copy(&built, &kept).unwrap_or_else(|error| panic!("cannot copy {}: {error}", built.display()));
    kept
}

fn finish(cargo: &mut Command) {
    let status = cargo.status().unwrap_or_else(|error| panic!("cannot run {cargo:?}: {error}"));
    assert!(status.success(), "{cargo:?} failed, {status}");
}

fn copy_with(plugins: usize, from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a folder can be read") {
        let path = entry.expect("a folder can be read").path();
        let to = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            if !path.ends_with("target") {
                copy_with(plugins, &path, &to);
            }
            continue;
        }
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
        let text = if path == root().join("Cargo.toml") {
            // What it leads to outside is where it is.
            let absolute = |text: String, path: &str| {
                text.replace(
                    &format!("path = {path:?}"),
                    &format!("path = {:?}", root().join(path).display().to_string()),
                )
            };
            absolute(absolute(text, "../../plug"), "..")
        } else if path.ends_with("src/lib.rs") {
            repeated(&text, plugins)
        } else {
            text
        };
        // What is newer is built anew.
        if fs::read_to_string(&to).ok().as_deref() != Some(&text) {
            fs::write(&to, text).unwrap_or_else(|error| panic!("cannot write {}: {error}", to.display()));
        }
    }
}

fn repeated(text: &str, plugins: usize) -> String {
    let Some((head, pair)) = text.split_once(MARK) else { return text.to_owned() };
    let pairs = plugins / 2;
    // Not in the order of their numbers, which a sort would be done with too soon: 7919 is a prime.
    let numbers = (0..pairs).map(|at| at * 7_919 % pairs);
    numbers.fold(head.to_owned(), |text, number| text + &pair.replace(NUMBER, &format!("{number:05}")))
}
