//! The functions of a library, from the table for unwinding, which lists where each begins.

use object::elf;

use crate::library::host::structure::layout::{Layout, number};

/// The encodings of the table that all linkers write: the address of the frames relative to its
/// own, a number of 32 bits, and addresses relative to the table.
const ENCODINGS: [u8; 4] = [1, 0x1b, 0x03, 0x3b];

/// The maximum number of pointers into the middle of functions that are kept.
const MAX_INSIDE: usize = 1 << 14;

/// The maximum distance between two pointers of a table of labels, in bytes.
const MAX_DISTANCE: u64 = 64;

/// A pointer that leads into the middle of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Inside {
    /// The place of the pointer.
    place: u64,
    address: u64,
    /// The number of the function.
    function: usize,
}

/// The functions of a library. Code without a description for unwinding is in none of them.
pub(super) struct Functions<'l, 'd, 'r> {
    layout: &'l Layout<'d, 'r>,
    /// The table: pairs of the start of a function and the place of its description, as distances
    /// from the table.
    table: &'d [u8],
    /// The address of the table.
    address: u64,
    /// The address of the first function.
    first: u64,
    /// The code is divided in parts of two to the power of this.
    shift: u32,
    /// The number of the first function of each part, and of the end.
    parts: Vec<u32>,
    /// Pointers that lead into the middle of a function.
    inside: Vec<Inside>,
}

impl<'l, 'd, 'r> Functions<'l, 'd, 'r> {
    /// Reads the table, if addresses of functions are plain.
    pub(super) fn read(layout: &'l Layout<'d, 'r>, is_plain: bool) -> Result<Self, String> {
        let none = Self { layout, table: &[], address: 0, first: 0, shift: 0, parts: Vec::new(), inside: Vec::new() };
        let Some(segment) = layout.segment(elf::PT_GNU_EH_FRAME).filter(|_| is_plain) else { return Ok(none) };
        let section = layout.named(b".eh_frame_hdr");
        if section.is_some_and(|section| (section.address, section.size) != (segment.address, segment.size)) {
            return Err("the segment of its table for unwinding is not that section".to_owned());
        }
        let bytes = layout.bytes_of(segment)?;
        let Some((&ENCODINGS, rest)) = bytes.split_first_chunk() else { return Ok(none) };
        let table = number(rest, 4).and_then(|count| rest.get(8..)?.get(..(count as usize).checked_mul(8)?));
        let Some(table) = table else { return Err("its table for unwinding is cut short".to_owned()) };
        let functions = Self { table, address: segment.address, ..none };
        if layout.named(b".eh_frame").is_some_and(|frames| {
            let distance = number(rest, 0).unwrap_or_default();
            frames.address != functions.at(4, distance)
        }) {
            return Err("its table for unwinding leads to no descriptions".to_owned());
        }
        functions.divide()
    }

    /// The address at a signed distance from a place of the table.
    fn at(&self, place: u64, distance: u32) -> u64 {
        self.address.wrapping_add(place).wrapping_add_signed(i64::from(distance.cast_signed()))
    }

    /// The start of a function.
    #[inline]
    fn start(&self, function: usize) -> Option<u64> {
        Some(self.at(0, number(self.table, function.checked_mul(8)?)?))
    }

    fn count(&self) -> usize {
        self.table.len() / 8
    }

    /// Notes the functions of each part of the code.
    fn divide(self) -> Result<Self, String> {
        let (Some(first), Some(last)) = (self.start(0), self.start(self.count().wrapping_sub(1))) else {
            return Ok(self);
        };
        // A function may be empty, and the last one at the end of the code.
        let is_code = |start| self.layout.is_code(start) || self.layout.is_code(start - 1);
        if first == 0 || last < first || !(is_code(first) && is_code(last)) {
            return Err("its table for unwinding has functions where no code is".to_owned());
        }
        // About one function in each part.
        let shift = ((last - first) / self.count() as u64).max(1).ilog2();
        let mut parts = Vec::with_capacity(((last - first) >> shift) as usize + 2);
        let mut before = first;
        for (function, entry) in self.table.as_chunks::<8>().0.iter().enumerate() {
            let start = self.at(0, number(entry, 0).unwrap_or_default());
            if start < before || start > last {
                return Err("its table for unwinding is not sorted".to_owned());
            }
            before = start;
            while parts.len() as u64 <= (start - first) >> shift {
                parts.push(function as u32);
            }
        }
        parts.push(self.count() as u32);
        Ok(Self { first, shift, parts, ..self })
    }

    /// The last function that begins at this address or before it.
    #[inline]
    fn before(&self, address: u64) -> Option<usize> {
        let part = usize::try_from(address.checked_sub(self.first)? >> self.shift).ok()?;
        // Behind the last part, this is the last function.
        let part = part.min(self.parts.len().checked_sub(2)?);
        let (mut low, mut high) = (self.parts[part] as usize, self.parts[part + 1] as usize);
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.start(middle)? <= address {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low.checked_sub(1)
    }

    /// Checks a pointer that the loader or the host follows: it must not lead into a function.
    pub(super) fn check(&self, address: u64, pointer: impl FnOnce() -> String) -> Result<(), String> {
        if self.middle_of(address).is_none() {
            return Ok(());
        }
        Err(format!("{} leads to {address:#x}, into the middle of a function", pointer()))
    }

    /// Notes a pointer in the data, for `check_pointers`.
    #[inline]
    pub(super) fn note(&mut self, place: u64, address: u64) {
        if self.inside.len() < MAX_INSIDE {
            self.inside.extend(self.middle_of(address).map(|function| Inside { place, address, function }));
        }
    }

    /// Checks the pointers in the data.
    ///
    /// A C compiler makes tables of labels: pointers beside each other, to places of one function or
    /// of its two halves.
    /// A single pointer into a function is damage.
    pub(super) fn check_pointers(mut self) -> Result<(), String> {
        if self.inside.len() == MAX_INSIDE {
            return Ok(());
        }
        self.inside.sort_unstable();
        let is_near = |one: &Inside, other: &Inside| other.place - one.place <= MAX_DISTANCE;
        let groups: Vec<_> = self.inside.chunk_by(is_near).filter(|group| group.len() == 1).flatten().collect();
        let is_alone = |pointer: &&&Inside| {
            let of_one = |other: &&Inside| other.function == pointer.function && other.place != pointer.place;
            !self.inside.iter().any(|other| of_one(&other))
        };
        match groups.iter().find(is_alone) {
            Some(pointer) => {
                let Inside { place, address, .. } = pointer;
                Err(format!("the pointer at {place:#x} leads to {address:#x}, into the middle of a function"))
            }
            None => Ok(()),
        }
    }

    /// The function that this address is in, but does not begin.
    #[inline]
    fn middle_of(&self, address: u64) -> Option<usize> {
        let function = self.before(address)?;
        let start = self.start(function)?;
        if start == address { None } else { self.is_in(address, function, start).then_some(function) }
    }

    /// Whether this address is in a function that begins before it.
    #[cold]
    fn is_in(&self, address: u64, function: usize, start: u64) -> bool {
        // A length, the distance to the common part, the start relative to its own place, the size.
        let description = number(self.table, function * 8 + 4).map(|distance| self.at(0, distance));
        let Some((place, bytes)) = description.and_then(|place| Some((place, self.layout.bytes_at(place, 16)?))) else {
            return false;
        };
        let (Some(distance), Some(size)) = (number(bytes, 8), number(bytes, 12)) else { return false };
        let is_known = place.wrapping_add(8).wrapping_add_signed(distance.cast_signed().into()) == start;
        is_known && address - start < size.into()
    }
}
