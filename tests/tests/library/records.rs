//! Libraries with records that no macro made: their text is escaped, and does not keep a host busy.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use plug::link::{Library, LibraryOptions};
use plug_tests::{scratch, shared_library, succeed};

use crate::{message_of, open, refusal};

/// A library with nothing but a section `.plug` of these bytes.
fn library(name: &str, records: &[u8]) -> PathBuf {
    let folder = scratch(&format!("library-{name}"));
    fs::write(folder.join("records"), records).unwrap();
    let source = format!(
        "#![no_std]\n#[panic_handler] fn panic(_: &core::panic::PanicInfo) -> ! {{ loop {{}} }}\n\
         #[used] #[unsafe(link_section = \".plug\")] pub static PLUG: [u8; {}] = *include_bytes!(\"records\");\n",
        records.len(),
    );
    fs::write(folder.join("x.rs"), source).unwrap();
    let rustc = ["--edition", "2024", "--crate-type", "cdylib", "-Cpanic=abort", "x.rs", "-o", "libx.so"];
    succeed(Command::new("rustc").args(rustc).current_dir(&folder));
    folder.join("libx.so")
}

fn record(kind: u8, text: &str) -> Vec<u8> {
    [b"\x7fplug\r\n", &[kind][..], &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}

fn record_of_library() -> Vec<u8> {
    record(b'L', "1\u{1f}0.1.0\u{1f}rustc\u{1f}unwind")
}

/// The records of a plugin of this name and of an interface of this number and path.
fn record_of_plugin(number: usize, path: &str, name: &str) -> Vec<u8> {
    record(b'P', &format!("{number:016x}\u{1f}{path}\u{1f}{name}{}", "\u{1f}".repeat(11)))
}

#[test]
fn control_characters_are_escaped() {
    let path = library("escapes", &[record_of_library(), record_of_plugin(1, "a::B\u{1b}[2J", "a")].concat());
    let text = "library `PATH` is damaged: a record has a control character in `a::B\\u{1b}[2J`";
    assert_eq!(refusal(&path), text);
    assert_eq!(message_of(&Library::inspect(&path).unwrap_err(), &path), text);
}

/// Each plugin has an interface of its own. No step for one may look at all the others.
#[test]
fn many_records_are_read_in_no_time() {
    let plugin = |number| {
        let path = format!("a::B{number}");
        let interface =
            record(b'I', &format!("{number:016x}\u{1f}{path}\u{1f}1.0.0\u{1e}f\u{1f}\u{1f}() -> ()\u{1f}ff"));
        [interface, record_of_plugin(number, &path, &format!("a{number}"))].concat()
    };
    let records = |plugins| [record_of_library(), (0..plugins).flat_map(plugin).collect()].concat();
    let inspection = Library::inspect(library("many", &records(8000))).unwrap();
    assert_eq!((inspection.plugins().len(), inspection.interfaces().len()), (8000, 8000));
    let last = inspection.plugins().last().unwrap();
    assert_eq!((last.name(), last.interface()), ("a7999", "a::B7999"));
    let too_many = "library `PATH` is damaged: its section `.plug` holds more than 16384 records";
    assert_eq!(refusal(&library("too-many", &records(100_000))), too_many);
}

/// If each of these plugins had a difference of its own, they would take some hundred gigabytes.
#[test]
fn plugins_of_one_interface_share_its_differences() {
    let (path, signature) = ("library_interface::Work", "u8, ".repeat(2_000_000));
    let interface = record(b'I', &format!("{:016x}\u{1f}{path}\u{1f}1\u{1e}add\u{1f}\u{1f}{signature}\u{1f}ff", 1));
    let plugins = (0..16_000).flat_map(|at| record_of_plugin(1, path, &format!("a{at}"))).collect();
    let path = library("shared", &[record_of_library(), interface, plugins].concat());
    assert_eq!(Library::inspect(path).unwrap().plugins().len(), 16_000);
}

#[test]
fn a_section_of_records_has_a_limit() {
    let path = library("long-section", &[record_of_library(), vec![0; 16 << 20]].concat());
    let size = (16 << 20) + record_of_library().len();
    assert_eq!(
        refusal(&path),
        format!("library `PATH` is damaged: its section `.plug` has {size} bytes, and 16777216 are the most")
    );
}

#[test]
fn a_file_has_a_limit() {
    let path = scratch("library-long").join("libx.so");
    fs::copy(shared_library("library-plugin"), &path).unwrap();
    let len = fs::metadata(&path).unwrap().len();
    let limited = |bytes| LibraryOptions::new().refuse_longer_than(bytes).inspect(&path);
    assert!(limited(len).is_ok());
    let hint = "hint: `LibraryOptions::refuse_longer_than` sets another limit";
    assert_eq!(
        message_of(&limited(len - 1).unwrap_err(), &path),
        format!("library `PATH` is too long: it has {len} bytes, and {} are the most\n{hint}", len - 1),
    );
    // The file is sparse, and takes no space on the disk.
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len((1 << 30) + 1).unwrap();
    let text = format!("library `PATH` is too long: it has 1073741825 bytes, and 1073741824 are the most\n{hint}");
    assert_eq!(refusal(&path), text);
    assert_eq!(message_of(&Library::inspect(&path).unwrap_err(), &path), text);
    fs::remove_file(&path).unwrap();
}

/// Runs for `an_inspection_copies_nothing`, in a process that cannot write a file.
#[test]
#[ignore = "part of another"]
fn inspects_where_nothing_can_be_written() {
    let path = fixture_of_child();
    assert!(open(&path).is_err());
    Library::inspect(path).unwrap();
}

const CHILD: &str = "PLUG_TESTS_LIBRARY";

fn fixture_of_child() -> PathBuf {
    std::env::var_os(CHILD).expect("it is run by another test").into()
}

#[cfg(target_os = "linux")]
#[test]
fn an_inspection_copies_nothing() {
    let script = "trap '' XFSZ; ulimit -f 0; \"$0\" --exact records::inspects_where_nothing_can_be_written --ignored";
    let text = succeed(
        Command::new("sh")
            .args(["-c", script])
            .arg(std::env::current_exe().unwrap())
            .env(CHILD, shared_library("library-plugin")),
    );
    assert!(text.contains("1 passed"), "{text}");
}
