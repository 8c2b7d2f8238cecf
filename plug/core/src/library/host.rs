//! The host's half: opens libraries, says what is in them and what is wrong with them, and calls what they hold. In the order of an opening:
//! `file` and `image` look at the file, `reader` reads what it says, `matching` compares it with this program, `copy` makes what is loaded,
//! `loaded` loads it, and `remote` calls it.

mod copy;
mod file;
mod image;
mod inspection;
mod loaded;
mod loopback;
mod open;
mod reader;
#[doc(hidden)]
mod remote;

pub use inspection::{InspectedInterface, InspectedMethod, Inspection};
pub use loopback::Loopback;
pub use open::{Library, LibraryOptions, open_by_folder};
pub use remote::InLibrary;

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
) -> Result<Vec<u8>, crate::link::LibraryFault> {
    let host =
        crate::executable_file::Target { format, architecture: architecture.to_owned(), is_little: true, is_64: true };
    image::section_for(bytes, &host).map(<[u8]>::to_vec)
}
