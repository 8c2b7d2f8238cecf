//! Makes and builds a package that wraps the app. Its plugins are in its main.rs.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use plug_tests::nested::Build;

pub static WRAPPER: LazyLock<PathBuf> = LazyLock::new(|| build("dev"));

/// The wrapper with `panic = "abort"`.
#[cfg(unix)]
pub static ABORTING: LazyLock<PathBuf> = LazyLock::new(|| build("aborting"));

/// The sources of the wrapper, with the versions of dependencies that the workspace locks.
static SOURCES: LazyLock<PathBuf> = LazyLock::new(|| {
    let (root, folder) = (plug_tests::root(), plug_tests::scratch("wrapper"));
    let root_path = root.to_str().expect("the path is UTF-8").replace('\\', "/");
    let manifest = format!(
        r#"[package]
name = "wrapper"
description = "Greets badly"
version = "1.2.3"
edition = "2024"
license = "0BSD"
repository = "https://example.org/wrapper"

[workspace]

[features]
default = ["ghost"]
ghost = ["dep:plugin-ghost"]
absent = ["dep:plugin-absent"]

[dependencies]
app.path = "{root_path}/app"
app-interface.path = "{root_path}/app/interface"
plug.path = "{root_path}/plug"
plugin-ghost = {{ path = "ghost", optional = true }}
plugin-absent = {{ path = "absent", optional = true }}
"#,
    );
    let empty = |name: &str| format!("[package]\nname = \"plugin-{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    for (file, text) in [
        ("Cargo.toml", &manifest[..]),
        ("src/main.rs", include_str!("wrapper/main.rs")),
        ("ghost/Cargo.toml", &empty("ghost")),
        ("ghost/src/lib.rs", "//! Registers nothing.\n"),
        ("absent/Cargo.toml", &empty("absent")),
        ("absent/src/lib.rs", "//! Is not built.\n"),
    ] {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("a file can be copied");
    folder
});

fn build(profile: &str) -> PathBuf {
    let (workspace, file) = (&*SOURCES, format!("wrapper{}", std::env::consts::EXE_SUFFIX));
    let arguments = &["--profile", profile];
    Build { command: "build", package: "wrapper", arguments, common: &[], workspace, file: &file }.file()
}
