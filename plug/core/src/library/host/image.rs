//! The file of a shared library: whether this system could load it, and the section in which it says what it is. The crate
//! `object` reads the headers; that they tell of no byte which is not there is checked here, since loading such a file kills the process.

use std::fmt;

use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};
use object::{Architecture, Endianness, FileKind, Object, ObjectKind, ObjectSection, ObjectSegment, ReadRef, elf};

use crate::error::library::LibraryFault;

/// How many bytes tell what sort of file it is. With the program headers of ELF, of which there are a dozen, so that one look has both.
pub(super) const START: usize = 1024;

/// How long the section with the records can be, which is all kept. Of a plugin it is some hundred bytes, and its docs.
const MAX_SECTION: u64 = 16 << 20;

/// What a file is for.
#[derive(PartialEq, Eq)]
pub(super) struct Target {
    pub format: &'static str,
    /// As std has it.
    pub architecture: String,
    pub is_little: bool,
    pub is_64: bool,
}

impl Target {
    fn own() -> Self {
        let format = match (cfg!(windows), cfg!(target_vendor = "apple")) {
            (true, _) => "PE",
            (_, true) => "Mach-O",
            _ => "ELF",
        };
        let is_64 = cfg!(target_pointer_width = "64");
        let architecture = match (std::env::consts::ARCH, is_64) {
            ("x86_64", false) => "x32",
            (own, _) => own,
        };
        Self { format, architecture: architecture.to_owned(), is_little: cfg!(target_endian = "little"), is_64 }
    }

    fn check(&self, target: Self) -> Result<(), LibraryFault> {
        if target == *self {
            return Ok(());
        }
        Err(LibraryFault::WrongTarget { target: target.to_string(), host: self.to_string() })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { format, architecture, is_little, is_64 } = self;
        let (bits, end) = (if *is_64 { 64 } else { 32 }, if *is_little { "little" } else { "big" });
        write!(f, "{architecture} ({format}, {bits}-bit, {end}-endian)")
    }
}

/// Refuses a file that does not begin as one of a shared library would, on whatever system.
pub(super) fn check_start(start: &[u8]) -> Result<FileKind, LibraryFault> {
    if start.is_empty() {
        return Err(LibraryFault::Empty);
    }
    match FileKind::parse(start) {
        Ok(kind @ (FileKind::Elf32 | FileKind::Elf64)) => Ok(kind),
        Ok(kind @ (FileKind::MachO32 | FileKind::MachO64 | FileKind::Pe32 | FileKind::Pe64)) => Ok(kind),
        Ok(other) => Err(LibraryFault::NotALibrary { what: described(other).to_owned() }),
        Err(_) => Err(LibraryFault::NotALibrary { what: unknown(start) }),
    }
}

/// The bytes of the section with the records.
pub(super) fn section<'d, R: ReadRef<'d>>(bytes: R) -> Result<&'d [u8], LibraryFault> {
    section_for(bytes, &Target::own())
}

/// The same of a file for a system that need not be this one.
pub(super) fn section_for<'d, R: ReadRef<'d>>(bytes: R, host: &Target) -> Result<&'d [u8], LibraryFault> {
    let len = bytes.len().unwrap_or_default();
    let start = bytes.read_bytes_at(0, len.min(START as u64)).unwrap_or_default();
    match check_start(start)? {
        FileKind::Elf32 => section_of_elf::<elf::FileHeader32<Endianness>, R>(bytes, len, host),
        FileKind::Elf64 => section_of_elf::<elf::FileHeader64<Endianness>, R>(bytes, len, host),
        _ => section_of_another(bytes, len, host),
    }
}

fn damaged(error: object::Error) -> LibraryFault {
    LibraryFault::Damaged { what: error.to_string() }
}

/// By the headers alone: the crate's view of a whole file reads the tables of symbols too, which takes as long as all else.
fn section_of_elf<'d, H, R>(bytes: R, len: u64, host: &Target) -> Result<&'d [u8], LibraryFault>
where
    H: FileHeader<Endian = Endianness>,
    R: ReadRef<'d>,
{
    check_end(len, 0, size_of::<H>() as u64)?;
    let header = H::parse(bytes).map_err(damaged)?;
    let endian = header.endian().map_err(damaged)?;
    // Whether all that the headers tell of is there, before anything else is read: a file that was cut is to be called that.
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
    let architecture = match (header.e_machine(endian), header.is_class_64()) {
        (elf::EM_X86_64, true) => "x86_64".to_owned(),
        (elf::EM_X86_64, false) => "x32".to_owned(),
        (elf::EM_386, _) => "x86".to_owned(),
        (elf::EM_AARCH64, _) => "aarch64".to_owned(),
        (elf::EM_ARM, _) => "arm".to_owned(),
        (elf::EM_RISCV, is_64) => (if is_64 { "riscv64" } else { "riscv32" }).to_owned(),
        (elf::EM_LOONGARCH, is_64) => (if is_64 { "loongarch64" } else { "loongarch32" }).to_owned(),
        (elf::EM_PPC, _) => "powerpc".to_owned(),
        (elf::EM_PPC64, _) => "powerpc64".to_owned(),
        (elf::EM_MIPS, is_64) => (if is_64 { "mips64" } else { "mips" }).to_owned(),
        (elf::EM_S390, _) => "s390x".to_owned(),
        (elf::EM_SPARCV9, _) => "sparc64".to_owned(),
        (elf::EM_68K, _) => "m68k".to_owned(),
        (other, _) => format!("processor {}", other.0),
    };
    host.check(Target {
        format: "ELF",
        architecture,
        is_little: endian == Endianness::Little,
        is_64: header.is_class_64(),
    })?;
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
    section.data(endian, bytes).map_err(damaged)
}

/// A file of Mach-O or PE.
fn section_of_another<'d, R: ReadRef<'d>>(bytes: R, len: u64, host: &Target) -> Result<&'d [u8], LibraryFault> {
    let file = object::File::parse(bytes).map_err(damaged)?;
    let ranges = file.segments().map(|segment| Some(segment.file_range()));
    for (start, size) in ranges.chain(file.sections().map(|section| section.file_range())).flatten() {
        check_end(len, start, size)?;
    }
    let architecture = match file.architecture() {
        Architecture::I386 => "x86".to_owned(),
        // `X86_64`, `Aarch64` and `Arm`, as std has them but for the case.
        other => format!("{other:?}").to_ascii_lowercase(),
    };
    let format = if matches!(file, object::File::MachO32(_) | object::File::MachO64(_)) { "Mach-O" } else { "PE" };
    host.check(Target { format, architecture, is_little: file.is_little_endian(), is_64: file.is_64() })?;
    if file.kind() != ObjectKind::Dynamic {
        return Err(LibraryFault::NotALibrary { what: "a program or an object file".to_owned() });
    }
    let section = file.section_by_name(".plug").ok_or(LibraryFault::NoPlugins)?;
    check_size(section.size())?;
    section.data().map_err(damaged)
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

fn unknown(start: &[u8]) -> String {
    let is_text = match std::str::from_utf8(start) {
        Ok(_) => true,
        // A character may be cut in two.
        Err(error) => error.error_len().is_none(),
    };
    let is_text = is_text && !start.contains(&0);
    if start.starts_with(b"!<arch>\n") {
        return "an archive, such as an rlib".to_owned();
    }
    (if is_text { "a text" } else { "a file of an unknown sort" }).to_owned()
}

fn described(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Coff | FileKind::CoffBig => "an object file",
        FileKind::MachOFat32 | FileKind::MachOFat64 => {
            "a universal binary, of which the part for one processor is wanted"
        }
        _ => "a file of another sort",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_library_is_called_what_it_is() {
        let what = |bytes: &[u8]| match section(bytes) {
            Err(LibraryFault::NotALibrary { what }) => what,
            other => panic!("{other:?}"),
        };
        assert!(matches!(section(&[][..]), Err(LibraryFault::Empty)));
        assert_eq!(what(b"hello"), "a text");
        assert_eq!(what(&[0xe2, 0x82]), "a text");
        assert_eq!(what(&[7, 0, 255, 1]), "a file of an unknown sort");
        assert_eq!(what(b"!<arch>\n/               "), "an archive, such as an rlib");
    }

    #[test]
    fn a_header_alone_is_cut_short() {
        let header = [&b"\x7fELF\x02\x01\x01\0"[..], &[0; 8]].concat();
        assert!(
            matches!(section(&header[..]), Err(LibraryFault::CutShort { len: 16, declared: 64 })),
            "{:?}",
            section(&header[..])
        );
    }
}
