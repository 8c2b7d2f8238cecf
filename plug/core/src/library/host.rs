//! The host's half: opens libraries, says what is in them and what is wrong with them, and calls what they hold. In the order of an opening:
//! `file` and `image` look at the file, `reader` reads what it says, `matching` compares it with this program, `copy` makes what is loaded,
//! `loaded` loads it, and `remote` calls it.

pub(crate) mod copy;
pub(crate) mod file;
pub(crate) mod image;
pub(crate) mod inspection;
pub(crate) mod loaded;
pub(crate) mod loopback;
pub(crate) mod object;
pub(crate) mod open;
pub(crate) mod reader;

/// Reads bytes as a file of a library, for the fuzzer.
pub fn read(bytes: &[u8]) -> bool {
    image::section(bytes).is_ok_and(read_records)
}

/// Reads bytes as the section of a library that has its records, for the fuzzer.
pub fn read_records(bytes: &[u8]) -> bool {
    reader::Records::read(bytes).is_ok()
}

/// The section of a library for another 64-bit system, for the tests.
pub fn section_for(
    bytes: &[u8],
    format: &'static str,
    architecture: &str,
) -> Result<Vec<u8>, crate::error::library::LibraryFault> {
    let host =
        crate::executable_file::Target { format, architecture: architecture.to_owned(), is_little: true, is_64: true };
    image::section_for(bytes, &host).map(<[u8]>::to_vec)
}
