//! Checks whether this system could load a shared library's file, and finds the section with its
//! records.
//!
//! It checks that the headers claim no byte beyond the end, which `object` does not: loading such a
//! file kills the process.

use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};
use object::{Endianness, FileKind, Object, ObjectKind, ObjectSection, ObjectSegment, ReadRef, elf};

use crate::error::library::LibraryFault;
use crate::executable_file::{Sort, Target};
use crate::library::host::structure;
use crate::library::host::structure::Depth;

/// The maximum length of the section with the records, in bytes, which is kept in memory.
/// For a plugin it is some hundred bytes, and its docs.
const MAX_SECTION: u64 = 16 << 20;

/// Refuses a file that does not begin like a shared library of some system.
pub(super) fn kind<'d, R: ReadRef<'d>>(bytes: R) -> Result<FileKind, LibraryFault> {
    let what = match Sort::of(bytes).0 {
        Sort::Image(kind) => return Ok(kind),
        Sort::Empty => return Err(LibraryFault::Empty),
        Sort::Universal => "a universal binary, of which the part for one processor is wanted",
        Sort::Text => "a text",
        Sort::Other(what) => what,
    };
    Err(LibraryFault::NotALibrary { what: what.to_owned() })
}

/// The bytes of the section with the records.
pub(super) fn section<'d, R: ReadRef<'d>>(bytes: R, depth: Depth) -> Result<&'d [u8], LibraryFault> {
    section_for(bytes, &Target::own(), depth)
}

/// The same for a file of another system.
pub(super) fn section_for<'d, R: ReadRef<'d>>(bytes: R, host: &Target, depth: Depth) -> Result<&'d [u8], LibraryFault> {
    let len = bytes.len().unwrap_or_default();
    match kind(bytes)? {
        FileKind::Elf32 => section_of_elf::<elf::FileHeader32<Endianness>, R>(bytes, len, host, depth),
        FileKind::Elf64 => section_of_elf::<elf::FileHeader64<Endianness>, R>(bytes, len, host, depth),
        _ => section_of_another(bytes, len, host),
    }
}

fn damaged(error: object::Error) -> LibraryFault {
    LibraryFault::Damaged { what: error.to_string() }
}

/// Reads the headers alone. `object::File` also reads the symbol tables, which takes as long as the
/// rest.
fn section_of_elf<'d, H, R>(bytes: R, len: u64, host: &Target, depth: Depth) -> Result<&'d [u8], LibraryFault>
where
    H: FileHeader<Endian = Endianness>,
    R: ReadRef<'d>,
{
    check_end(len, 0, size_of::<H>() as u64)?;
    let header = H::parse(bytes).map_err(damaged)?;
    let endian = header.endian().map_err(damaged)?;
    // Checked first, so that a file that was cut is reported as cut.
    let (start, entry): (u64, u64) = (header.e_phoff(endian).into(), header.e_phentsize(endian).into());
    check_end(len, start, u64::from(header.e_phnum(endian)) * entry)?;
    let (start, entry): (u64, u64) = (header.e_shoff(endian).into(), header.e_shentsize(endian).into());
    check_end(len, start, u64::from(header.e_shnum(endian)) * entry)?;
    let segments = header.program_headers(endian, bytes).map_err(damaged)?;
    for segment in segments {
        check_end(len, segment.p_offset(endian).into(), segment.p_filesz(endian).into())?;
    }
    let sections = header.section_headers(endian, bytes).map_err(damaged)?;
    for (start, size) in sections.iter().filter_map(|section| section.file_range(endian)) {
        check_end(len, start, size)?;
    }
    check_target(host, &Target::of_elf(header, endian))?;
    if header.e_type(endian) != elf::ET_DYN {
        return Err(LibraryFault::NotALibrary { what: "a program or an object file".to_owned() });
    }
    if segments.iter().any(|segment| segment.p_type(endian) == elf::PT_INTERP) {
        return Err(LibraryFault::NotALibrary { what: "a program".to_owned() });
    }
    let names = header.shstrndx(endian, bytes).ok().and_then(|names| sections.get(names as usize));
    let names = names.ok_or(LibraryFault::NoPlugins)?.data(endian, bytes).map_err(damaged)?;
    let name_of = |section: &&H::SectionHeader| {
        let name = names.get(section.sh_name(endian) as usize..).unwrap_or_default();
        name.starts_with(b".plug\0")
    };
    let section = sections.iter().find(name_of).ok_or(LibraryFault::NoPlugins)?;
    check_size(section.sh_size(endian).into())?;
    let section = section.data(endian, bytes).map_err(damaged)?;
    structure::check(header, segments, sections.iter().as_slice(), names, depth, &|offset, size| {
        bytes.read_bytes_at(offset, size).ok()
    })
    .map_err(|what| LibraryFault::Damaged { what })?;
    Ok(section)
}

/// Checks an ELF file as `section` does, without its records. For the tests.
pub(super) fn check_structure(bytes: &[u8]) -> Result<(), LibraryFault> {
    let header = elf::FileHeader64::<Endianness>::parse(bytes).map_err(damaged)?;
    let endian = header.endian().map_err(damaged)?;
    let segments = header.program_headers(endian, bytes).map_err(damaged)?;
    let sections = header.section_headers(endian, bytes).map_err(damaged)?;
    let names = header.shstrndx(endian, bytes).map_err(damaged)?;
    let names = sections.get(names as usize).ok_or(LibraryFault::NoPlugins)?.data(endian, bytes).map_err(damaged)?;
    let read = |offset, size| bytes.read_bytes_at(offset, size).ok();
    structure::check(header, segments, sections, names, Depth::All, &read)
        .map_err(|what| LibraryFault::Damaged { what })
}

/// The section of a Mach-O or PE file.
fn section_of_another<'d, R: ReadRef<'d>>(bytes: R, len: u64, host: &Target) -> Result<&'d [u8], LibraryFault> {
    let file = object::File::parse(bytes).map_err(damaged)?;
    let ranges = file.segments().map(|segment| Some(segment.file_range()));
    for (start, size) in ranges.chain(file.sections().map(|section| section.file_range())).flatten() {
        check_end(len, start, size)?;
    }
    check_target(host, &Target::of(&file))?;
    if file.kind() != ObjectKind::Dynamic {
        return Err(LibraryFault::NotALibrary { what: "a program or an object file".to_owned() });
    }
    let section = file.section_by_name(".plug").ok_or(LibraryFault::NoPlugins)?;
    check_size(section.size())?;
    section.data().map_err(damaged)
}

fn check_target(host: &Target, target: &Target) -> Result<(), LibraryFault> {
    if target == host {
        return Ok(());
    }
    Err(LibraryFault::WrongTarget { target: target.to_string(), host: host.to_string() })
}

fn check_end(len: u64, offset: u64, size: u64) -> Result<(), LibraryFault> {
    let declared = offset.saturating_add(size);
    if declared > len { Err(LibraryFault::CutShort { len, declared }) } else { Ok(()) }
}

fn check_size(size: u64) -> Result<(), LibraryFault> {
    if size > MAX_SECTION {
        let what = format!("its section `.plug` has {size} bytes, and {MAX_SECTION} are the most");
        return Err(LibraryFault::Damaged { what });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_library_is_called_what_it_is() {
        let what = |bytes: &[u8]| match section(bytes, Depth::All) {
            Err(LibraryFault::NotALibrary { what }) => what,
            other => panic!("{other:?}"),
        };
        assert!(matches!(section(&[][..], Depth::All), Err(LibraryFault::Empty)));
        assert_eq!(what(b"hello"), "a text");
        assert_eq!(what(&[7, 0, 255, 1]), "a file of an unknown sort");
        assert_eq!(what(b"!<arch>\n/               "), "an archive, such as an rlib");
    }

    #[test]
    fn a_header_alone_is_cut_short() {
        let header = [&b"\x7fELF\x02\x01\x01\0"[..], &[0; 8]].concat();
        assert!(
            matches!(section(&header[..], Depth::All), Err(LibraryFault::CutShort { len: 16, declared: 64 })),
            "{:?}",
            section(&header[..], Depth::All)
        );
    }
}
