//! The relocations: the places that the loader writes to, and the values that it writes.

use object::elf;

use crate::library::host::structure::dynamic::{Dynamic, Table, TableKind};
use crate::library::host::structure::functions::Functions;
use crate::library::host::structure::layout::{Layout, Segment, WORD, word};
use crate::library::host::structure::symbols::Symbols;

/// The maximum number of bytes that may be written to.
/// If there are more, their contents and overlaps are not checked.
const MAX_DATA: u64 = 16 << 20;

/// The effect of a relocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Nothing,
    /// Writes the address of the library and an addend.
    Relative,
    /// Calls the function at such an address, and writes its result.
    Call,
    /// Writes the address of a symbol and an addend.
    Symbol,
    /// Writes it to a table that the linker may have filled for a later search.
    Jump,
    /// Writes the place of a thread-local variable.
    ThreadLocal,
}

/// The effect of each type of relocation that may be in a library for this processor.
fn effect(machine: elf::Machine, number: u32) -> Option<Effect> {
    use Effect::{Call, Jump, Nothing, Relative, Symbol, ThreadLocal};
    Some(match (machine, number) {
        (_, 0) => Nothing,
        (elf::EM_X86_64, 8 | 38) | (elf::EM_AARCH64, 1027) | (elf::EM_386, 8) | (elf::EM_RISCV, 3) => Relative,
        (elf::EM_X86_64, 37) | (elf::EM_AARCH64, 1032) | (elf::EM_386, 42) | (elf::EM_RISCV, 58) => Call,
        (elf::EM_X86_64, 7) | (elf::EM_AARCH64, 1026) | (elf::EM_386, 7) | (elf::EM_RISCV, 5) => Jump,
        (elf::EM_X86_64, 1 | 6 | 33)
        | (elf::EM_AARCH64, 257 | 1025)
        | (elf::EM_386, 1 | 2 | 6)
        | (elf::EM_RISCV, 1 | 2) => Symbol,
        (elf::EM_X86_64, 16..=18 | 36)
        | (elf::EM_AARCH64, 1028..=1031)
        | (elf::EM_386, 14 | 35..=37 | 41)
        | (elf::EM_RISCV, 6..=12) => ThreadLocal,
        _ => return None,
    })
}

/// The type of most relocations, if `effect` knows this processor.
fn usual(machine: elf::Machine) -> Option<u32> {
    match machine {
        elf::EM_X86_64 | elf::EM_386 => Some(8),
        elf::EM_AARCH64 => Some(1027),
        elf::EM_RISCV => Some(3),
        _ => None,
    }
}

/// Checks all relocations, in the order of the loader.
pub(super) fn check<'d, 'r>(
    layout: &Layout<'d, 'r>,
    dynamic: &Dynamic<'_>,
    symbols: &Symbols<'d>,
    functions: &mut Functions<'_, 'd, 'r>,
    machine: elf::Machine,
) -> Result<(), String> {
    let Some(usual) = usual(machine) else { return Ok(()) };
    let targets = Target::all(layout, dynamic)?;
    let (start, end) = layout.memory();
    let size = end - start;
    let mut relocations = Relocations { layout, symbols, functions, machine, usual, start, size, targets, last: 0 };
    for table in dynamic.tables()? {
        // An empty table may be anywhere.
        if table.size > 0 {
            let bytes = layout.bytes_at(table.address, table.size);
            let bytes = bytes.ok_or_else(|| format!("the relocations of {} cannot be read", table.name))?;
            relocations.check(&table, bytes)?;
        }
    }
    relocations.check_arrays()
}

struct Relocations<'s, 'l, 'd, 'r> {
    layout: &'s Layout<'d, 'r>,
    symbols: &'s Symbols<'d>,
    functions: &'s mut Functions<'l, 'd, 'r>,
    machine: elf::Machine,
    usual: u32,
    /// The address and the size of the library in memory.
    start: u64,
    size: u64,
    targets: Vec<Target<'d>>,
    /// The target of the last relocation, which is usually that of the next one.
    last: usize,
}

/// A relocation.
#[derive(Debug, Clone, Copy)]
struct Relocation {
    place: u64,
    number: u32,
    symbol: u32,
    addend: Option<u64>,
}

/// A segment that relocations write to.
struct Target<'d> {
    segment: Segment,
    contents: &'d [u8],
    /// A bit for each byte: whether a relocation writes it. Empty if that is not checked.
    written: Vec<u8>,
}

/// The damage of a relocation.
#[derive(Debug, Clone, Copy)]
enum Damage {
    UnknownType,
    Relative,
    UnknownSymbol,
    NoSymbol,
    NeedlessSymbol,
    NoData,
    DataTwice,
    OtherData,
    Outside(u64),
    NoCode(u64),
}

impl Damage {
    fn text(self, of: Relocation, symbols: usize) -> String {
        let Relocation { place, number, symbol, .. } = of;
        match self {
            Self::UnknownType => format!("has type {number}, which no library has"),
            Self::Relative => format!("has type {number}, and is among those without a symbol"),
            Self::UnknownSymbol => format!("is for symbol {symbol}, and there are {symbols}"),
            Self::NoSymbol => "is for no symbol".to_owned(),
            Self::NeedlessSymbol => format!("needs no symbol, and is for symbol {symbol}"),
            Self::NoData => format!("writes to {place:#x}, where no data is"),
            Self::DataTwice => format!("writes to {place:#x}, as another one does"),
            Self::OtherData => format!("writes to {place:#x}, where other data is"),
            Self::Outside(address) => format!("points to {address:#x}, outside of the library"),
            Self::NoCode(address) => format!("calls {address:#x}, where no code is"),
        }
    }
}

impl Relocation {
    #[inline]
    fn read(entry: &[u8], addend: Option<u64>) -> Self {
        let (place, info) = (word(entry, 0).unwrap_or_default(), word(entry, WORD).unwrap_or_default());
        // The type has 32 bits or 8.
        let bits = if WORD == 8 { 32 } else { 8 };
        Self { place, number: (info & ((1 << bits) - 1)) as u32, symbol: (info >> bits) as u32, addend }
    }
}

impl Relocations<'_, '_, '_, '_> {
    fn check(&mut self, table: &Table, bytes: &[u8]) -> Result<(), String> {
        let rest = match table.kind {
            TableKind::Relr => {
                let (entries, rest) = bytes.as_chunks::<WORD>();
                self.check_all(table, packed(entries))?;
                rest
            }
            TableKind::Rel => {
                let (entries, rest) = bytes.as_chunks::<{ 2 * WORD }>();
                self.check_all(table, entries.iter().map(|entry| Relocation::read(entry, None)))?;
                rest
            }
            TableKind::Rela => {
                let (entries, rest) = bytes.as_chunks::<{ 3 * WORD }>();
                self.check_all(table, entries.iter().map(|entry| Relocation::read(entry, word(entry, 2 * WORD))))?;
                rest
            }
        };
        match rest.is_empty() {
            true => Ok(()),
            false => Err(format!("the last relocation of {} is cut short", table.name)),
        }
    }

    fn check_all(&mut self, table: &Table, relocations: impl Iterator<Item = Relocation>) -> Result<(), String> {
        let relative = table.relative.unwrap_or_default();
        for (at, relocation) in relocations.enumerate() {
            let is_usual = relocation.number == self.usual || table.kind == TableKind::Relr;
            let checked = if is_usual && relocation.symbol == 0 {
                self.check_relative(relocation)
            } else {
                self.check_other(relocation, (at as u64) < relative)
            };
            checked.map_err(|damage| {
                format!("relocation {at} of {} {}", table.name, damage.text(relocation, self.symbols.count()))
            })?;
        }
        Ok(())
    }

    /// Checks a relocation without a symbol.
    #[inline]
    fn check_relative(&mut self, relocation: Relocation) -> Result<(), Damage> {
        let content = self.write(relocation.place)?;
        let Some(address) = relocation.addend.or(content) else { return Ok(()) };
        // Linkers leave a zero there, or the addend.
        if content.is_some_and(|content| content != 0 && content != address) {
            return Err(Damage::OtherData);
        }
        self.check_pointer(relocation.place, address)
    }

    /// Checks a pointer that the loader computes.
    #[inline]
    fn check_pointer(&mut self, place: u64, address: u64) -> Result<(), Damage> {
        // A pointer to the end of a table may be that of the memory.
        if address.wrapping_sub(self.start) > self.size {
            return Err(Damage::Outside(address));
        }
        if self.layout.is_code(address) {
            self.functions.note(place, address);
        }
        Ok(())
    }

    fn check_other(&mut self, relocation: Relocation, is_relative: bool) -> Result<(), Damage> {
        let Relocation { place, number, symbol, addend } = relocation;
        let effect = effect(self.machine, number).ok_or(Damage::UnknownType)?;
        // The loader takes the first ones for relative, without a look at their types.
        if is_relative && effect != Effect::Relative {
            return Err(Damage::Relative);
        }
        if effect == Effect::Nothing {
            return Ok(());
        }
        let known = self.symbols.all().get(symbol as usize);
        if known.is_none() {
            return Err(Damage::UnknownSymbol);
        }
        if matches!(effect, Effect::Relative | Effect::Call) {
            if symbol != 0 {
                return Err(Damage::NeedlessSymbol);
            }
            if effect == Effect::Relative {
                return self.check_relative(relocation);
            }
            let content = self.write(place)?;
            let Some(address) = addend.or(content) else { return Ok(()) };
            self.check_pointer(place, address)?;
            return if self.layout.is_code(address) { Ok(()) } else { Err(Damage::NoCode(address)) };
        }
        let content = self.write(place)?;
        if effect == Effect::ThreadLocal {
            return Ok(());
        }
        if symbol == 0 {
            return Err(Damage::NoSymbol);
        }
        let (Some(content), Some(addend), false) = (content, addend, effect == Effect::Jump) else { return Ok(()) };
        // Linkers leave a zero there, the addend, or the address before the library is moved.
        let address = known.map_or(0, |symbol| symbol.value).wrapping_add(addend);
        if [0, addend, address].contains(&content) { Ok(()) } else { Err(Damage::OtherData) }
    }

    /// Notes that a word is written, and returns the one that is there.
    #[inline]
    fn write(&mut self, place: u64) -> Result<Option<u64>, Damage> {
        let holds = |target: &Target<'_>| target.segment.has_bytes(place, WORD as u64);
        if !self.targets.get(self.last).is_some_and(holds) {
            self.last = self.targets.iter().position(holds).ok_or(Damage::NoData)?;
        }
        let target = &mut self.targets[self.last];
        if target.written.is_empty() {
            return Ok(None);
        }
        let at = (place - target.segment.address) as usize;
        if target.mark(at) { Ok(word(target.contents, at)) } else { Err(Damage::DataTwice) }
    }

    /// Checks that each function that the loader calls has an address. Without one it is null.
    fn check_arrays(&self) -> Result<(), String> {
        for (kind, when) in [(elf::SHT_INIT_ARRAY, "start"), (elf::SHT_FINI_ARRAY, "end")] {
            let Some(section) = self.layout.section(kind) else { continue };
            let target = self.targets.iter().find(|target| target.segment.has_bytes(section.address, section.size));
            let Some(target) = target.filter(|target| !target.written.is_empty()) else { continue };
            let first = (section.address - target.segment.address) as usize;
            // A bit of each word stands for all.
            if (0..section.size as usize / WORD).any(|number| !target.is_written(first + number * WORD)) {
                return Err(format!("no relocation gives an address to a function that is called at its {when}"));
            }
        }
        Ok(())
    }
}

/// Relative relocations that are packed: an address, then masks of the words after it.
fn packed(entries: &[[u8; WORD]]) -> impl Iterator<Item = Relocation> {
    let (word, bits) = (WORD as u64, WORD as u64 * 8 - 1);
    let mut next = 0_u64;
    let places = entries.iter().flat_map(move |entry| {
        let entry = usize::from_ne_bytes(*entry) as u64;
        let is_address = entry & 1 == 0;
        let (base, mask) = if is_address { (entry, 1) } else { (next, entry >> 1) };
        next = base.wrapping_add(if is_address { word } else { bits * word });
        (0..bits).filter(move |bit| mask >> bit & 1 == 1).map(move |bit| base.wrapping_add(bit * word))
    });
    places.map(|place| Relocation { place, number: 0, symbol: 0, addend: None })
}

impl<'d> Target<'d> {
    /// The segments that may be written to.
    fn all(layout: &Layout<'d, '_>, dynamic: &Dynamic<'_>) -> Result<Vec<Self>, String> {
        // The loader makes code writable for that long.
        let is_text = dynamic.value(elf::DT_TEXTREL).is_some();
        let is_target = |load: &&Segment| (load.is_writable || is_text) && load.file_size > 0;
        let total = layout.loads().filter(is_target).fold(0, |total: u64, load| total.saturating_add(load.file_size));
        let is_checked = total <= MAX_DATA && !is_text;
        let target = |load: &Segment| {
            let contents = if is_checked { layout.bytes_of(load)? } else { &[] };
            let written = vec![0; if is_checked { contents.len() / 8 + 2 } else { 0 }];
            Ok(Self { segment: *load, contents, written })
        };
        layout.loads().filter(is_target).map(target).collect()
    }

    /// Notes that a word is written. `false` if a byte of it was before.
    #[inline]
    fn mark(&mut self, at: usize) -> bool {
        let mask = (((1_u16 << WORD) - 1) << (at % 8)).to_le_bytes();
        let Some([low, high]) = self.written.get_mut(at / 8..at / 8 + 2) else { return false };
        let is_new = *low & mask[0] == 0 && *high & mask[1] == 0;
        *low |= mask[0];
        *high |= mask[1];
        is_new
    }

    fn is_written(&self, at: usize) -> bool {
        self.written.get(at / 8).is_some_and(|bits| bits >> (at % 8) & 1 == 1)
    }
}
