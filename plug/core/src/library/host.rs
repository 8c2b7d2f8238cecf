//! The host's half: opens and inspects libraries, diagnoses them, and calls their plugins.
//! These are the steps of an opening: `file` opens the file, `copy` copies it, `image` finds the
//! section with the records, `structure` checks the parts that the loader trusts, `reader` parses
//! the records, `loaded` loads the library, and `object` calls it.

pub(crate) mod copy;
pub(crate) mod file;
pub(crate) mod image;
pub(crate) mod inspection;
pub(crate) mod loaded;
pub(crate) mod loopback;
pub(crate) mod object;
pub(crate) mod open;
pub(crate) mod reader;
pub(crate) mod structure;

/// Reads bytes as a file of a library, for the fuzzer.
pub fn read(bytes: &[u8]) -> bool {
    image::section(bytes, structure::Depth::All).is_ok_and(read_records)
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
    image::section_for(bytes, &host, structure::Depth::All).map(<[u8]>::to_vec)
}

/// Checks a library for this system as before it is loaded, whether it has plugins or not. For the
/// tests.
pub fn check_structure(bytes: &[u8]) -> Result<(), String> {
    image::check_structure(bytes).map_err(|fault| fault.to_string())
}
