//! Libraries that need another library.

use std::fs;
use std::path::Path;

use plug::Error;
use plug::link::{Library, LibraryOptions};
use plug_tests::{library, scratch, succeed};

use crate::message_of;

fn load(options: &LibraryOptions, path: &Path) -> Result<Library, Error> {
    // SAFETY: the tests built it, and write to none that is loaded.
    unsafe { options.open(path) }
}

#[cfg(target_os = "linux")]
#[test]
fn one_that_has_gone() {
    let folder = scratch("library-dependency");
    fs::write(folder.join("gone.rs"), "#[unsafe(no_mangle)] pub extern \"C\" fn gone() {}").unwrap();
    succeed(std::process::Command::new("rustc").args(["--crate-type", "cdylib", "gone.rs"]).current_dir(&folder));
    let folder_argument = format!("-Lnative={}", folder.display());
    let rustc = ["--", &folder_argument, "-Clink-arg=-Wl,--no-as-needed", "-Clink-arg=-lgone"];
    let path = library("library-plugin", &rustc);
    fs::remove_file(folder.join("libgone.so")).unwrap();
    assert_eq!(
        message_of(&load(&LibraryOptions::new(), &path).unwrap().load().unwrap_err(), &path),
        "cannot load library `PATH`\n\
         caused by: libgone.so: cannot open shared object file: No such file or directory",
    );
    // The name of the needed library may have control characters.
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(11).position(|window| window == b"libgone.so\0").unwrap();
    bytes[at..at + 4].copy_from_slice(b"\x1b[2J");
    let path = scratch("library-escaped").join("libx.so");
    fs::write(&path, bytes).unwrap();
    let text = message_of(&load(&LibraryOptions::new(), &path).unwrap().load().unwrap_err(), &path);
    assert!(text.contains("caused by: \\u{1b}[2Jone.so: cannot open"), "{text}");
}

/// A library that is loaded by its descriptor is in no folder, like a copy.
#[cfg(target_os = "linux")]
#[test]
fn it_does_not_find_what_lies_beside_it() {
    let folder = scratch("library-beside");
    fs::write(folder.join("beside.rs"), "#[unsafe(no_mangle)] pub extern \"C\" fn beside() {}").unwrap();
    let mut rustc = std::process::Command::new("rustc");
    succeed(rustc.args(["--crate-type", "cdylib", "beside.rs"]).current_dir(&folder));
    let native = format!("-Lnative={}", folder.display());
    let by_origin = ["-Clink-arg=-Wl,--no-as-needed", "-Clink-arg=-lbeside", "-Clink-arg=-Wl,-rpath,$ORIGIN"];
    let path = folder.join("libx.so");
    fs::copy(library("library-plugin", &[&["--", &native][..], &by_origin].concat()), &path).unwrap();
    for options in [LibraryOptions::new(), LibraryOptions::new().in_place()] {
        let error = load(&options, &path).unwrap().load().unwrap_err();
        let missing = "libbeside.so: cannot open shared object file: No such file or directory";
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), missing);
    }
}
