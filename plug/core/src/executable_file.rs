//! Reads the headers of an executable file or a shared library: its format, and its processor.
//!
//! The crate `object` parses them from bytes that may be hostile, so this file bounds how much it
//! reads.

use std::cell::Cell;
use std::fmt;
use std::fs::File;
use std::ops::Range;

use object::read::elf::FileHeader;
use object::{Architecture, Endianness, FileKind, Object, ReadCache, ReadCacheOps, ReadRef, elf};

/// The maximum number of bytes that are read of a file.
/// ELF takes some thousand bytes.
/// Mach-O and PE take more, since `object` also reads their symbol tables.
const MAX_READ: u64 = 64 << 20;

/// The number of bytes that are read at once at the start and at the end of a file.
/// Linkers put nearly all headers there.
const BLOCK: u64 = 4096;

/// The bytes of a file, which `object` reads piece by piece.
pub(crate) struct Contents<'f> {
    cache: ReadCache<At<'f>>,
    len: u64,
    /// The number of bytes that may still be read.
    remaining: Cell<u64>,
}

impl<'f> Contents<'f> {
    /// Takes a file of `len` bytes.
    pub(crate) fn new(file: &'f File, len: u64) -> Self {
        Self { cache: ReadCache::new(At { file, len, offset: 0 }), len, remaining: Cell::new(MAX_READ) }
    }

    // A header may claim any size, and refer to one piece many times.
    fn take(&self, size: u64) -> Result<(), ()> {
        self.remaining.set(self.remaining.get().checked_sub(size).ok_or(())?);
        Ok(())
    }
}

impl<'a> ReadRef<'a> for &'a Contents<'_> {
    fn len(self) -> Result<u64, ()> {
        Ok(self.len)
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'a [u8], ()> {
        let end = offset.checked_add(size).ok_or(())?;
        let len = self.len.min(BLOCK);
        for start in [0, self.len - len] {
            if offset >= start && end <= start + len {
                let block = self.cache.read_bytes_at(start, len)?;
                return Ok(&block[(offset - start) as usize..][..size as usize]);
            }
        }
        self.take(size)?;
        self.cache.read_bytes_at(offset, size)
    }

    fn read_bytes_at_until(self, range: Range<u64>, delimiter: u8) -> Result<&'a [u8], ()> {
        // `ReadCache` reads no longer texts.
        self.take(range.end.saturating_sub(range.start).min(4096))?;
        self.cache.read_bytes_at_until(range, delimiter)
    }
}

/// Reads a file at an offset. On Unix the cursor of the file does not move.
struct At<'f> {
    file: &'f File,
    len: u64,
    offset: u64,
}

impl ReadCacheOps for At<'_> {
    fn len(&mut self) -> Result<u64, ()> {
        Ok(self.len)
    }

    fn seek(&mut self, offset: u64) -> Result<u64, ()> {
        self.offset = offset;
        Ok(offset)
    }

    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, ()> {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(self.file, bytes, self.offset);
        #[cfg(not(unix))]
        let read = {
            use std::io::{Read, Seek, SeekFrom};
            let mut file = self.file;
            // By their traits, since `ReadCacheOps` has methods of these names too.
            Seek::seek(&mut file, SeekFrom::Start(self.offset)).and_then(|_| Read::read(&mut file, bytes))
        };
        let len = read.map_err(drop)?;
        self.offset += len as u64;
        Ok(len)
    }

    fn read_exact(&mut self, mut bytes: &mut [u8]) -> Result<(), ()> {
        while !bytes.is_empty() {
            match self.read(bytes)? {
                0 => return Err(()),
                len => bytes = &mut bytes[len..],
            }
        }
        Ok(())
    }
}

/// The kind of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Empty,
    /// An executable file or an object file, in ELF, Mach-O or PE.
    Image(FileKind),
    /// A Mach-O file with a part for each of several processors.
    Universal,
    Text,
    Other(&'static str),
}

impl Sort {
    /// Reads the kind of a file, and returns its first bytes too.
    pub(crate) fn of<'d, R: ReadRef<'d>>(data: R) -> (Self, &'d [u8]) {
        let start = data.read_bytes_at(0, data.len().unwrap_or_default().min(BLOCK)).unwrap_or_default();
        let sort = match FileKind::parse(start) {
            _ if start.is_empty() => Self::Empty,
            Ok(kind @ (FileKind::Elf32 | FileKind::Elf64)) => Self::Image(kind),
            Ok(kind @ (FileKind::MachO32 | FileKind::MachO64 | FileKind::Pe32 | FileKind::Pe64)) => Self::Image(kind),
            // Java class files begin with the same bytes, then a version of 45 or more instead of
            // the number of parts.
            Ok(FileKind::MachOFat32 | FileKind::MachOFat64) if start[4..8] < [0, 0, 0, 45][..] => Self::Universal,
            Ok(FileKind::Coff | FileKind::CoffBig) => Self::Other("an object file"),
            _ => match start {
                [b'!', b'<', b'a', b'r', b'c', b'h', b'>', ..] => Self::Other("an archive, such as an rlib"),
                [b'P', b'K', 3, 4, ..] => Self::Other("an archive of zip's"),
                [0x1f, 0x8b, ..] => Self::Other("something packed with gzip"),
                [0, b'a', b's', b'm', ..] => Self::Other("WebAssembly"),
                _ if is_text(start) => Self::Text,
                _ => Self::Other("a file of an unknown sort"),
            },
        };
        (sort, start)
    }
}

fn is_text(start: &[u8]) -> bool {
    // The last character may be cut in two.
    let is_utf8 = std::str::from_utf8(start).map_or_else(|error| error.error_len().is_none(), |_| true);
    is_utf8 && !start.contains(&0)
}

/// The format of a file and its processor.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub format: &'static str,
    /// The name that std gives the processor.
    pub architecture: String,
    pub is_little: bool,
    pub is_64: bool,
}

impl Target {
    /// The target of this program.
    pub(crate) fn own() -> Self {
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

    /// The target of an ELF file, from its header alone.
    pub(crate) fn of_elf<H: FileHeader<Endian = Endianness>>(header: &H, endian: Endianness) -> Self {
        let is_64 = header.is_class_64();
        let architecture = match (header.e_machine(endian), is_64) {
            (elf::EM_X86_64, true) => "x86_64",
            (elf::EM_X86_64, false) => "x32",
            (elf::EM_386, _) => "x86",
            (elf::EM_AARCH64, _) => "aarch64",
            (elf::EM_ARM, _) => "arm",
            (elf::EM_RISCV, true) => "riscv64",
            (elf::EM_RISCV, false) => "riscv32",
            (elf::EM_LOONGARCH, true) => "loongarch64",
            (elf::EM_LOONGARCH, false) => "loongarch32",
            (elf::EM_PPC, _) => "powerpc",
            (elf::EM_PPC64, _) => "powerpc64",
            (elf::EM_MIPS, true) => "mips64",
            (elf::EM_MIPS, false) => "mips",
            (elf::EM_S390, _) => "s390x",
            (elf::EM_SPARCV9, _) => "sparc64",
            (elf::EM_68K, _) => "m68k",
            (other, _) => &format!("processor {}", other.0),
        };
        let is_little = endian == Endianness::Little;
        Self { format: "ELF", architecture: architecture.to_owned(), is_little, is_64 }
    }

    /// The target of a Mach-O or PE file.
    pub(crate) fn of<'d, R: ReadRef<'d>>(file: &object::File<'d, R>) -> Self {
        let is_mach_o = matches!(file, object::File::MachO32(_) | object::File::MachO64(_));
        let architecture = match file.architecture() {
            Architecture::I386 => "x86".to_owned(),
            Architecture::Unknown => "an unknown processor".to_owned(),
            // `X86_64`, `Aarch64` and `Arm`, which std writes in lower case.
            other => format!("{other:?}").to_ascii_lowercase(),
        };
        let format = if is_mach_o { "Mach-O" } else { "PE" };
        Self { format, architecture, is_little: file.is_little_endian(), is_64: file.is_64() }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { format, architecture, is_little, is_64 } = self;
        let (bits, end) = (if *is_64 { 64 } else { 32 }, if *is_little { "little" } else { "big" });
        write!(f, "{architecture} ({format}, {bits}-bit, {end}-endian)")
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().expect("there is a folder for temporary files");
        file.write_all(bytes).expect("it can be written");
        file
    }

    #[test]
    fn files_are_sorted_by_their_first_bytes() {
        let sort = |bytes: &[u8]| {
            let (sort, start) = Sort::of(bytes);
            assert_eq!(start, &bytes[..bytes.len().min(BLOCK as usize)]);
            assert_eq!(Sort::of(&Contents::new(&file(bytes), bytes.len() as u64)), (sort, start));
            Sort::of(bytes).0
        };
        assert_eq!(sort(b""), Sort::Empty);
        assert_eq!(sort(b"hello"), Sort::Text);
        assert_eq!(sort(&[0xe2, 0x82]), Sort::Text);
        assert_eq!(sort("é".repeat(5000).as_bytes()), Sort::Text);
        assert_eq!(sort(&[7, 0, 255, 1]), Sort::Other("a file of an unknown sort"));
        assert_eq!(sort(b"!<arch>\n/               "), Sort::Other("an archive, such as an rlib"));
        assert_eq!(sort(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0"), Sort::Image(FileKind::Elf64));
        assert_eq!(sort(b"\xca\xfe\xba\xbe\0\0\0\x02\0\0\0\0\0\0\0\0"), Sort::Universal);
        let java = b"\xca\xfe\xba\xbe\0\0\0\x41\0\0\0\0\0\0\0\xff";
        assert_eq!(sort(java), Sort::Other("a file of an unknown sort"));
        assert_eq!(sort(&[&b"\x64\x86"[..], &[0; 30]].concat()), Sort::Other("an object file"));
    }

    #[test]
    fn pieces_are_read_up_to_a_limit() {
        let bytes: Vec<_> = (0..1 << 20).map(|at: u32| (at >> 8) as u8).collect();
        let file = file(&bytes);
        let contents = Contents::new(&file, bytes.len() as u64);
        let data = &contents;
        for (offset, size) in
            [(0, 0), (0, 1), (4000, 96), (4000, 97), (1 << 19, 3), ((1 << 20) - 5000, 5000), ((1 << 20) - 3, 3)]
        {
            assert_eq!(data.read_bytes_at(offset as u64, size as u64), Ok(&bytes[offset..][..size]));
        }
        for (offset, size) in [(1 << 20, 1), ((1 << 20) - 3, 4), (0, u64::MAX), (u64::MAX, 1)] {
            assert_eq!(data.read_bytes_at(offset, size), Err(()));
        }
        let read = (0..200).take_while(|_| data.read_bytes_at(1, 1 << 19).is_ok()).count() as u64;
        assert_eq!(read, MAX_READ / (1 << 19) - 1);
    }

    #[test]
    fn a_file_that_was_cut_is_an_error() {
        let file = file(&[7; 100]);
        let contents = Contents::new(&file, 200);
        assert_eq!((&contents).read_bytes_at(0, 10), Err(()));
    }
}
