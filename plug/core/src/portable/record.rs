//! The records in a section of a library's file, which a host reads without running the library:
//! one for the library, one for each portable interface, one for each plugin, and one more for each
//! plugin that takes settings.
//!
//! A record consists of the magic bytes, a letter for its kind, the length of the rest as a
//! little-endian u32, and text in fields with unit separators between them.
//! Each method of an interface begins with a record separator.
//! The linker concatenates the records in any order, and may put zeros between them.

use crate::portable::circle::NamedTypes;
use crate::portable::const_text::ConstText;
use crate::portable::method::PortableInterface;
use crate::portable::signature::Signature;
use crate::portable::signature::Types;

/// The first bytes of every record.
pub(crate) const MAGIC: [u8; 7] = *b"\x7fplug\r\n";
/// The length of a head: the magic bytes, the kind and the length of the text.
pub(crate) const HEAD: usize = MAGIC.len() + 1 + 4;

pub(crate) const LIBRARY_KIND: u8 = b'L';
pub(crate) const INTERFACE_KIND: u8 = b'I';
pub(crate) const PLUGIN_KIND: u8 = b'P';
/// Follows the record of a plugin that takes settings, in one static. It has no text.
pub(crate) const SETTINGS_KIND: u8 = b'S';

/// The fifth field of a library's record. A library of before settings has four.
pub(crate) const KNOWS_SETTINGS: &str = "settings";

/// Separates two fields.
pub(crate) const UNIT: &str = "\u{1f}";
/// Precedes each method.
pub(crate) const METHOD: &str = "\u{1e}";

/// The first word in the signature of an asynchronous method.
/// A library calls such a method in another way, and a message does not.
pub(crate) const ASYNC: &str = "async ";

/// The number of digits in an interface's number.
pub(crate) const NUMBER: usize = 16;

pub(crate) const fn head(kind: u8, len: usize) -> [u8; HEAD] {
    let [a, b, c, d, e, f, g] = MAGIC;
    assert!(len <= u32::MAX as usize);
    let [w, x, y, z] = (len as u32).to_le_bytes();
    [a, b, c, d, e, f, g, kind, w, x, y, z]
}

/// The record of a portable interface: number, path and version.
/// For each method it has the name, whether it has a default body, the signature and its
/// fingerprint.
#[repr(C)]
pub struct InterfaceRecord<const N: usize>([u8; N]);

#[track_caller]
pub const fn interface_record_len<I: ?Sized + PortableInterface>() -> usize {
    interface_text::<I, 0>().len
}

impl<const N: usize> InterfaceRecord<N> {
    #[track_caller]
    pub const fn of<I: ?Sized + PortableInterface>() -> Self {
        let text = interface_text::<I, N>();
        assert!(text.len == N, "N is the length of the record");
        Self(text.bytes)
    }

    pub const fn bytes(&self) -> &[u8] {
        &self.0
    }
}

#[track_caller]
const fn interface_text<I: ?Sized + PortableInterface, const N: usize>() -> ConstText<N> {
    let mut text = ConstText::<N>::new()
        .push_bytes(&head(INTERFACE_KIND, N.saturating_sub(HEAD)))
        .push_hexadecimal(I::DECLARATION.number() as u128, NUMBER as u32)
        .push(UNIT)
        .push(I::DECLARATION.path)
        .push(UNIT)
        .push(I::DECLARATION.version);
    let mut at = 0;
    while at < I::SIGNATURES.len() {
        let signature = &I::SIGNATURES[at];
        let Signature { name, arguments, output, has_default, is_async, .. } = signature;
        text = text.push(METHOD).push(name).push(UNIT).push(if *has_default { "default" } else { "" }).push(UNIT);
        let (start, mut named) = (text.len, NamedTypes::new());
        text = text.push(if *is_async { ASYNC } else { "" }).push("(");
        let (mut rest, mut index) = (arguments, 0);
        while let Types(Some((ty, others))) = rest {
            // The links that encode arguments by their numbers must not take one for another.
            text = text.push_tag(signature.tag(index), index).push_type(ty.get(), &mut named);
            index += 1;
            if let Types(Some(_)) = others {
                text = text.push(", ");
            }
            rest = others;
        }
        text = text.push(") -> ").push_type(output.get(), &mut named);
        let fingerprint = text.fingerprint(start);
        text = text.push(UNIT).push_hexadecimal(fingerprint, 32);
        at += 1;
    }
    text
}
