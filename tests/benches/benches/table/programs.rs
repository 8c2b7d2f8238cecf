//! Builds the measured programs: copies of this workspace with any number of plugins,
//! and its shared libraries.

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

/// The text of a library below this mark is two plugins. It is repeated for more plugins.
const MARK: &str = "// Repeated from here, with other numbers.\n";
/// The number in the repeated text.
const NUMBER: &str = "00000";

/// This workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of all files that the table makes.
pub fn scratch() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// Cargo, independent of the current folder.
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
    cargo.args(["--release", "--package", package, "--lib", "--crate-type", "cdylib"]);
    cargo
}

/// The package's shared library.
pub fn library(package: &str) -> PathBuf {
    eprintln!("building {package} as a library");
    // The host has a folder of its own, because its plug has more features.
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

/// The host of the shared libraries with asynchronous methods.
pub fn task_host() -> PathBuf {
    eprintln!("building task-host");
    let target = scratch().join("task-host");
    finish(cargo("build", root(), &target).args(["--release", "--package", "task-host"]));
    installed(&target.join("release/task-host").with_extension(env::consts::EXE_EXTENSION))
}

/// The caller of asynchronous methods.
pub fn asynchronous() -> PathBuf {
    in_profile("release", "asynchronous", "asynchronous")
}

/// The host of the plugin with settings.
pub fn settings_host() -> PathBuf {
    eprintln!("building settings-host");
    let target = scratch().join("settings-host");
    finish(cargo("build", root(), &target).args(["--release", "--package", "settings-host"]));
    target.join("release/settings-host").with_extension(env::consts::EXE_EXTENSION)
}

/// A copy of a built file, as an installation makes one.
/// A file that a linker has just written lies in the page cache in small pieces.
/// Mapping it takes longer than mapping a file that was written at once or read from a disk.
fn installed(built: &Path) -> PathBuf {
    let folder = scratch().join("installed");
    fs::create_dir_all(&folder).expect("a folder can be made");
    let bytes = fs::read(built).unwrap_or_else(|error| panic!("cannot read {}: {error}", built.display()));
    let path = folder.join(built.file_name().expect("what was built has a name"));
    // A new file, because a process may have loaded the old one. It is written at once, which
    // `fs::copy` does not promise.
    fs::remove_file(&path).ok();
    fs::write(&path, bytes).expect("a copy can be written");
    let metadata = fs::metadata(built).expect("what was built is there");
    fs::set_permissions(&path, metadata.permissions()).expect("a copy can be made executable");
    path
}

/// A program for plugins in processes or behind servers.
/// Each package is built alone, so that it does not get the features of another.
pub fn process_program(package: &str, program: &str) -> PathBuf {
    in_profile("release", package, program)
}

/// The same for the program of the package's name, with features.
pub fn process_program_with(package: &str, features: &str) -> PathBuf {
    eprintln!("building {package} with {features}");
    let target = scratch().join("process");
    finish(cargo("build", root(), &target).args(["--release", "--package", package, "--features", features]));
    target.join("release").join(package).with_extension(env::consts::EXE_EXTENSION)
}

/// The plugin in a process, built small, as for a host with many of them.
pub fn process_plugin() -> PathBuf {
    in_profile("small", "process-plugin", "process-plugin")
}

fn in_profile(profile: &str, package: &str, program: &str) -> PathBuf {
    eprintln!("building {package}");
    let target = scratch().join("process");
    finish(cargo("build", root(), &target).args(["--profile", profile, "--package", package]));
    target.join(profile).join(program).with_extension(env::consts::EXE_EXTENSION)
}

/// The program with this number of plugins. The number must be even.
pub fn build(program: Program, plugins: usize) -> PathBuf {
    let Program { package, features } = program;
    eprintln!("building {package} {features} with {plugins} plugins");
    // Each copy has its own target folder: in one folder, Cargo takes the same package at two paths
    // for one package, and reuses the wrong build.
    let folder = scratch().join(plugins.to_string());
    let (workspace, target) = (folder.join("workspace"), folder.join("target"));
    copy_with(plugins, root(), &workspace);
    let mut cargo = cargo("build", &workspace, &target);
    cargo.args(["--release", "--package", package, "--no-default-features", "--features", features]);
    finish(&mut cargo);
    // The build with the next set of features overwrites this file.
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
            // Paths that lead out of the workspace must still lead to the originals.
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
        // Cargo rebuilds a file that is newer.
        if fs::read_to_string(&to).ok().as_deref() != Some(&text) {
            fs::write(&to, text).unwrap_or_else(|error| panic!("cannot write {}: {error}", to.display()));
        }
    }
}

fn repeated(text: &str, plugins: usize) -> String {
    let Some((head, pair)) = text.split_once(MARK) else { return text.to_owned() };
    let pairs = plugins / 2;
    // Not sorted, because sorting would be too easy. 7919 is a prime, so each number comes once.
    let numbers = (0..pairs).map(|at| at * 7_919 % pairs);
    numbers.fold(head.to_owned(), |text, number| text + &pair.replace(NUMBER, &format!("{number:05}")))
}
