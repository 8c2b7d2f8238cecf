//! Loading: refusals of the system, and files that change before, during and after it.

use std::fs;
use std::path::{Path, PathBuf};

use library_interface::Work;
use plug::link::LibraryOptions;
use plug::{Link, Registry};
use plug_tests::{scratch, shared_library};

use crate::{message_of, open, registry, worker};

fn copy(name: &str, of: &Path) -> PathBuf {
    let path = scratch(&format!("library-{name}")).join("libx.so");
    fs::copy(of, &path).unwrap();
    path
}

#[test]
fn the_same_file_twice_is_two_libraries() {
    let path = shared_library("library-plugin");
    let (one, other) = (worker(&path).unwrap(), worker(&path).unwrap());
    assert_eq!((one.add(1, 2).unwrap(), other.add(3, 4).unwrap()), (3, 7));
    // One opening loads one library, and one library has one copy of its statics.
    let library = open(&path).unwrap();
    let plugins = (library.plugins().unwrap(), library.clone().plugins().unwrap());
    let of =
        |plugins: &[plug::Plugin]| Registry::from_iter(plugins.iter().cloned()).open::<dyn Work>("worker").unwrap();
    assert_eq!((of(&plugins.0).add(1, 1).unwrap(), of(&plugins.1).add(1, 1).unwrap()), (2, 2));
}

#[test]
fn a_rebuilt_file_gives_the_new_code_while_the_old_goes_on() {
    let (first, second) = (shared_library("library-plugin"), shared_library("library-rebuilt"));
    let path = copy("rebuilt", &first);
    let old = worker(&path).unwrap();
    assert_eq!(old.obey("version").unwrap(), "the first");
    // A new file under the old name, as Cargo does.
    fs::remove_file(&path).unwrap();
    fs::copy(&second, &path).unwrap();
    let new = worker(&path).unwrap();
    assert_eq!((&*old.obey("version").unwrap(), &*new.obey("version").unwrap()), ("the first", "the second"));
    // New contents in the same file, as `cp` does.
    fs::copy(&first, &path).unwrap();
    let newest = worker(&path).unwrap();
    assert_eq!((&*new.obey("version").unwrap(), &*newest.obey("version").unwrap()), ("the second", "the first"));
}

#[test]
fn a_file_that_is_overwritten_or_cut_in_place_changes_nothing() {
    let path = copy("overwritten", &shared_library("library-plugin"));
    let registry = registry(&path).unwrap();
    let worker = registry.open::<dyn Work>("worker").unwrap();
    let len = fs::metadata(&path).unwrap().len();
    // The file itself: a loader that does not copy has mapped its pages.
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(1000).unwrap();
    assert_eq!(
        worker.obey("panic").unwrap_err().to_string().split(" at ").next(),
        Some("plugin `worker` panicked in `obey`")
    );
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    std::io::Write::write_all(&mut &file, &vec![0xcc; len as usize]).unwrap();
    assert_eq!(worker.obey("on").unwrap(), "on");
    // It was not loaded before, but copied when it was opened.
    assert_eq!(registry.open::<dyn Work>("w").unwrap().add(1, 2).unwrap(), 3);
}

#[test]
fn a_file_that_is_swapped_after_it_was_checked_is_not_loaded() {
    let path = copy("swapped", &shared_library("library-plugin"));
    let sha256 = plug::link::Library::inspect(&path).unwrap().sha256().to_owned();
    let options = LibraryOptions::new().allow_only([&*sha256]).unwrap();
    // SAFETY: the tests built it.
    let library = unsafe { options.open(&path) }.unwrap();
    fs::remove_file(&path).unwrap();
    fs::copy(shared_library("library-rebuilt"), &path).unwrap();
    let mut registry = Registry::new();
    registry.add(&library).unwrap();
    assert_eq!(registry.open::<dyn Work>("worker").unwrap().obey("version").unwrap(), "the first");
    // SAFETY: the tests built it.
    assert!(unsafe { options.open(&path) }.is_err());
}

/// Loading on a system without files in memory, or without /proc.
#[test]
fn a_copy_in_a_folder_does_as_one_in_memory() {
    let folder = scratch("library-folder-of-copies");
    let copies = || plug_tests::entries(&folder);
    let original = copy("by-folder", &shared_library("library-plugin"));
    // SAFETY: the tests built it.
    let open = |path: &Path| unsafe { plug::__private::testing::open_by_folder(path, &folder) }.unwrap();
    let registry_of = |library: &plug::link::Library| {
        let mut registry = Registry::new();
        registry.add(library).unwrap();
        registry
    };
    let (first, unused) = (open(&original), open(&original));
    assert_eq!(copies().len(), 2);
    // The original does not matter any more.
    fs::copy(shared_library("library-rebuilt"), &original).unwrap();
    let worker = registry_of(&first).open::<dyn Work>("worker").unwrap();
    assert_eq!((worker.obey("version").unwrap(), worker.add(1, 2).unwrap()), ("the first".to_owned(), 3));
    // A loaded library needs no file.
    // A library that is not loaded yet does, and removes its file when it is dropped.
    let kept = if cfg!(unix) { 0 } else { 1 };
    assert_eq!(copies().len(), 1 + kept);
    drop(unused);
    assert_eq!(copies().len(), kept);
    // It is another library, even at the place of the first one.
    let second = registry_of(&open(&original)).open::<dyn Work>("worker").unwrap();
    assert_eq!((&*worker.obey("version").unwrap(), &*second.obey("version").unwrap()), ("the first", "the second"));
    assert!(worker.obey("panic").is_err() && worker.obey("on").is_ok());
}

/// Gives the only symbol of the hash table the hash of this name.
#[cfg(target_os = "linux")]
fn rehash(bytes: &mut [u8], name: &[u8]) {
    use object::{Object, ObjectSection};

    let section = object::File::parse(&*bytes).unwrap().section_by_name(".gnu.hash").unwrap().file_range().unwrap();
    let table = &mut bytes[section.0 as usize..(section.0 + section.1) as usize];
    let word = |at: usize| u32::from_le_bytes(table[at..at + 4].try_into().unwrap());
    // A bucket, a filter of 64 bits, and a hash.
    assert_eq!((word(0), word(8), table.len()), (1, 1, 16 + 8 + 4 + 4));
    let (hash, shift) = (object::elf::gnu_hash(name), word(12));
    let filter = 1_u64 << (hash % 64) | 1 << ((hash >> shift) % 64);
    table[16..24].copy_from_slice(&filter.to_le_bytes());
    table[28..].copy_from_slice(&(hash | 1).to_le_bytes());
}

/// The loader knows a loaded library by its path, which contains the number of the descriptor.
#[cfg(target_os = "linux")]
#[test]
fn a_library_that_does_not_answer_keeps_its_descriptor() {
    let folder = scratch("library-no-answer");
    let path = folder.join("libdoes-not-answer.so");
    let mut bytes = fs::read(shared_library("library-plugin")).unwrap();
    // Its entry has another name.
    for at in 0..bytes.len() {
        if bytes[at..].starts_with(b"plug_library_v1\0") {
            bytes[at] = b'P';
        }
    }
    rehash(&mut bytes, b"Plug_library_v1");
    fs::write(&path, bytes).unwrap();
    let library = open(&path).unwrap();
    for _ in 0..2 {
        let text = message_of(&library.load().unwrap_err(), &path);
        assert!(
            text.starts_with("library `PATH` was loaded, and does not answer\ncaused by: PATH: undefined"),
            "{text}"
        );
    }
    drop(library);
    let descriptors = fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    let kept = descriptors.filter(|path| path.to_string_lossy().starts_with("/memfd:libdoes-not-answer.so")).count();
    assert_eq!(kept, 1);
    // The next libraries have other numbers, and so are not taken for it.
    for _ in 0..4 {
        let worker = worker(&shared_library("library-rebuilt")).unwrap();
        assert_eq!(worker.obey("version").unwrap(), "the second");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_failed_load_has_the_message_of_the_system() {
    let path = shared_library("library-unresolved");
    let library = open(&path).unwrap();
    let text = "cannot load library `PATH`\ncaused by: PATH: undefined symbol: nowhere";
    assert_eq!(message_of(&library.load().unwrap_err(), &path), text);
    let error = registry(&path).unwrap().open::<dyn Work>("worker").err().unwrap();
    let opening = format!("cannot open plugin `worker` of library-unresolved\ncaused by: {text}");
    assert_eq!(message_of(&error, &path), opening);
}

#[test]
fn a_library_is_not_loaded_before_a_plugin_of_it_is_opened() {
    // A function is missing, so that loading it fails.
    let path = shared_library("library-unresolved");
    let registry = registry(&path).unwrap();
    assert_eq!(registry.plugins().len(), 5);
    assert!(registry.problems().is_empty());
    assert!(registry.open::<dyn Work>("worker").is_err());
}

#[test]
fn many_threads_load_it_once() {
    let registry = registry(&shared_library("library-plugin")).unwrap();
    let barrier = std::sync::Barrier::new(16);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                barrier.wait();
                let worker = registry.open::<dyn Work>("worker").unwrap();
                for at in 0..100 {
                    assert_eq!(worker.add(at, 1).unwrap(), at + 1);
                    assert_eq!(worker.obey("fail").unwrap_err().to_string(), "cannot obey");
                }
            });
        }
    });
}
