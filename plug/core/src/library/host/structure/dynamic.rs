//! The dynamic section, which tells the loader the place of everything else.

use std::ffi::CStr;

use object::elf;

use crate::escape;
use crate::library::host::structure::functions::Functions;
use crate::library::host::structure::layout::{Layout, SYMBOL, Section, WORD, word};

/// The maximum number of entries. Linkers make about thirty, and one for each library that is needed.
const MAX_ENTRIES: usize = 4096;

/// The maximum length of the name of a library or a version, in bytes.
/// Many long names in one text would take long to read.
const MAX_NAME: usize = 4096;

/// The entries of the dynamic section.
pub(super) struct Dynamic<'d> {
    /// Tags and values.
    entries: Vec<(u64, u64)>,
    /// The names that entries and symbols refer to. The last byte is zero.
    pub strings: &'d [u8],
}

/// The entries that have the address and the size of a section of this kind, by names.
const PLACES: [(elf::SectionType, Tag, Option<Tag>); 8] = [
    (elf::SHT_DYNSYM, Tag(elf::DT_SYMTAB, "DT_SYMTAB"), None),
    (elf::SHT_HASH, Tag(elf::DT_HASH, "DT_HASH"), None),
    (elf::SHT_GNU_HASH, Tag(elf::DT_GNU_HASH, "DT_GNU_HASH"), None),
    (elf::SHT_GNU_VERSYM, Tag(elf::DT_VERSYM, "DT_VERSYM"), None),
    (elf::SHT_GNU_VERNEED, Tag(elf::DT_VERNEED, "DT_VERNEED"), None),
    (elf::SHT_GNU_VERDEF, Tag(elf::DT_VERDEF, "DT_VERDEF"), None),
    (elf::SHT_INIT_ARRAY, Tag(elf::DT_INIT_ARRAY, "DT_INIT_ARRAY"), Some(Tag(elf::DT_INIT_ARRAYSZ, "DT_INIT_ARRAYSZ"))),
    (elf::SHT_FINI_ARRAY, Tag(elf::DT_FINI_ARRAY, "DT_FINI_ARRAY"), Some(Tag(elf::DT_FINI_ARRAYSZ, "DT_FINI_ARRAYSZ"))),
];

/// A tag, and its name for a message.
#[derive(Clone, Copy)]
struct Tag(elf::DynamicTag, &'static str);

/// A table of relocations.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    pub name: &'static str,
    pub address: u64,
    pub size: u64,
    pub kind: TableKind,
    /// The number of entries at its start that need no symbol, if it is known.
    pub relative: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TableKind {
    /// Offset, type and symbol.
    Rel,
    /// The same, and an addend.
    Rela,
    /// Addresses and bit masks.
    Relr,
}

impl<'d> Dynamic<'d> {
    pub(super) fn read(layout: &Layout<'d, '_>) -> Result<Self, String> {
        let segment = layout.segment(elf::PT_DYNAMIC).ok_or("it has no dynamic section")?;
        let section = layout.section(elf::SHT_DYNAMIC);
        if section.is_none_or(|section| (section.address, section.size) != (segment.address, segment.size)) {
            return Err("the segment of its dynamic section is not that section".to_owned());
        }
        let bytes = layout.bytes_of(segment)?;
        let mut entries = Vec::with_capacity((bytes.len() / (2 * WORD)).min(MAX_ENTRIES));
        for entry in bytes.chunks_exact(2 * WORD) {
            let (Some(tag), Some(value)) = (word(entry, 0), word(entry, WORD)) else { break };
            if tag == 0 {
                let symbols = layout.section(elf::SHT_DYNSYM).ok_or("it has no dynamic symbols")?;
                let strings = layout.sections().get(symbols.link as usize).filter(|strings| strings.is_loaded());
                let strings = strings.ok_or("it has no names of its dynamic symbols")?;
                let dynamic = Self { entries, strings: layout.bytes(strings)? };
                dynamic.check_repetitions()?;
                dynamic.is_at(Tag(elf::DT_STRTAB, "DT_STRTAB"), Some(Tag(elf::DT_STRSZ, "DT_STRSZ")), Some(strings))?;
                return Ok(dynamic);
            }
            if entries.len() == MAX_ENTRIES {
                return Err(format!("its dynamic section has more than {MAX_ENTRIES} entries"));
            }
            entries.push((tag, value));
        }
        Err("its dynamic section has no end".to_owned())
    }

    /// The value of the first entry with this tag.
    pub(super) fn value(&self, tag: elf::DynamicTag) -> Option<u64> {
        self.all(tag).next()
    }

    fn all(&self, tag: elf::DynamicTag) -> impl Iterator<Item = u64> {
        let tag = tag.0 as u64;
        self.entries.iter().filter(move |entry| entry.0 == tag).map(|entry| entry.1)
    }

    /// The text at an offset of the names.
    pub(super) fn text(&self, offset: u64) -> Option<&'d [u8]> {
        let rest = self.strings.get(usize::try_from(offset).ok()?..)?;
        CStr::from_bytes_until_nul(rest).ok().map(CStr::to_bytes)
    }

    /// The name of a library or a version at an offset of the names.
    pub(super) fn name(&self, offset: u64) -> Option<&'d [u8]> {
        let rest = self.strings.get(usize::try_from(offset).ok()?..)?;
        let end = rest.iter().take(MAX_NAME + 1).position(|byte| *byte == 0)?;
        Some(&rest[..end])
    }

    /// The names of the libraries that it needs.
    pub(super) fn needed(&self) -> impl Iterator<Item = &'d [u8]> {
        self.all(elf::DT_NEEDED).filter_map(|offset| self.name(offset))
    }

    /// Checks the entries against the sections.
    pub(super) fn check(&self, layout: &Layout<'_, '_>) -> Result<(), String> {
        if self.strings.last() != Some(&0) {
            return Err("its dynamic names do not end".to_owned());
        }
        for tag in [elf::DT_NEEDED, elf::DT_SONAME, elf::DT_RPATH, elf::DT_RUNPATH] {
            if self.all(tag).any(|offset| offset >= self.strings.len() as u64) {
                return Err("a dynamic entry refers to a name beyond the last".to_owned());
            }
        }
        for offset in self.all(elf::DT_NEEDED) {
            match self.name(offset) {
                None => return Err(format!("it needs a library with a name of more than {MAX_NAME} bytes")),
                Some([]) => return Err("it needs a library without a name".to_owned()),
                Some(_) => {}
            }
        }
        for (kind, address, size) in PLACES {
            self.is_at(address, size, layout.section(kind))?;
        }
        for (kind, tag) in [
            (elf::SHT_GNU_VERNEED, Tag(elf::DT_VERNEEDNUM, "DT_VERNEEDNUM")),
            (elf::SHT_GNU_VERDEF, Tag(elf::DT_VERDEFNUM, "DT_VERDEFNUM")),
        ] {
            self.is_equal(tag, layout.section(kind).map(|section| section.info.into()))?;
        }
        let word = WORD as u64;
        self.is_equal(Tag(elf::DT_SYMENT, "DT_SYMENT"), Some(SYMBOL as u64))?;
        for (tag, of, size) in [
            (Tag(elf::DT_RELAENT, "DT_RELAENT"), elf::DT_RELA, 3 * word),
            (Tag(elf::DT_RELENT, "DT_RELENT"), elf::DT_REL, 2 * word),
            (Tag(elf::DT_RELRENT, "DT_RELRENT"), elf::DT_RELR, word),
        ] {
            if self.value(of).is_some() {
                self.is_equal(tag, Some(size))?;
            }
        }
        self.check_tables(layout)
    }

    /// Checks that no other tag than that of a needed library occurs twice.
    fn check_repetitions(&self) -> Result<(), String> {
        let may_repeat = [elf::DT_NEEDED, elf::DT_AUXILIARY, elf::DT_FILTER].map(|tag| tag.0 as u64);
        // The tags of all systems are small, and there are few of the others.
        let (mut small, mut others) = (0_u64, Vec::new());
        for tag in self.entries.iter().map(|entry| entry.0).filter(|tag| !may_repeat.contains(tag)) {
            let bit = if tag < 64 { 1 << tag } else { 0 };
            if small & bit != 0 || others.contains(&tag) {
                return Err(format!("its dynamic section has two entries of tag {tag:#x}"));
            }
            small |= bit;
            if bit == 0 {
                others.push(tag);
            }
        }
        Ok(())
    }

    /// Checks that two entries have the address and the size of this section, or that none of the
    /// three exists.
    fn is_at(&self, address: Tag, size: Option<Tag>, section: Option<&Section<'_>>) -> Result<(), String> {
        self.is_equal(address, section.map(|section| section.address))?;
        size.map_or(Ok(()), |size| self.is_equal(size, section.map(|section| section.size)))
    }

    fn is_equal(&self, Tag(tag, name): Tag, expected: Option<u64>) -> Result<(), String> {
        match (self.value(tag), expected) {
            (found, expected) if found == expected => Ok(()),
            (None, _) => Err(format!("its dynamic entry {name} is missing")),
            (Some(found), Some(expected)) => {
                Err(format!("its dynamic entry {name} is {found:#x}, and its sections say {expected:#x}"))
            }
            // A linker may leave the entries of a section that became empty.
            (Some(0), None) => Ok(()),
            (Some(found), None) => Err(format!("its dynamic entry {name} is {found:#x}, and it has no such section")),
        }
    }

    /// The tables of relocations.
    pub(super) fn tables(&self) -> Result<Vec<Table>, String> {
        let plt = match self.value(elf::DT_PLTREL) {
            None => None,
            Some(tag) if tag == elf::DT_REL.0 as u64 => Some(TableKind::Rel),
            Some(tag) if tag == elf::DT_RELA.0 as u64 => Some(TableKind::Rela),
            Some(tag) => {
                return Err(format!("its dynamic entry DT_PLTREL is {tag:#x}, which is no kind of relocation"));
            }
        };
        let mut tables = Vec::new();
        for (name, address, size, kind, relative) in [
            ("DT_REL", elf::DT_REL, elf::DT_RELSZ, Some(TableKind::Rel), Some(elf::DT_RELCOUNT)),
            ("DT_RELA", elf::DT_RELA, elf::DT_RELASZ, Some(TableKind::Rela), Some(elf::DT_RELACOUNT)),
            ("DT_RELR", elf::DT_RELR, elf::DT_RELRSZ, Some(TableKind::Relr), None),
            ("DT_JMPREL", elf::DT_JMPREL, elf::DT_PLTRELSZ, plt, None),
        ] {
            let (address, size) = match (self.value(address), self.value(size), kind) {
                (None, None | Some(0), _) => continue,
                (Some(address), Some(size), Some(_)) => (address, size),
                _ => return Err(format!("its dynamic entry {name} lacks those of its size and kind")),
            };
            let relative = relative.and_then(|relative| self.value(relative));
            tables.extend(kind.map(|kind| Table { name, address, size, kind, relative }));
        }
        Ok(tables)
    }

    /// Checks that the tables of relocations are whole sections, and that they are all of them.
    fn check_tables(&self, layout: &Layout<'_, '_>) -> Result<(), String> {
        let tables = self.tables()?;
        let of = |kind| match kind {
            elf::SHT_REL => Some(TableKind::Rel),
            elf::SHT_RELA => Some(TableKind::Rela),
            elf::SHT_RELR => Some(TableKind::Relr),
            _ => None,
        };
        let sections = || layout.sections().iter().filter(|section| section.is_loaded() && of(section.kind).is_some());
        for table in tables.iter().filter(|table| table.size > 0) {
            let mut sections = sections().filter(|section| of(section.kind) == Some(table.kind));
            let starts = |section: &Section<'_>| section.address == table.address;
            let end = table.address.checked_add(table.size);
            let ends = |section: &Section<'_>| section.address.checked_add(section.size) == end;
            if !(sections.clone().any(starts) && sections.any(ends)) {
                return Err(format!("its dynamic entry {} leads to no section of relocations", table.name));
            }
        }
        let is_in = |section: &Section<'_>, table: &Table| {
            section.address >= table.address && section.address - table.address < table.size
        };
        match sections().find(|section| !tables.iter().any(|table| is_in(section, table))) {
            Some(section) => Err(format!("no dynamic entry leads to its {}", section.title())),
            None => Ok(()),
        }
    }

    /// Checks the functions that the loader calls at the start and at the end.
    pub(super) fn check_functions(
        &self,
        layout: &Layout<'_, '_>,
        functions: &Functions<'_, '_, '_>,
    ) -> Result<(), String> {
        for (tag, name, section) in [(elf::DT_INIT, "DT_INIT", &b".init"[..]), (elf::DT_FINI, "DT_FINI", b".fini")] {
            let section = layout.named(section);
            let Some(address) = self.value(tag) else {
                match section {
                    Some(section) => return Err(format!("no dynamic entry leads to its {}", section.title())),
                    None => continue,
                }
            };
            let is_inside =
                |section: &Section<'_>| address > section.address && address - section.address < section.size;
            if !layout.is_code(address) || section.is_some_and(is_inside) {
                return Err(format!("its dynamic entry {name} leads to {address:#x}, where no function begins"));
            }
            functions.check(address, || format!("its dynamic entry {name}"))?;
        }
        Ok(())
    }
}

/// A name from the file, for a message.
pub(super) fn quoted(name: &[u8]) -> String {
    format!("`{}`", escape::short(&String::from_utf8_lossy(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_maximum_length() {
        let strings = [&[b'a'; MAX_NAME + 1][..], b"\0", b"b"].concat();
        let dynamic = Dynamic { entries: Vec::new(), strings: &strings };
        assert_eq!(dynamic.name(0), None);
        assert_eq!(dynamic.name(1).map(<[u8]>::len), Some(MAX_NAME));
        assert_eq!(dynamic.name(MAX_NAME as u64 + 1), Some(&b""[..]));
        assert_eq!(dynamic.name(MAX_NAME as u64 + 2), None, "it has no end");
        assert_eq!(dynamic.name(u64::MAX), None);
    }
}
