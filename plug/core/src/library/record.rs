//! The record of the library itself in the section that is read without loading it.

use crate::abi::table::ABI;
use crate::portable::record::{HEAD, LIBRARY_KIND, UNIT, head};
use crate::portable::types::Text;

/// The record of the library: the number of the ABI, the version of plug, the compiler, and what a panic does.
const LIBRARY_TEXT: Text<{ library_text::<0>().len }> = library_text();

const fn library_text<const N: usize>() -> Text<N> {
    Text::new()
        .push_bytes(&head(LIBRARY_KIND, N.saturating_sub(HEAD)))
        .push_number(ABI)
        .push(UNIT)
        .push(env!("CARGO_PKG_VERSION"))
        .push(UNIT)
        .push(env!("PLUG_COMPILER"))
        .push(UNIT)
        .push(if cfg!(panic = "abort") { "abort" } else { "unwind" })
}

#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__plug"))]
#[cfg_attr(any(windows, all(unix, not(target_vendor = "apple"))), unsafe(link_section = ".plug"))]
pub(crate) static LIBRARY: [u8; LIBRARY_TEXT.len] = LIBRARY_TEXT.bytes;
