//! Loading the file itself instead of a copy.

use std::fs;
use std::path::{Path, PathBuf};

use library_interface::Work;
use plug::link::{Library, LibraryOptions};
use plug::{Error, Registry};
use plug_tests::{scratch, shared_library};

use crate::message_of;

fn open(options: &LibraryOptions, path: &Path) -> Result<Library, Error> {
    // SAFETY: the tests built it, and write to none that is loaded.
    unsafe { options.open(path) }
}

fn in_place(path: &Path) -> Library {
    open(&LibraryOptions::new().in_place(), path).unwrap()
}

fn version(library: &Library) -> String {
    let mut registry = Registry::new();
    registry.add(library).unwrap();
    registry.open::<dyn Work>("worker").unwrap().obey("version").unwrap()
}

/// Replaces the file under its name, as Cargo and package managers do.
fn replace(path: &Path, by: &Path) {
    let new = path.with_extension("new");
    fs::copy(by, &new).unwrap();
    fs::rename(&new, path).unwrap();
}

fn versions() -> [PathBuf; 2] {
    [shared_library("library-plugin"), shared_library("library-rebuilt")]
}

#[test]
fn each_file_that_replaces_another_is_new() {
    let [first, second] = versions();
    let path = scratch("library-in-place").join("libx.so");
    let mut libraries = Vec::new();
    for (file, text) in [(&first, "the first"), (&second, "the second"), (&first, "the first")] {
        replace(&path, file);
        let library = in_place(&path);
        assert_eq!(version(&library), text);
        // The same file is the same library.
        assert_eq!(version(&in_place(&path)), text);
        libraries.push((library, text));
    }
    for (library, text) in &libraries {
        assert_eq!(version(library), *text);
    }
}

#[test]
fn the_opened_file_is_loaded_even_if_it_was_replaced() {
    let [first, second] = versions();
    let path = scratch("library-in-place-replaced").join("libx.so");
    fs::copy(&first, &path).unwrap();
    let sha256 = Library::inspect(&path).unwrap().sha256().to_owned();
    let allowed = LibraryOptions::new().in_place().allow_only([&*sha256]).unwrap();
    let (one, other, this) = (in_place(&path), in_place(&path), open(&allowed, &path).unwrap());
    replace(&path, &second);
    assert_eq!(version(&one), "the first");
    assert_eq!(version(&this), "the first");
    fs::remove_file(&path).unwrap();
    assert_eq!(version(&other), "the first");
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_loaded_is_named_by_the_given_path() {
    let path = shared_library("library-unresolved");
    let text = "cannot load library `PATH`\ncaused by: PATH: undefined symbol: nowhere";
    assert_eq!(message_of(&in_place(&path).load().unwrap_err(), &path), text);
}
