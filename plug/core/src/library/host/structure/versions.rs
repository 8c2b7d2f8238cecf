//! The versions of symbols: those that a library needs of others, and those that it offers.

use std::collections::BTreeSet;

use object::elf;

use crate::library::host::structure::dynamic::{Dynamic, quoted};
use crate::library::host::structure::layout::{Layout, half, number};
use crate::library::host::structure::symbols::Symbols;

/// The bits of a version's index. The other one hides a symbol.
const INDEX: u16 = 0x7fff;

/// The versions by index: whether this library needs it, or offers it.
#[derive(Default)]
struct Versions(Vec<Option<Side>>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Needed,
    Offered,
}

/// Checks that each symbol has a version that is listed, with the right hash and a known library.
pub(super) fn check(layout: &Layout<'_, '_>, dynamic: &Dynamic<'_>, symbols: &Symbols<'_>) -> Result<(), String> {
    let mut versions = Versions::default();
    if let Some(section) = layout.section(elf::SHT_GNU_VERNEED) {
        let count = versions.read_needed(layout.bytes(section)?, dynamic)?;
        is_all(count, section.info)?;
    }
    if let Some(section) = layout.section(elf::SHT_GNU_VERDEF) {
        let count = versions.read_offered(layout.bytes(section)?, dynamic)?;
        is_all(count, section.info)?;
    }
    let Some(section) = layout.section(elf::SHT_GNU_VERSYM) else {
        return match versions.0.is_empty() {
            true => Ok(()),
            false => Err("it has versions, and its symbols have none".to_owned()),
        };
    };
    let bytes = layout.bytes(section)?;
    if bytes.len() != symbols.count() * 2 {
        return Err("it has versions for another number of symbols than it has".to_owned());
    }
    for (symbol, version) in symbols.all().iter().zip(bytes.chunks_exact(2)) {
        let version = half(version, 0).unwrap_or_default() & INDEX;
        let side = if symbol.is_undefined() { Side::Needed } else { Side::Offered };
        // 0 and 1 are a symbol without a version, which is local or global.
        if version > 1 && versions.side(version) != Some(side) {
            return Err(format!("its symbol {} has version {version}, which is not listed", quoted(symbol.name)));
        }
    }
    Ok(())
}

fn is_all(count: u32, expected: u32) -> Result<(), String> {
    if count == expected { Ok(()) } else { Err("a list of its versions has another length than it claims".to_owned()) }
}

impl Versions {
    fn side(&self, index: u16) -> Option<Side> {
        self.0.get(usize::from(index)).copied().flatten()
    }

    fn add(&mut self, index: u16, side: Side) -> Result<(), String> {
        let index = usize::from(index & INDEX);
        if self.0.len() <= index {
            self.0.resize(index + 1, None);
        }
        match self.0[index].replace(side) {
            None => Ok(()),
            Some(_) => Err(format!("two of its versions have index {index}")),
        }
    }

    /// Reads the versions of other libraries, and returns the number of libraries.
    fn read_needed(&mut self, bytes: &[u8], dynamic: &Dynamic<'_>) -> Result<u32, String> {
        let broken = || "the versions that it needs are not a list".to_owned();
        let needed: BTreeSet<_> = dynamic.needed().collect();
        let (mut at, mut count) = (0, 0);
        loop {
            // A format, a number of versions, the name of a library, the first version, the next
            // library.
            let record = bytes.get(at..).ok_or_else(broken)?;
            let (format, total) = (half(record, 0), half(record, 2));
            let (file, next) = (number(record, 4), number(record, 12));
            let (Some(1), Some(total @ 1..), Some(file), Some(next)) = (format, total, file, next) else {
                return Err(broken());
            };
            let file = dynamic.name(file.into()).ok_or_else(broken)?;
            // The loader ends the process if it has not loaded a library with this name.
            if !needed.contains(file) {
                return Err(format!("it needs versions of {}, and not that library", quoted(file)));
            }
            let mut place = at.checked_add(number(record, 8).ok_or_else(broken)? as usize).ok_or_else(broken)?;
            for left in (0..total).rev() {
                // A hash, flags, the number, the name, the next version.
                let version = bytes.get(place..).ok_or_else(broken)?;
                let (hash, index) = (number(version, 0), half(version, 6));
                let (name, next) = (number(version, 8), number(version, 12));
                let (Some(index), Some(name), Some(next)) = (index, name, next) else { return Err(broken()) };
                let name = dynamic.name(name.into()).ok_or_else(broken)?;
                if hash != Some(elf::hash(name)) {
                    return Err(format!("version {} of {} has a wrong hash", quoted(name), quoted(file)));
                }
                self.add(index, Side::Needed)?;
                if (next == 0) != (left == 0) {
                    return Err(broken());
                }
                place = place.checked_add(next as usize).ok_or_else(broken)?;
            }
            count += 1;
            if next == 0 {
                return Ok(count);
            }
            at = at.checked_add(next as usize).ok_or_else(broken)?;
        }
    }

    /// Reads the versions of this library, and returns their number.
    fn read_offered(&mut self, bytes: &[u8], dynamic: &Dynamic<'_>) -> Result<u32, String> {
        let broken = || "the versions that it offers are not a list".to_owned();
        let (mut at, mut count) = (0, 0);
        loop {
            // A format, flags, the number, a number of names, a hash, the first name, the next
            // version.
            let record = bytes.get(at..).ok_or_else(broken)?;
            let (format, index) = (half(record, 0), half(record, 4));
            let (hash, next) = (number(record, 8), number(record, 16));
            let (Some(1), Some(index), Some(next)) = (format, index, next) else { return Err(broken()) };
            let place = at.checked_add(number(record, 12).ok_or_else(broken)? as usize).ok_or_else(broken)?;
            let name = number(bytes.get(place..).ok_or_else(broken)?, 0);
            let name = name.and_then(|name| dynamic.name(name.into())).ok_or_else(broken)?;
            if hash != Some(elf::hash(name)) {
                return Err(format!("its version {} has a wrong hash", quoted(name)));
            }
            self.add(index, Side::Offered)?;
            count += 1;
            if next == 0 {
                return Ok(count);
            }
            at = at.checked_add(next as usize).ok_or_else(broken)?;
        }
    }
}
