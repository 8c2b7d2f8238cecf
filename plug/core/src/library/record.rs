//! The record of the library itself, in the section that a host reads without loading it.

use crate::abi::table::ABI;
use crate::portable::const_text::ConstText;
use crate::portable::record::{HEAD, KNOWS_SETTINGS, LIBRARY_KIND, UNIT, head};

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
