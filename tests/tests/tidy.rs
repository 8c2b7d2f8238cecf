//! What ARCHITECTURE.md says is absent, is absent: the invariants of the sources, as far as a text shows them.

use std::path::{Path, PathBuf};
use std::{fs, iter};

use plug_tests::{entries, root};

fn sources() -> Vec<(PathBuf, String)> {
    let mut folders = vec![root()];
    let files = iter::from_fn(|| {
        let next = folders.pop()?;
        let is_source = |path: &PathBuf| !["target", ".git", "ui", "expand"].iter().any(|name| path.ends_with(name));
        let (below, files): (Vec<_>, Vec<_>) =
            entries(&next).into_iter().filter(is_source).partition(|path| path.is_dir());
        folders.extend(below);
        Some(files)
    });
    let files = files.flatten().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.map(|path| (path.clone(), fs::read_to_string(path).expect("Rust is text"))).collect()
}

fn source(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The code, without comments and without the tests below.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn every_file_opens_with_what_it_does() {
    let files = sources();
    assert!(files.len() > 40, "only {} files", files.len());
    for (path, text) in files {
        assert!(text.starts_with("//! "), "{} does not open with `//!`", path.display());
    }
}

#[test]
fn no_file_holds_more_than_500_lines() {
    for (path, text) in sources() {
        assert!(text.lines().count() <= 500, "{} has {} lines", path.display(), text.lines().count());
    }
}

#[test]
fn the_registry_names_no_link() {
    let registry = code(&source("plug/src/registry.rs"));
    // The one exception is what fills `Registry::builtin()`.
    assert_eq!(registry.matches("link::Builtin").count(), 1);
    for link in ["inventory", "linkme", "Library", "Process", "Grpc", "libloading", "tonic"] {
        assert!(!registry.contains(link), "registry.rs names {link}");
    }
}

#[test]
fn only_the_builtin_link_and_the_macros_know_how_plugins_are_registered() {
    for path in entries(&root().join("plug/src")) {
        let text = if path.is_dir() { String::new() } else { code(&fs::read_to_string(&path).expect("Rust is text")) };
        let is_private = path.ends_with("private.rs") || path.ends_with("lib.rs");
        assert!(is_private || !(text.contains("inventory") || text.contains("linkme")), "{}", path.display());
    }
}

#[test]
fn the_macros_know_no_link() {
    let (mut folders, mut seen) = (vec![root().join("plug-macros/src")], 0);
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            seen += 1;
            let text = code(&fs::read_to_string(&path).expect("Rust is text"));
            for word in ["inventory", "linkme", "libloading", "tonic", "prost"] {
                assert!(!text.contains(word), "{} names {word}", path.display());
            }
        }
    }
    assert!(seen > 5);
}

#[test]
fn no_unsafe_code() {
    let manifest = source("Cargo.toml");
    assert!(manifest.contains("unsafe_code = \"forbid\""));
    for path in ["plug", "plug-macros", "app", "app/interface", "plugins/a", "plugins/b", "plugins/polite", "tests"] {
        let manifest = source(&format!("{path}/Cargo.toml"));
        assert!(manifest.contains("[lints]\nworkspace = true"), "{path} does not take the lints of the workspace");
    }
}

#[test]
fn the_library_pulls_in_little() {
    let manifest = source("plug/Cargo.toml");
    let dependencies = manifest.split("[dependencies]\n").nth(1).and_then(|rest| rest.split("\n\n").next());
    let names: Vec<_> =
        dependencies.unwrap_or_default().lines().filter_map(|line| line.split([' ', '.', '=']).next()).collect();
    assert_eq!(names, ["inventory", "linkme", "once_cell", "plug-macros", "strsim"]);
}

#[test]
fn the_copies_of_the_licences_are_there() {
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        assert!(Path::new(&root().join(licence)).exists(), "{licence}");
    }
}
