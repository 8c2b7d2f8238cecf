//! The record of the library itself, in the section that a host reads without loading it, and the
//! record of a `link!`.

use crate::abi::table::ABI;
use crate::portable::const_text::ConstText;
use crate::portable::record::{CATALOGUE_KIND, HEAD, KNOWS_SETTINGS, LIBRARY_KIND, UNIT, head};

/// The record of the library: the ABI's number, the version of plug, the compiler, the panic
/// strategy, and a word that says that plugins may take settings.
/// A host reads the fields that it knows, and skips those that follow.
const LIBRARY_TEXT: ConstText<{ library_text::<0>().len }> = library_text();

const fn library_text<const N: usize>() -> ConstText<N> {
    ConstText::new()
        .push_bytes(&head(LIBRARY_KIND, N.saturating_sub(HEAD)))
        .push_number(ABI)
        .push(UNIT)
        .push(env!("CARGO_PKG_VERSION"))
        .push(UNIT)
        .push(env!("PLUG_COMPILER"))
        .push(UNIT)
        .push(if cfg!(panic = "abort") { "abort" } else { "unwind" })
        .push(UNIT)
        .push(KNOWS_SETTINGS)
}

#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__plug"))]
#[cfg_attr(any(windows, all(unix, not(target_vendor = "apple"))), unsafe(link_section = ".plug"))]
pub(crate) static LIBRARY: [u8; LIBRARY_TEXT.len] = LIBRARY_TEXT.bytes;

/// The fields of the library's record, which are those of any build.
const BUILD: usize = LIBRARY_TEXT.len - HEAD;

/// The record of a `link!`: the text of the catalogue, and the build.
// All fields are bytes, so that there is no padding.
#[repr(C)]
pub struct CatalogueRecord<const TEXT: usize> {
    head: [u8; HEAD],
    text: [u8; TEXT],
    unit: [u8; 1],
    build: [u8; BUILD],
}

impl<const TEXT: usize> CatalogueRecord<TEXT> {
    pub const fn of(text: &str) -> Self {
        let (_, build) = LIBRARY_TEXT.bytes.split_at(HEAD);
        let (Some(copy), Some(build)) = (text.as_bytes().first_chunk(), build.first_chunk()) else {
            panic!("TEXT is the length of the text");
        };
        assert!(text.len() == TEXT);
        let head = head(CATALOGUE_KIND, TEXT + 1 + BUILD);
        Self { head, text: *copy, unit: [UNIT.as_bytes()[0]], build: *build }
    }

    pub const fn text(&self) -> &str {
        match std::str::from_utf8(&self.text) {
            Ok(text) => text,
            Err(_) => panic!("`of` copies the bytes of a text"),
        }
    }
}
