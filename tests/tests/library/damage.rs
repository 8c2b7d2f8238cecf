//! Damage in the parts of a library that the system's loader trusts.
//! Each kind is refused by name, and random damage does not end the host.

mod kinds;
mod mutants;

use object::{Object, ObjectSection};

/// The bytes of the library of the tests, and places in it.
struct Original(Vec<u8>);

impl Original {
    fn read() -> Self {
        Self(std::fs::read(plug_tests::shared_library("library-plugin")).unwrap())
    }

    /// The offset and the size of a section in the file, and its address.
    fn section(&self, name: &str) -> (usize, usize, u64) {
        let file = object::File::parse(&*self.0).unwrap();
        let section = file.section_by_name(name).unwrap_or_else(|| panic!("it has a section {name}"));
        let (offset, size) = section.file_range().unwrap();
        (offset as usize, size as usize, section.address())
    }

    /// The offset and the size of the table of segments.
    fn segments(&self) -> (usize, usize) {
        (self.u64(32) as usize, usize::from(self.u16(54)) * usize::from(self.u16(56)))
    }

    fn u16(&self, at: usize) -> u16 {
        u16::from_le_bytes(self.0[at..at + 2].try_into().unwrap())
    }

    fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.0[at..at + 4].try_into().unwrap())
    }

    fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.0[at..at + 8].try_into().unwrap())
    }
}
