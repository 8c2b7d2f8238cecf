//! Checks the parts of an ELF library that the system's loader reads and trusts.
//!
//! The loader of glibc follows most offsets, counts and indices of a file without a check, so a
//! damaged one makes it crash, or end the process itself.
//! The table of sections, which the loader never reads, states most of them a second time.
//!
//! Damage in code and in plain data cannot be found this way.

mod dynamic;
mod functions;
mod hashes;
mod layout;
mod relocations;
mod symbols;
mod versions;

use object::read::elf::FileHeader;
use object::{Endian, elf};

use crate::library::host::structure::dynamic::Dynamic;
use crate::library::host::structure::functions::Functions;
use crate::library::host::structure::layout::Layout;
use crate::library::host::structure::symbols::Symbols;

/// The parts that are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// The segments and sections, which takes no time.
    Segments,
    /// Also all tables, which takes longer in a process that just started than the loader does.
    All,
}

/// Checks a library with these segments and sections.
/// `names` are the names of the sections, and `read` returns the bytes at an offset, of a size.
/// An error is the reason why the library is damaged.
/// It checks no library for another processor, which is never loaded.
pub(super) fn check<'d, H: FileHeader>(
    header: &H,
    segments: &[H::ProgramHeader],
    sections: &[H::SectionHeader],
    names: &'d [u8],
    depth: Depth,
    read: &dyn Fn(u64, u64) -> Option<&'d [u8]>,
) -> Result<(), String> {
    let Ok(endian) = header.endian() else { return Ok(()) };
    let (is_64, is_little) = (cfg!(target_pointer_width = "64"), cfg!(target_endian = "little"));
    if (header.is_type_64(), endian.is_little_endian()) != (is_64, is_little) {
        return Ok(());
    }
    let layout = Layout::read::<H>(endian, segments, sections, names, read);
    layout.check(header.e_phoff(endian).into())?;
    let machine = header.e_machine(endian);
    // On PowerPC, the address of a function can be that of a descriptor among the data.
    if depth == Depth::Segments || machine == elf::EM_PPC64 {
        return Ok(());
    }
    let dynamic = Dynamic::read(&layout)?;
    dynamic.check(&layout)?;
    let symbols = Symbols::read(&layout, &dynamic)?;
    symbols.check(&layout)?;
    hashes::check(&layout, &symbols, machine)?;
    versions::check(&layout, &dynamic, &symbols)?;
    // Their addresses of functions have a bit for the mode of the processor.
    let is_plain = !matches!(machine, elf::EM_ARM | elf::EM_MIPS);
    let mut functions = Functions::read(&layout, is_plain)?;
    dynamic.check_functions(&layout, &functions)?;
    symbols.check_functions(&functions)?;
    relocations::check(&layout, &dynamic, &symbols, &mut functions, machine)?;
    functions.check_pointers()
}
