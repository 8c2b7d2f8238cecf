//! Makes and builds the shared libraries for the app.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use plug::link::Library;
use plug_tests::nested::Build;
use plug_tests::{library, library_file, root, scratch};

use crate::{LINKING, app, check_command};

pub static A: LazyLock<PathBuf> = LazyLock::new(|| library("plugin-a", &[]));

pub static POLITE: LazyLock<PathBuf> = LazyLock::new(|| library("plugin-polite", &[]));

/// `b`, in which a panic ends the program.
pub static ABORTING: LazyLock<PathBuf> = LazyLock::new(|| library("plugin-b", &["--config=profile.dev.panic='abort'"]));

/// `odd`, of another version of the app's interface, and `bell`, of an interface that it lacks.
pub static ODD: LazyLock<PathBuf> = LazyLock::new(|| build("odd"));

/// `panics` and `fails`. On Linux it prints a line when it is loaded.
pub static BAD: LazyLock<PathBuf> = LazyLock::new(|| build("bad"));

/// A shared library without plugins.
pub static UNFIT: LazyLock<PathBuf> = LazyLock::new(|| library("library-unfit", &[]));

/// Runs the app with the library link, and compares its output and exit status with the expected
/// text.
/// In both, `<a>` and similar names stand for paths.
#[track_caller]
pub fn check_linking(arguments: &[&str], expected: &str) {
    check_command(app(&LINKING).args(arguments.iter().map(|argument| filled(argument))), &filled(expected));
}

/// Puts the paths of the libraries, and other values of this machine, into the text.
pub fn filled(text: &str) -> String {
    let path = |library: &Path| library.to_str().expect("the path is UTF-8").to_owned();
    let mut filled = text.to_owned();
    for (name, library) in
        [("a", &A), ("polite", &POLITE), ("b", &ABORTING), ("odd", &ODD), ("bad", &BAD), ("unfit", &UNFIT)]
    {
        let (by_path, by_digest) = (format!("<{name}>"), format!("<sha256 of {name}>"));
        // Libraries that the text does not name are not built.
        if text.contains(&by_path) {
            filled = filled.replace(&by_path, &path(library));
        }
        if text.contains(&by_digest) {
            filled = filled.replace(&by_digest, Library::inspect(&**library).expect("it is a library").sha256());
        }
    }
    if text.contains("<rustc>") {
        let inspection = Library::inspect(&*A).expect("it is a library");
        filled = filled.replace("<rustc>", inspection.compiler());
    }
    filled
}

/// A separate workspace, since it has two versions of the interface.
static SOURCES: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = scratch("libraries");
    let root_path = root().to_str().expect("the path is UTF-8").replace('\\', "/");
    let package = |name: &str, version: &str, dependencies: &str| {
        format!(
            "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2024\"\n\n\
             [dependencies]\nplug.path = \"{root_path}/plug\"\n{dependencies}"
        )
    };
    let app_interface = format!("app-interface.path = \"{root_path}/app/interface\"\n");
    for (file, text) in [
        ("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"interface\", \"odd\", \"bad\"]\n"),
        ("interface/Cargo.toml", &package("app-interface", "0.9.0", "")),
        ("interface/src/lib.rs", include_str!("libraries/interface.rs")),
        ("odd/Cargo.toml", &package("odd", "1.0.0", "app-interface.path = \"../interface\"\n")),
        ("odd/src/lib.rs", include_str!("libraries/odd.rs")),
        ("bad/Cargo.toml", &package("bad", "1.0.0", &app_interface)),
        ("bad/src/lib.rs", include_str!("libraries/bad.rs")),
    ] {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).expect("a file can be copied");
    folder
});

fn build(package: &str) -> PathBuf {
    let (workspace, file) = (&*SOURCES, library_file(package));
    let common = &["--lib", "--crate-type", "cdylib"];
    Build { command: "rustc", package, arguments: &[], common, workspace, file: &file }.file()
}
