//! Files that are not a library of plugins for this program.
//! Each is refused with the reason, before any of its code runs.

use std::fs;
use std::path::{Path, PathBuf};

use object::{Object, ObjectSection};
use plug::link::LibraryOptions;
use plug_tests::{scratch, shared_library};

use crate::{message_of, open, refusal};

/// A file of these bytes.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = scratch(&format!("library-{name}")).join("libx.so");
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_file_that_is_not_a_library_is_named_by_its_kind() {
    assert_eq!(
        refusal(&scratch("library-nothing").join("libx.so")),
        "cannot read library `PATH`\ncaused by: No such file or directory (os error 2)",
    );
    assert_eq!(refusal(&scratch("library-folder")), "library `PATH` is no file, but a folder");
    assert_eq!(refusal(Path::new("/dev/null")), "library `PATH` is no file, but a device, a pipe or a socket");
    assert_eq!(refusal(&file("empty", b"")), "library `PATH` is empty");
    assert_eq!(refusal(&file("text", b"#!/bin/sh\nexit 1\n")), "`PATH` is no shared library, but a text");
    let noise: Vec<u8> = (0..9999_u32).map(|at| (at * at % 251) as u8).collect();
    assert_eq!(refusal(&file("noise", &noise)), "`PATH` is no shared library, but a file of an unknown sort");
    assert_eq!(refusal(&std::env::current_exe().unwrap()), "`PATH` is no shared library, but a program");
    let hint = "hint: a library is built from a plugin's crate by `cargo rustc --release -p CRATE --crate-type cdylib`";
    assert_eq!(
        refusal(&shared_library("library-unfit")),
        format!("library `PATH` has no plugins of plug's in it\n{hint}"),
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for() {
    let path = scratch("library-pipe").join("libx.so");
    plug_tests::succeed(std::process::Command::new("mkfifo").arg(&path));
    assert_eq!(refusal(&path), "library `PATH` is no file, but a device, a pipe or a socket");
}

#[test]
fn a_relative_path_is_refused() {
    let here = std::env::current_dir().unwrap();
    assert_eq!(
        refusal(Path::new("liba.so")),
        format!("the path of a library must be absolute: `PATH`\nhint: from here that is `{}/PATH`", here.display()),
    );
}

#[test]
fn a_file_that_was_cut_is_refused_wherever_that_was() {
    let bytes = fs::read(shared_library("library-plugin")).unwrap();
    for tenth in 0..10 {
        let len = bytes.len() * tenth / 10;
        let text = refusal(&file("cut", &bytes[..len]));
        if tenth == 0 {
            assert_eq!(text, "library `PATH` is empty");
        } else {
            let whole = bytes.len();
            assert_eq!(
                text,
                format!("library `PATH` is cut short: it has {len} bytes, and its header tells of {whole}")
            );
        }
    }
    // Cut by a few bytes, which belong to the table of sections, the last part.
    for less in [1, 63, 64] {
        assert!(refusal(&file("cut", &bytes[..bytes.len() - less])).contains(" is cut short: "));
    }
}

/// The library with the byte at this offset changed.
fn patched(name: &str, place: impl Fn(&[u8]) -> usize, byte: u8) -> PathBuf {
    let mut bytes = fs::read(shared_library("library-plugin")).unwrap();
    let at = place(&bytes);
    bytes[at] = byte;
    file(name, &bytes)
}

#[test]
fn a_library_for_another_processor_is_refused() {
    // e_machine: 183 is AArch64, 243 is RISC-V.
    let own = std::env::consts::ARCH;
    let (byte, other) = if own == "aarch64" { (243, "riscv64") } else { (183, "aarch64") };
    assert_eq!(
        refusal(&patched("processor", |_| 18, byte)),
        format!(
            "library `PATH` is for {other} (ELF, 64-bit, little-endian), and this program for {own} (ELF, 64-bit, little-endian)"
        ),
    );
}

/// The offset of the library's record.
fn record_of_library(bytes: &[u8]) -> usize {
    let file = object::File::parse(bytes).unwrap();
    let (start, size) = file.section_by_name(".plug").unwrap().file_range().unwrap();
    let section = &bytes[start as usize..(start + size) as usize];
    let record = b"\x7fplug\r\nL";
    start as usize + section.windows(record.len()).position(|window| window == record).unwrap()
}

#[test]
fn another_abi_is_refused() {
    let version = env!("CARGO_PKG_VERSION");
    let place = |bytes: &[u8]| record_of_library(bytes) + 12;
    assert_eq!(
        refusal(&patched("abi-0", place, b'0')),
        format!(
            "library `PATH` speaks ABI 0, of plug {version}, and this program ABI 1\n\
             hint: build the library anew, with plug {version}"
        ),
    );
    assert_eq!(
        refusal(&patched("abi-9", place, b'9')),
        format!(
            "library `PATH` speaks ABI 9, of plug {version}, and this program ABI 1\n\
             hint: build the program with that plug, or the library with an older one"
        ),
    );
    let text = refusal(&patched("abi-x", place, b'x'));
    assert_eq!(text, "library `PATH` is damaged: `x` is no number of an ABI");
}

#[test]
fn records_that_make_no_sense_are_refused() {
    // The highest byte of the length.
    let text = refusal(&patched("length", |bytes| record_of_library(bytes) + 11, 0x7f));
    assert!(text.starts_with("library `PATH` is damaged: a record of 21307064"), "{text}");
    assert!(text.contains(" bytes ends beyond its section, of which "), "{text}");
    let text = refusal(&patched("magic", record_of_library, b'x'));
    assert_eq!(text, "library `PATH` is damaged: its section `.plug` holds something that is no record");
}

#[test]
fn only_what_is_on_the_list_is_opened() {
    let path = shared_library("library-plugin");
    let sha256 = plug::link::Library::inspect(&path).unwrap().sha256().to_owned();
    let other = "0".repeat(64);
    let options = |digests: &[&str]| LibraryOptions::new().allow_only(digests.iter().copied());
    // SAFETY: the tests built it.
    let open = |options: LibraryOptions| unsafe { options.open(&path) };
    assert!(open(options(&[&other, &sha256]).unwrap()).is_ok());
    assert!(open(options(&[&sha256.to_uppercase()]).unwrap()).is_ok());
    let text = format!("library `PATH` is not on the list of those that are allowed: its SHA-256 is {sha256}");
    assert_eq!(message_of(&open(options(&[&other]).unwrap()).unwrap_err(), &path), text);
    assert_eq!(message_of(&open(options(&[]).unwrap()).unwrap_err(), &path), text);
    assert_eq!(
        options(&["abc"]).unwrap_err().to_string(),
        "`abc` is no SHA-256 digest, which is 64 hexadecimal digits, as `sha256sum` prints them",
    );
    assert_eq!(sha256, digest_of(&path), "as others compute it");
}

/// The output of `sha256sum`, if that is installed.
fn digest_of(path: &Path) -> String {
    let output = plug_tests::succeed(std::process::Command::new("sha256sum").arg(path));
    output.split(' ').next().unwrap_or_default().to_owned()
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_write_is_refused_on_request() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let folder = scratch("library-writable");
    let path = folder.join("libx.so");
    fs::copy(shared_library("library-plugin"), &path).unwrap();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let owner = fs::metadata(&path).unwrap().uid();
    // SAFETY: the tests built it.
    let open_strictly = || unsafe { LibraryOptions::new().refuse_writable_by_others().open(&path) };
    let refused = |by: &Path, mode: &str| {
        let (error, by) = (open_strictly().unwrap_err(), by.display());
        let hint =
            format!("hint: let it belong to you or to root, and take the others' right to write: `chmod go-w {by}`");
        let fact =
            format!("library `{}` can be changed by others: `{by}` has mode {mode} and owner {owner}", path.display());
        assert_eq!(error.to_string(), format!("{fact}\n{hint}"));
    };
    mode(&path, 0o757);
    refused(&path, "0757");
    assert!(open(&path).is_ok(), "it was not asked for");
    mode(&path, 0o775);
    refused(&path, "0775");
    mode(&path, 0o755);
    mode(&folder, 0o777);
    refused(&folder, "0777");
    // A sticky folder, like /tmp: others cannot replace the file.
    mode(&folder, 0o1777);
    let result = open_strictly();
    mode(&folder, 0o755);
    // The folders above belong to the machine.
    if let Err(error) = result {
        let text = error.to_string();
        assert!(!text.contains(&*format!("`{}` has mode", folder.display())), "{text}");
    }
}
