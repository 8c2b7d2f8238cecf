//! What a library says of itself in a section of its file, so that it can be read without running any of it: a record for the
//! library, each portable interface and each plugin.
//!
//! A record is the magic bytes, a letter for its kind, the length of what follows as a little-endian u32, and text in fields between
//! unit separators; each method of an interface begins with a record separator. The linker puts the records one after another, in any
//! order, and may put zeros between them.

use crate::portable::arguments::Types;
use crate::portable::method::Signature;
use crate::portable::proxy::PortableInterface;
use crate::portable::types::Text;

/// How every record begins.
pub(crate) const MAGIC: [u8; 7] = *b"\x7fplug\r\n";
/// With the kind, and the length.
pub(crate) const HEAD: usize = MAGIC.len() + 1 + 4;

pub(crate) const LIBRARY_KIND: u8 = b'L';
pub(crate) const INTERFACE_KIND: u8 = b'I';
pub(crate) const PLUGIN_KIND: u8 = b'P';

/// Between two fields.
pub(crate) const UNIT: &str = "\u{1f}";
/// Before each method.
pub(crate) const METHOD: &str = "\u{1e}";

/// The digits of an interface's number.
pub(crate) const NUMBER: usize = 16;

pub(crate) const fn head(kind: u8, len: usize) -> [u8; HEAD] {
    let [a, b, c, d, e, f, g] = MAGIC;
    assert!(len <= u32::MAX as usize);
    let [w, x, y, z] = (len as u32).to_le_bytes();
    [a, b, c, d, e, f, g, kind, w, x, y, z]
}

/// The record of a portable interface: number, path, version; and of each method its name, whether it has a default body, its
/// signature, and the fingerprint of that.
#[repr(C)]
pub struct InterfaceRecord<const N: usize>([u8; N]);

pub const fn interface_record_len<I: ?Sized + PortableInterface>() -> usize {
    interface_text::<I, 0>().len
}

impl<const N: usize> InterfaceRecord<N> {
    pub const fn of<I: ?Sized + PortableInterface>() -> Self {
        let text = interface_text::<I, N>();
        assert!(text.len == N, "N is the length of the record");
        Self(text.bytes)
    }

    pub const fn bytes(&self) -> &[u8] {
        &self.0
    }
}

const fn interface_text<I: ?Sized + PortableInterface, const N: usize>() -> Text<N> {
    let mut text = Text::<N>::new()
        .push_bytes(&head(INTERFACE_KIND, N.saturating_sub(HEAD)))
        .push_hexadecimal(I::DECLARATION.number() as u128, NUMBER as u32)
        .push(UNIT)
        .push(I::DECLARATION.path)
        .push(UNIT)
        .push(I::DECLARATION.version);
    let mut at = 0;
    while at < I::SIGNATURES.len() {
        let Signature { name, arguments, output, has_default, .. } = &I::SIGNATURES[at];
        text = text.push(METHOD).push(name).push(UNIT).push(if *has_default { "default" } else { "" }).push(UNIT);
        let start = text.len;
        text = text.push("(");
        let mut rest = arguments;
        while let Types(Some((ty, others))) = rest {
            text = text.push_type(ty);
            if let Types(Some(_)) = others {
                text = text.push(", ");
            }
            rest = others;
        }
        text = text.push(") -> ").push_type(output);
        let fingerprint = text.fingerprint(start);
        text = text.push(UNIT).push_hexadecimal(fingerprint, 32);
        at += 1;
    }
    text
}
