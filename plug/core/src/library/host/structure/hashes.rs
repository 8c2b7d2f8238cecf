//! The hash tables, by which the loader finds symbols.

use object::elf;

use crate::library::host::structure::dynamic::quoted;
use crate::library::host::structure::layout::{Layout, WORD, number, word};
use crate::library::host::structure::symbols::Symbols;

/// Checks that the loader finds each symbol in the tables, and comes to an end.
pub(super) fn check(layout: &Layout<'_, '_>, symbols: &Symbols<'_>, machine: elf::Machine) -> Result<(), String> {
    if let Some(section) = layout.section(elf::SHT_GNU_HASH) {
        let table = Gnu::read(layout.bytes(section)?, symbols.count());
        table.ok_or("its hash table is of another size than its section")?.check(symbols)?;
    }
    // Their old table has entries of 64 bits.
    let is_wide = matches!(machine, elf::EM_ALPHA | elf::EM_S390);
    let Some(section) = layout.section(elf::SHT_HASH).filter(|_| !is_wide) else { return Ok(()) };
    let table = SysV::read(layout.bytes(section)?, symbols.count());
    table.ok_or("its old hash table is of another size than its section")?.check(symbols)
}

/// The table of GNU: a filter, the first symbol of each bucket, and the hash of each symbol from
/// `first` on. The lowest bit of a hash ends its bucket.
struct Gnu<'d> {
    first: usize,
    shift: u32,
    filter: &'d [u8],
    buckets: &'d [u8],
    hashes: &'d [u8],
}

impl<'d> Gnu<'d> {
    fn read(bytes: &'d [u8], symbols: usize) -> Option<Self> {
        let head = |at: usize| number(bytes, at * 4);
        let (buckets, first, filters, shift) = (head(0)? as usize, head(1)? as usize, head(2)? as usize, head(3)?);
        let (filter, rest) = bytes.get(16..)?.split_at_checked(filters.checked_mul(WORD)?)?;
        let (buckets, hashes) = rest.split_at_checked(buckets.checked_mul(4)?)?;
        // A table without symbols may begin at any.
        let first = if hashes.is_empty() { symbols } else { first };
        // The loader takes the number of filters for a power of two.
        let is_whole = filters.is_power_of_two()
            && shift < 32
            && !buckets.is_empty()
            && hashes.len() == symbols.checked_sub(first)?.checked_mul(4)?;
        is_whole.then_some(Self { first, shift, filter, buckets, hashes })
    }

    fn check(&self, symbols: &Symbols<'_>) -> Result<(), String> {
        let (bits, filters) = (WORD as u32 * 8, self.filter.len() / WORD);
        let buckets = self.buckets.len() / 4;
        let (others, hashed) = symbols.all().split_at(self.first.min(symbols.count()));
        if let Some(symbol) = others.iter().find(|symbol| symbol.is_offered()) {
            return Err(format!("its hash table does not lead to its symbol {}", quoted(symbol.name)));
        }
        let mut used = 0;
        let mut before = None;
        for (at, (symbol, hash)) in hashed.iter().zip(self.hashes.chunks_exact(4)).enumerate() {
            let hash = number(hash, 0).unwrap_or_default();
            let own = elf::gnu_hash(symbol.name);
            let bucket = own as usize % buckets;
            let filter = word(self.filter, (own / bits) as usize % filters * WORD).unwrap_or_default();
            let is_passed = [own, own >> self.shift].iter().all(|hash| filter >> (hash % bits) & 1 == 1);
            // The first symbol of a bucket, or one more of the same.
            let is_reached = match before {
                Some(before) => before == bucket,
                None => number(self.buckets, bucket * 4) == u32::try_from(self.first + at).ok(),
            };
            used += usize::from(before.is_none());
            if !(is_passed && is_reached && hash | 1 == own | 1) {
                return Err(format!("its hash table does not lead to its symbol {}", quoted(symbol.name)));
            }
            before = (hash & 1 == 0).then_some(bucket);
        }
        let filled = self.buckets.chunks_exact(4).filter(|bucket| number(bucket, 0) != Some(0)).count();
        if before.is_some() || filled != used {
            return Err("its hash table has a list without an end".to_owned());
        }
        Ok(())
    }
}

/// The table of System V: the first symbol of each bucket, and the next one after each symbol.
struct SysV<'d> {
    buckets: &'d [u8],
    next: &'d [u8],
}

impl<'d> SysV<'d> {
    fn read(bytes: &'d [u8], symbols: usize) -> Option<Self> {
        let (buckets, count) = (number(bytes, 0)? as usize, number(bytes, 4)? as usize);
        let (buckets, next) = bytes.get(8..)?.split_at_checked(buckets.checked_mul(4)?)?;
        let is_whole = count == symbols && next.len() == count.checked_mul(4)? && !buckets.is_empty();
        is_whole.then_some(Self { buckets, next })
    }

    fn check(&self, symbols: &Symbols<'_>) -> Result<(), String> {
        let buckets = self.buckets.len() / 4;
        let mut reached = vec![false; symbols.count()];
        for (at, bucket) in self.buckets.chunks_exact(4).enumerate() {
            let mut index = number(bucket, 0).unwrap_or_default() as usize;
            while index != 0 {
                // A symbol that was reached before is a circle. Its name may be long to hash.
                let symbol = symbols.all().get(index).filter(|_| !std::mem::replace(&mut reached[index], true));
                if symbol.is_none_or(|symbol| elf::hash(symbol.name) as usize % buckets != at) {
                    return Err("its old hash table leads to a symbol that is not there".to_owned());
                }
                index = number(self.next, index.saturating_mul(4)).unwrap_or_default() as usize;
            }
        }
        if symbols.all().iter().zip(reached).any(|(symbol, is_reached)| symbol.is_offered() && !is_reached) {
            return Err("its old hash table does not lead to all symbols".to_owned());
        }
        Ok(())
    }
}
