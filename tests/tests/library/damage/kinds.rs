//! One test for each kind of damage, with the whole message.

use std::fs;

use plug::__private::testing::check_structure;
use plug_tests::scratch;

use super::Original;
use crate::refusal;

impl Original {
    /// The reason for refusing the library with these bytes at this place.
    fn refusal(&self, at: usize, bytes: &[u8]) -> String {
        let mut damaged = self.0.clone();
        damaged[at..at + bytes.len()].copy_from_slice(bytes);
        // Tests run at once.
        let folder = scratch(&format!("library-damage-{at}-{:x?}", bytes.first()));
        let path = folder.join("libx.so");
        fs::write(&path, damaged).unwrap();
        let text = refusal(&path);
        fs::remove_dir_all(folder).unwrap();
        text.strip_prefix("library `PATH` is damaged: ").unwrap_or_else(|| panic!("{text}")).to_owned()
    }

    /// The offset of the first segment of this kind.
    fn segment(&self, kind: u32) -> usize {
        let (start, size) = self.segments();
        (start..start + size).step_by(56).find(|at| self.u32(*at) == kind).expect("it has such a segment")
    }

    /// The offset of the segment with the code.
    fn code(&self) -> usize {
        let is_code = |at: &usize| self.u32(*at) == 1 && self.0[at + 4] & 1 == 1;
        (self.segment(1)..).step_by(56).find(is_code).expect("it has code")
    }

    /// The offset of the header of a section.
    fn section_header(&self, name: &str) -> usize {
        let (offset, ..) = self.section(name);
        let (start, count) = (self.u64(40) as usize, usize::from(self.u16(60)));
        let is_it = |at: &usize| self.u64(at + 24) == offset as u64 && self.u64(at + 32) > 0;
        (start..start + count * 64).step_by(64).find(is_it).expect("it has a header")
    }

    /// The offset of the first dynamic entry with this tag.
    fn dynamic(&self, tag: u64) -> usize {
        let (start, size, _) = self.section(".dynamic");
        (start..start + size).step_by(16).find(|at| self.u64(*at) == tag).expect("it has such an entry")
    }

    /// The number and the offset of the symbol of this name.
    fn symbol(&self, name: &str) -> (usize, usize) {
        let ((start, size, _), (names, ..)) = (self.section(".dynsym"), self.section(".dynstr"));
        let name = format!("{name}\0").into_bytes();
        let is_it = |at: &usize| self.0[names + self.u32(*at) as usize..].starts_with(&name);
        let at = (start..start + size).step_by(24).find(is_it).expect("it has such a symbol");
        ((at - start) / 24, at)
    }

    /// The number and the offset of the first relocation of which this is true.
    fn relocation(&self, is_it: impl Fn(usize) -> bool) -> (usize, usize) {
        let (start, size, _) = self.section(".rela.dyn");
        let at = (start..start + size).step_by(24).find(|at| is_it(*at)).expect("it has such a relocation");
        ((at - start) / 24, at)
    }
}

#[test]
fn a_whole_library_is_not_refused() {
    assert!(crate::open(&plug_tests::shared_library("library-plugin")).is_ok());
}

#[test]
fn segments_must_be_loadable() {
    let (library, load) = (Original::read(), 1);
    let first = library.segment(load);
    assert_eq!(library.refusal(first + 4, &[0]), "a segment cannot be read where it is loaded");
    assert_eq!(library.refusal(first + 40, &[0; 8]), "a segment is longer in the file than in memory");
    assert_eq!(library.refusal(first + 48, &[3]), "a segment is not aligned as it claims");
    let text = "its segments overlap in memory, or are out of order";
    assert_eq!(library.refusal(first + 46, &[1]), text);
    let refusal = library.refusal(library.code(), &[9]);
    assert!(refusal.ends_with(" is in no segment that is loaded"), "{refusal}");
}

#[test]
fn segments_and_sections_must_be_at_the_same_places() {
    let library = Original::read();
    let header = library.section_header(".text");
    let text = "its section `.text` is at another place of the file than its segment says";
    assert_eq!(library.refusal(header + 24, &[library.0[header + 24] ^ 0x10]), text);
    let refusal = library.refusal(library.code() + 4, &[4]);
    assert!(refusal.ends_with(" is code, and its segment is not executable"), "{refusal}");
    let dynamic = library.segment(2);
    assert_eq!(library.refusal(dynamic + 16, &[1]), "its dynamic section is not where it is loaded");
    assert_eq!(library.refusal(dynamic, &[0]), "it has no dynamic section");
    let text = "the segment of its thread-local variables is not that of their sections";
    let thread_locals = library.segment(7);
    assert_eq!(library.refusal(thread_locals + 42, &[1]), text);
    let read_only = library.segment(0x6474_e552);
    let text = "the segment of its data that becomes read-only has other data";
    assert_eq!(library.refusal(read_only + 43, &[1]), text);
}

#[test]
fn dynamic_entries_must_be_those_of_the_sections() {
    let library = Original::read();
    let (.., symbols) = library.section(".dynsym");
    let symtab = library.dynamic(6);
    let text = format!("its dynamic entry DT_SYMTAB is {:#x}, and its sections say {symbols:#x}", symbols + (1 << 24));
    assert_eq!(library.refusal(symtab + 8 + 3, &[1]), text);
    let versions = library.dynamic(0x6fff_fff0);
    assert_eq!(library.refusal(versions + 7, &[1]), "its dynamic entry DT_VERSYM is missing");
    let needed = library.dynamic(1);
    assert_eq!(library.refusal(needed + 8 + 3, &[1]), "a dynamic entry refers to a name beyond the last");
    assert_eq!(library.refusal(needed, &[5]), "its dynamic section has two entries of tag 0x5");
    let entry = library.dynamic(9);
    assert_eq!(library.refusal(entry + 8, &[25]), "its dynamic entry DT_RELAENT is 0x19, and its sections say 0x18");
    let kind = library.dynamic(20);
    assert_eq!(library.refusal(kind + 8, &[9]), "its dynamic entry DT_PLTREL is 0x9, which is no kind of relocation");
    let size = library.dynamic(8);
    assert_eq!(library.refusal(size + 8, &[1]), "its dynamic entry DT_RELA leads to no section of relocations");
    assert_eq!(library.refusal(size + 7, &[1]), "its dynamic entry DT_RELA lacks those of its size and kind");
    let init = library.dynamic(12);
    let address = library.u64(init + 8) + 1;
    assert_eq!(
        library.refusal(init + 8, &[address as u8]),
        format!("its dynamic entry DT_INIT leads to {address:#x}, where no function begins"),
    );
}

#[test]
fn symbols_must_be_possible() {
    let library = Original::read();
    let (number, memset) = library.symbol("memset");
    let text = format!("the name of its dynamic symbol {number} is beyond the last");
    assert_eq!(library.refusal(memset + 3, &[1]), text);
    let text = "its dynamic symbol `memset` has an impossible value";
    assert_eq!(library.refusal(memset + 4, &[2]), text, "a local symbol");
    assert_eq!(library.refusal(memset + 5, &[2]), text, "a hidden symbol");
    let (_, entry) = library.symbol("plug_library_v1");
    let text = "its dynamic symbol `plug_library_v1` has an impossible value";
    assert_eq!(library.refusal(entry + 8 + 4, &[1]), text);
    let address = library.u64(entry + 8) + 1;
    assert_eq!(
        library.refusal(entry + 8, &[address as u8]),
        format!("its dynamic symbol `plug_library_v1` leads to {address:#x}, into the middle of a function"),
    );
}

#[test]
fn the_hash_table_must_lead_to_the_symbols() {
    let library = Original::read();
    let (start, size, _) = library.section(".gnu.hash");
    assert_eq!(library.refusal(start, &[9]), "its hash table is of another size than its section");
    let text = "its hash table does not lead to its symbol `plug_library_v1`";
    let last = start + size - 4;
    assert_eq!(library.refusal(last + 1, &[!library.0[last + 1]]), text);
    let text = "its hash table has a list without an end";
    assert_eq!(library.refusal(last, &[library.0[last] & !1]), text);
}

#[test]
fn versions_must_be_listed() {
    let library = Original::read();
    let (number, _) = library.symbol("memset");
    let (versions, ..) = library.section(".gnu.version");
    let text = "its symbol `memset` has version 99, which is not listed";
    assert_eq!(library.refusal(versions + number * 2, &[99]), text);
    let ((needed, ..), (names, ..)) = (library.section(".gnu.version_r"), library.section(".dynstr"));
    let name = |at: usize| {
        let name = &library.0[names + library.u32(at) as usize..];
        String::from_utf8(name.split(|byte| *byte == 0).next().unwrap().to_owned()).unwrap()
    };
    let version = needed + library.u32(needed + 8) as usize;
    let (file, of) = (name(needed + 4), name(version + 8));
    let text = format!("version `{of}` of `{file}` has a wrong hash");
    assert_eq!(library.refusal(version, &[!library.0[version]]), text);
    assert_eq!(library.refusal(needed, &[2]), "the versions that it needs are not a list");
    let text = format!("it needs versions of `{}`, and not that library", &file[1..]);
    assert_eq!(library.refusal(needed + 4, &[library.0[needed + 4] + 1]), text);
    let (second, text) = (version + library.u32(version + 12) as usize, "two of its versions have index");
    let refusal = library.refusal(second + 6, &library.0[version + 6..version + 8]);
    assert_eq!(refusal, format!("{text} {}", library.u16(version + 6)));
}

#[test]
fn relocations_must_stay_in_the_library() {
    let library = Original::read();
    let (zeroth, first) = library.relocation(|_| true);
    assert_eq!(zeroth, 0);
    let of = |what: &str| format!("relocation 0 of DT_RELA {what}");
    assert_eq!(library.refusal(first + 8, &[77]), of("has type 77, which no library has"));
    assert_eq!(library.refusal(first + 8, &[6]), of("has type 6, and is among those without a symbol"));
    assert_eq!(library.refusal(first + 12, &[1]), of("needs no symbol, and is for symbol 1"));
    assert_eq!(library.refusal(first, &[0; 8]), of("writes to 0x0, where no data is"));
    assert_eq!(library.refusal(first + 16, &[0xff; 8]), of("points to 0xffffffffffffffff, outside of the library"));
    let place = library.u64(first);
    let text = format!("relocation 1 of DT_RELA writes to {place:#x}, as another one does");
    assert_eq!(library.refusal(first + 24, &place.to_le_bytes()), text);

    let (number, _) = library.symbol("memset");
    let count = library.section(".dynsym").1 / 24;
    let (at, entry) = library.relocation(|at| library.u64(at + 8) == (number as u64) << 32 | 6);
    let of = |what: &str| format!("relocation {at} of DT_RELA {what}");
    let text = of(&format!("is for symbol {}, and there are {count}", number + (1 << 24)));
    assert_eq!(library.refusal(entry + 8 + 7, &[1]), text);
    assert_eq!(library.refusal(entry + 12, &[0]), of("is for no symbol"));
}

#[test]
fn pointers_to_code_must_lead_to_functions() {
    let library = Original::read();
    let (_, size, start) = library.section(".init_array");
    let last = start + size as u64 - 8;
    let (_, relocation) = library.relocation(|at| library.u64(at) == last);
    let address = library.u64(relocation + 16) + 1;
    assert_eq!(
        library.refusal(relocation + 16, &[address as u8]),
        format!("the pointer at {last:#x} leads to {address:#x}, into the middle of a function"),
    );
    let (at, _) = library.relocation(|at| library.u64(at) == last);
    let refusal = library.refusal(relocation + 8, &[0]);
    assert_eq!(refusal, format!("relocation {at} of DT_RELA has type 0, and is among those without a symbol"));
}

/// A small library with both kinds of hash table, which is a seed of the fuzzer.
const SMALL: &[u8] = include_bytes!("../../../fuzz/corpus/library/whole.so");

/// The reason for refusing the small library with these bytes at a place.
fn refusal_of_small(at: usize, bytes: &[u8]) -> String {
    let mut library = SMALL.to_vec();
    assert_eq!(check_structure(&library), Ok(()));
    library[at..at + bytes.len()].copy_from_slice(bytes);
    refusal_of_bytes(&library)
}

fn refusal_of_bytes(library: &[u8]) -> String {
    let text = check_structure(library).expect_err("it is damaged");
    text.strip_prefix("the library is damaged: ").unwrap_or_else(|| panic!("{text}")).to_owned()
}

#[test]
fn the_old_hash_table_must_lead_to_the_symbols() {
    let (start, buckets) = (0x35c, 5);
    let next = start + 8 + buckets * 4;
    assert_eq!(refusal_of_small(start + 4, &[6]), "its old hash table is of another size than its section");
    let text = "its old hash table leads to a symbol that is not there";
    assert_eq!(refusal_of_small(start + 8, &[9]), text);
    // Each symbol follows itself, which would never end.
    let circles = [1_u32, 2, 3, 4].map(u32::to_ne_bytes).concat();
    assert_eq!(refusal_of_small(next + 4, &circles), text);
    assert_eq!(refusal_of_small(start + 8, &vec![0; buckets * 4]), "its old hash table does not lead to all symbols");
}

#[test]
fn relocations_must_fit_the_data() {
    let (relocations, data) = (0x3f0, 0x6c8);
    assert_eq!(refusal_of_small(data, &[1]), "relocation 0 of DT_RELA writes to 0x26c8, where other data is");
    // It is for a thread-local variable, and has no address.
    assert_eq!(
        refusal_of_small(relocations + 2 * 24 + 8, &[37]),
        "relocation 2 of DT_RELA calls 0x0, where no code is"
    );
    let text = "no relocation gives an address to a function that is called at its start";
    assert_eq!(refusal_of_small(relocations + 24, &[0x48, 0x28]), text);
}

/// Each of 60,000 sections has the same name of 8 MiB. Measuring all of them would take minutes.
#[test]
fn many_long_names_of_sections_are_not_measured() {
    let (mut library, count, size) = (SMALL.to_vec(), 60_000_u16, 8 << 20);
    let names = library.len();
    library.resize(names + size, b'a');
    let table = library.len() as u64;
    let mut header = [0; 64];
    header[4] = 3; // a table of names
    header[24..32].copy_from_slice(&(names as u64).to_ne_bytes());
    header[32..40].copy_from_slice(&(size as u64).to_ne_bytes());
    library.extend(std::iter::repeat_n(header, count.into()).flatten());
    library[40..48].copy_from_slice(&table.to_ne_bytes());
    library[60..62].copy_from_slice(&count.to_ne_bytes());
    let text = "the segment of its thread-local variables is not that of their sections";
    assert_eq!(refusal_of_bytes(&library), text);
}

/// Every library of the system passes, by whatever linker it was made.
#[test]
fn libraries_of_the_system_are_not_damaged() {
    let own = fs::read(std::env::current_exe().unwrap()).unwrap();
    let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib", "/lib"];
    let files = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    let mut paths: Vec<_> = files.filter_map(|entry| fs::canonicalize(entry.ok()?.path()).ok()).collect();
    paths.sort();
    paths.dedup();
    let mut checked = 0;
    for path in paths.iter().filter(|path| path.to_string_lossy().contains(".so")) {
        let is_short = path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() < 4 << 20);
        let Some(bytes) = fs::read(path).ok().filter(|_| is_short || plug_tests::is_full()) else { continue };
        // The class, the kind and the processor.
        if bytes.get(..6) == own.get(..6) && bytes.get(16..20) == Some(&[3, 0, own[18], own[19]]) {
            if let Err(text) = check_structure(&bytes) {
                panic!("{}: {text}", path.display());
            }
            checked += 1;
        }
        if checked == 200 && !plug_tests::is_full() {
            break;
        }
    }
    assert!(checked >= 1, "there is a C library");
}
