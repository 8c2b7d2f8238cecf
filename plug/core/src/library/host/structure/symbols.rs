//! The dynamic symbols: those that a library offers, and those that it needs.

use object::elf;

use crate::library::host::structure::dynamic::{Dynamic, quoted};
use crate::library::host::structure::functions::Functions;
use crate::library::host::structure::layout::{Layout, SYMBOL, WORD, half, number, word};

/// The number of bytes that names of symbols may have in common, beside four times the names.
const MAX_SHARED: usize = 1 << 16;

/// The dynamic symbols of a library.
pub(super) struct Symbols<'d>(Vec<Symbol<'d>>);

/// A dynamic symbol.
#[derive(Debug, Clone, Copy)]
pub(super) struct Symbol<'d> {
    pub name: &'d [u8],
    pub section: elf::SymbolSection,
    kind: elf::SymbolType,
    bind: elf::SymbolBind,
    visibility: elf::SymbolVisibility,
    pub value: u64,
}

impl<'d> Symbol<'d> {
    fn read(bytes: &[u8; SYMBOL], dynamic: &Dynamic<'d>) -> Option<Self> {
        // The order of the fields depends on the size of words.
        let (info, value) = if WORD == 8 { (4, 8) } else { (12, 4) };
        Some(Self {
            name: dynamic.text(number(bytes, 0)?.into())?,
            section: elf::SymbolSection(half(bytes, info + 2)?),
            kind: elf::SymbolType(bytes[info] & 0xf),
            bind: elf::SymbolBind(bytes[info] >> 4),
            visibility: elf::SymbolVisibility(bytes[info + 1] & 3),
            value: word(bytes, value)?,
        })
    }

    pub(super) fn is_undefined(&self) -> bool {
        self.section == elf::SHN_UNDEF
    }

    /// Whether the loader may find it for another library.
    pub(super) fn is_offered(&self) -> bool {
        !self.is_undefined() && self.bind != elf::STB_LOCAL
    }

    fn is_possible(&self, layout: &Layout<'_, '_>) -> bool {
        if self.is_undefined() {
            // The loader takes a local or hidden symbol for one of the library itself.
            return matches!(self.bind, elf::STB_GLOBAL | elf::STB_WEAK) && self.visibility == elf::STV_DEFAULT;
        }
        let (start, end) = layout.memory();
        match self.kind {
            _ if self.section == elf::SHN_ABS => true,
            elf::STT_FUNC | elf::STT_GNU_IFUNC => layout.is_code(self.value),
            // An offset in the variables of a thread.
            elf::STT_TLS => true,
            // A name may stand for the end of all.
            // The number of a section proves nothing: not all programs that move them change it.
            _ => (start..=end).contains(&self.value),
        }
    }
}

impl<'d> Symbols<'d> {
    pub(super) fn read(layout: &Layout<'d, '_>, dynamic: &Dynamic<'d>) -> Result<Self, String> {
        let section = layout.section(elf::SHT_DYNSYM).ok_or("it has no dynamic symbols")?;
        let (symbols, []) = layout.bytes(section)?.as_chunks::<SYMBOL>() else {
            return Err("its last dynamic symbol is cut short".to_owned());
        };
        let mut left = dynamic.strings.len().saturating_mul(4).saturating_add(MAX_SHARED);
        let mut read = Vec::with_capacity(symbols.len());
        for (number, bytes) in symbols.iter().enumerate() {
            let symbol = Symbol::read(bytes, dynamic);
            let symbol = symbol.ok_or_else(|| format!("the name of its dynamic symbol {number} is beyond the last"))?;
            // Many long names in one text would take long to read.
            left = left.checked_sub(symbol.name.len()).ok_or("the names of its dynamic symbols overlap")?;
            read.push(symbol);
        }
        Ok(Self(read))
    }

    /// The number of symbols, with the empty one at the start.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// All symbols, with the empty one at the start.
    pub(super) fn all(&self) -> &[Symbol<'d>] {
        &self.0
    }

    pub(super) fn check(&self, layout: &Layout<'_, '_>) -> Result<(), String> {
        match self.0.iter().skip(1).find(|symbol| !symbol.is_possible(layout)) {
            Some(symbol) => Err(format!("its dynamic symbol {} has an impossible value", quoted(symbol.name))),
            None => Ok(()),
        }
    }

    /// Checks that each function is at the start of one.
    pub(super) fn check_functions(&self, functions: &Functions<'_, '_, '_>) -> Result<(), String> {
        for symbol in &self.0 {
            if symbol.kind == elf::STT_FUNC && !symbol.is_undefined() {
                functions.check(symbol.value, || format!("its dynamic symbol {}", quoted(symbol.name)))?;
            }
        }
        Ok(())
    }
}
