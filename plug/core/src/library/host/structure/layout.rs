//! The segments and sections of a library, and whether they agree on the place of each part.

use object::elf;
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};

use crate::escape;

/// The maximum number of segments. Linkers make about a dozen.
const MAX_SEGMENTS: usize = 256;

/// The maximum number of sections. Linkers make about thirty.
const MAX_SECTIONS: usize = 1 << 16;

/// The smallest page of memory. The loader makes whole pages read-only.
const PAGE: u64 = 4096;

/// The size of an address, in bytes. The library is for this program's processor.
pub(super) const WORD: usize = size_of::<usize>();

/// The size of a symbol, in bytes.
pub(super) const SYMBOL: usize = 8 + 2 * WORD;

/// The address or number of this size at a place.
#[inline]
pub(super) fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(usize::from_ne_bytes(*bytes.get(at..)?.first_chunk()?) as u64)
}

/// The number of 32 bits at a place.
#[inline]
pub(super) fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The number of 16 bits at a place.
pub(super) fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// A segment: a part of the file that the loader uses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    pub kind: elf::ProgramType,
    is_readable: bool,
    pub is_writable: bool,
    pub is_executable: bool,
    pub offset: u64,
    pub address: u64,
    /// Its bytes in the file.
    pub file_size: u64,
    /// Its bytes in memory.
    pub size: u64,
    pub align: u64,
}

/// A section: a part of the file that a linker made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Section<'d> {
    /// Its name, a zero, and the names behind it. A file can have many long ones, so none is
    /// measured before it is needed.
    names: &'d [u8],
    pub kind: elf::SectionType,
    flags: elf::SectionFlags,
    pub offset: u64,
    pub address: u64,
    pub size: u64,
    pub link: u32,
    pub info: u32,
}

/// The segments and sections of a library.
pub(super) struct Layout<'d, 'r> {
    segments: Vec<Segment>,
    sections: Vec<Section<'d>>,
    /// The starts and ends of code.
    code: Vec<(u64, u64)>,
    read: &'r dyn Fn(u64, u64) -> Option<&'d [u8]>,
}

impl Segment {
    /// Whether this range of addresses is in it.
    pub(super) fn holds(&self, address: u64, size: u64) -> bool {
        address >= self.address && is_within(address - self.address, size, self.size)
    }

    /// Whether this range of addresses is in it, with bytes from the file.
    #[inline]
    pub(super) fn has_bytes(&self, address: u64, size: u64) -> bool {
        address >= self.address && is_within(address - self.address, size, self.file_size)
    }

    /// The offset in the file of an address in it.
    fn offset_of(&self, address: u64) -> u64 {
        self.offset.wrapping_add(address.wrapping_sub(self.address))
    }
}

#[inline]
fn is_within(start: u64, size: u64, whole: u64) -> bool {
    start.checked_add(size).is_some_and(|end| end <= whole)
}

impl Section<'_> {
    /// Its name for a message.
    pub(super) fn title(&self) -> String {
        let name = self.names.split(|byte| *byte == 0).next().unwrap_or_default();
        format!("section `{}`", escape::short(&String::from_utf8_lossy(name)))
    }

    fn has(&self, flag: elf::SectionFlags) -> bool {
        self.flags.contains(flag)
    }

    /// Whether it is in memory.
    pub(super) fn is_loaded(&self) -> bool {
        self.size > 0 && self.has(elf::SHF_ALLOC)
    }

    fn end(&self) -> u64 {
        self.address.saturating_add(self.size)
    }
}

impl<'d, 'r> Layout<'d, 'r> {
    pub(super) fn read<H: FileHeader>(
        endian: H::Endian,
        segments: &[H::ProgramHeader],
        sections: &[H::SectionHeader],
        names: &'d [u8],
        read: &'r dyn Fn(u64, u64) -> Option<&'d [u8]>,
    ) -> Self {
        let segment = |segment: &H::ProgramHeader| Segment {
            kind: segment.p_type(endian),
            is_readable: segment.p_flags(endian).contains(elf::PF_R),
            is_writable: segment.p_flags(endian).contains(elf::PF_W),
            is_executable: segment.p_flags(endian).contains(elf::PF_X),
            offset: segment.p_offset(endian).into(),
            address: segment.p_vaddr(endian).into(),
            file_size: segment.p_filesz(endian).into(),
            size: segment.p_memsz(endian).into(),
            align: segment.p_align(endian).into(),
        };
        let section = |section: &H::SectionHeader| Section {
            names: names.get(section.sh_name(endian) as usize..).unwrap_or_default(),
            kind: section.sh_type(endian),
            flags: section.sh_flags(endian),
            offset: section.sh_offset(endian).into(),
            address: section.sh_addr(endian).into(),
            size: section.sh_size(endian).into(),
            link: section.sh_link(endian),
            info: section.sh_info(endian),
        };
        let segments: Vec<_> = segments.iter().map(segment).collect();
        let is_code = |segment: &&Segment| segment.kind == elf::PT_LOAD && segment.is_executable;
        let range = |segment: &Segment| (segment.address, segment.address.saturating_add(segment.file_size));
        Self {
            code: segments.iter().filter(is_code).map(range).collect(),
            segments,
            sections: sections.iter().map(section).collect(),
            read,
        }
    }

    /// The addresses from the start of the first loaded segment to the end of the last one.
    pub(super) fn memory(&self) -> (u64, u64) {
        let start = self.loads().next().map_or(0, |load| load.address);
        (start, self.loads().last().map_or(0, |load| load.address.saturating_add(load.size)))
    }

    /// The segments that are loaded, in the order of their addresses.
    pub(super) fn loads(&self) -> impl Iterator<Item = &Segment> {
        self.of_kind(elf::PT_LOAD)
    }

    fn of_kind(&self, kind: elf::ProgramType) -> impl Iterator<Item = &Segment> {
        self.segments.iter().filter(move |segment| segment.kind == kind)
    }

    pub(super) fn segment(&self, kind: elf::ProgramType) -> Option<&Segment> {
        self.of_kind(kind).next()
    }

    pub(super) fn sections(&self) -> &[Section<'d>] {
        &self.sections
    }

    /// The section of this kind, if it is in memory.
    pub(super) fn section(&self, kind: elf::SectionType) -> Option<&Section<'d>> {
        self.sections.iter().find(|section| section.kind == kind && section.is_loaded())
    }

    /// The section of this name, if it is in memory.
    pub(super) fn named(&self, name: &[u8]) -> Option<&Section<'d>> {
        let is_called = |rest: &[u8]| rest.strip_prefix(name).is_some_and(|rest| rest.first() == Some(&0));
        self.sections.iter().find(|section| is_called(section.names) && section.is_loaded())
    }

    /// Whether there is code at this address.
    #[inline]
    pub(super) fn is_code(&self, address: u64) -> bool {
        self.code.iter().any(|(start, end)| (*start..*end).contains(&address))
    }

    /// The bytes of a section.
    pub(super) fn bytes(&self, section: &Section<'_>) -> Result<&'d [u8], String> {
        (self.read)(section.offset, section.size).ok_or_else(|| format!("its {} cannot be read", section.title()))
    }

    /// The bytes of a segment.
    pub(super) fn bytes_of(&self, segment: &Segment) -> Result<&'d [u8], String> {
        (self.read)(segment.offset, segment.file_size).ok_or_else(|| "a segment cannot be read".to_owned())
    }

    /// The bytes at an address in memory, if the file has them.
    pub(super) fn bytes_at(&self, address: u64, size: u64) -> Option<&'d [u8]> {
        let load = self.loads().find(|load| load.has_bytes(address, size))?;
        (self.read)(load.offset_of(address), size)
    }

    /// Checks that segments and sections agree. The program headers begin at this offset.
    pub(super) fn check(&self, headers: u64) -> Result<(), String> {
        if self.segments.len() > MAX_SEGMENTS {
            return Err(format!("it has {} segments, and {MAX_SEGMENTS} are the most", self.segments.len()));
        }
        if self.sections.len() > MAX_SECTIONS {
            return Err(format!("it has {} sections, and {MAX_SECTIONS} are the most", self.sections.len()));
        }
        self.check_loads()?;
        for segment in &self.segments {
            self.check_segment(segment, headers)?;
        }
        for section in self.sections.iter().filter(|section| section.is_loaded()) {
            self.check_section(section).map_err(|what| format!("its {} {what}", section.title()))?;
        }
        self.check_thread_locals()?;
        self.check_read_only()
    }

    fn check_loads(&self) -> Result<(), String> {
        let mut end = None;
        for load in self.loads() {
            let next = load.address.checked_add(load.size).filter(|_| load.file_size <= load.size);
            let next = next.ok_or("a segment is longer in the file than in memory")?;
            // Code may be for execution alone.
            if !(load.is_readable || load.is_executable) {
                return Err("a segment cannot be read where it is loaded".to_owned());
            }
            if !(load.align == 0 || load.align.is_power_of_two() && is_congruent(load)) {
                return Err("a segment is not aligned as it claims".to_owned());
            }
            if end.is_some_and(|end| load.address < end) {
                return Err("its segments overlap in memory, or are out of order".to_owned());
            }
            end = Some(next);
        }
        end.map(drop).ok_or_else(|| "no segment of it is loaded".to_owned())
    }

    /// Checks that a segment within a loaded one is at one place in the file and in memory.
    fn check_segment(&self, segment: &Segment, headers: u64) -> Result<(), String> {
        let what = match segment.kind {
            elf::PT_DYNAMIC => "its dynamic section",
            elf::PT_PHDR if segment.offset != headers => {
                return Err("the segment of its program headers is at another place than they are".to_owned());
            }
            elf::PT_PHDR => "the segment of its program headers",
            elf::PT_TLS => "the segment of its thread-local variables",
            elf::PT_NOTE | elf::PT_GNU_PROPERTY => "a segment of its notes",
            elf::PT_GNU_EH_FRAME => "the segment of its table for unwinding",
            _ => return Ok(()),
        };
        let (address, size) = (segment.address, segment.file_size);
        let mut loads = self.loads();
        // Thread-local variables without initial values may be in no loaded segment.
        let is_loaded =
            size == 0 || loads.any(|load| load.has_bytes(address, size) && load.offset_of(address) == segment.offset);
        let is_whole = match segment.kind {
            elf::PT_TLS => size <= segment.size,
            _ => size == segment.size,
        };
        if is_loaded && is_whole { Ok(()) } else { Err(format!("{what} is not where it is loaded")) }
    }

    /// Checks that a section is in a loaded segment, with the rights that it needs.
    fn check_section(&self, section: &Section<'_>) -> Result<(), &'static str> {
        let (address, size) = (section.address, section.size);
        let is_zeroed = section.kind == elf::SHT_NOBITS;
        if section.has(elf::SHF_TLS) && is_zeroed {
            // It has a place in each thread, and none in the library's memory.
            return Ok(());
        }
        let load = self.loads().find(|load| load.holds(address, size)).ok_or("is in no segment that is loaded")?;
        if is_zeroed && address - load.address < load.file_size {
            return Err("must be zeros, and is bytes of the file");
        }
        let is_in_file = load.has_bytes(address, size) && load.offset_of(address) == section.offset;
        if !(is_zeroed || is_in_file) {
            return Err("is at another place of the file than its segment says");
        }
        if section.has(elf::SHF_EXECINSTR) && !load.is_executable {
            return Err("is code, and its segment is not executable");
        }
        if section.has(elf::SHF_WRITE) && !load.is_writable {
            return Err("is writable, and its segment is not");
        }
        Ok(())
    }

    /// Checks that the thread-local variables are those of the sections.
    fn check_thread_locals(&self) -> Result<(), String> {
        let mut sections = self.sections.iter().filter(|section| section.has(elf::SHF_TLS) && section.is_loaded());
        let segment = self.segment(elf::PT_TLS).filter(|segment| segment.size > 0);
        let is_same = match (segment, sections.next()) {
            (None, None) => true,
            (Some(segment), Some(first)) => {
                let end = sections.map(Section::end).fold(first.end(), u64::max);
                let (align, size) = (segment.align.max(1), end.saturating_sub(segment.address));
                // Some linkers round the size up.
                align.is_power_of_two()
                    && is_congruent(segment)
                    && first.address == segment.address
                    && segment.size >= size
                    && segment.size - size < align
            }
            _ => false,
        };
        if is_same {
            Ok(())
        } else {
            Err("the segment of its thread-local variables is not that of their sections".to_owned())
        }
    }

    /// Checks that data stays writable.
    fn check_read_only(&self) -> Result<(), String> {
        let Some(segment) = self.segment(elf::PT_GNU_RELRO).filter(|segment| segment.size > 0) else { return Ok(()) };
        let is_start = self.loads().any(|load| load.is_writable && load.address == segment.address);
        // The loader leaves the last page out if it is not whole.
        let end = segment.address.checked_add(segment.size).map(|end| end & !(PAGE - 1));
        let data = [b".data", &b".bss"[..]].into_iter().filter_map(|name| self.named(name));
        let is_free = |end: u64| data.into_iter().all(|data| data.address >= end || data.end() <= segment.address);
        if is_start && end.is_some_and(is_free) {
            return Ok(());
        }
        Err("the segment of its data that becomes read-only has other data".to_owned())
    }
}

/// Whether the offset and the address of a segment are at the same place of a page.
fn is_congruent(segment: &Segment) -> bool {
    segment.address.wrapping_sub(segment.offset) & (segment.align.max(1) - 1) == 0
}
