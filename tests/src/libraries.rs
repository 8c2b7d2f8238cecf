//! Shared libraries: Cargo builds some with the tests, and tests build others as a user does.

use std::path::PathBuf;
use std::process::Command;

use crate::nested::Build;
use crate::root;

/// The shared library of a package of `fixtures/library`.
/// Cargo has built it, because the running test's package depends on it.
///
/// # Panics
///
/// Panics if the file does not exist.
pub fn shared_library(package: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test is a file");
    // It is beside the test: Cargo copies only the requested targets to the folder above.
    let path = test.with_file_name(library_file(package));
    assert!(path.exists(), "there is no {}: the tests' package must depend on {package}", path.display());
    path
}

/// A package of this workspace as a shared library.
/// The arguments are Cargo's, after an optional toolchain such as `+nightly`.
/// Arguments after `--` are rustc's, and `NAME=value` sets a variable.
pub fn library(package: &str, arguments: &[&str]) -> PathBuf {
    let (workspace, file) = (root(), library_file(package));
    let common = &["--lib", "--crate-type", "cdylib"];
    Build { command: "rustc", package, arguments, common, workspace: &workspace, file: &file }.file()
}

/// The file of a package's shared library.
pub fn library_file(package: &str) -> String {
    format!("{}{}{}", std::env::consts::DLL_PREFIX, package.replace('-', "_"), std::env::consts::DLL_SUFFIX)
}

/// Whether this toolchain is installed.
pub fn has_toolchain(toolchain: &str) -> bool {
    let cargo = Command::new("cargo").arg(toolchain).arg("--version").output();
    cargo.is_ok_and(|output| output.status.success())
}
