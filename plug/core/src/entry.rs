//! What `#[plug]` leaves in the binary, and where a new object of it goes. It knows no registry, and is in the build of a plugin as in that of a host.

#[doc(hidden)]
pub(crate) mod constructor;
#[doc(hidden)]
pub(crate) mod handshake;
pub(crate) mod options;
#[doc(hidden)]
pub(crate) mod record;
#[doc(hidden)]
pub(crate) mod submission;
#[doc(hidden)]
pub(crate) mod submissions;

use std::any::Any;

use crate::entry::options::OpenOptions;
use crate::entry::record::PluginRecord;
use crate::entry::submission::Submission;
use crate::error::Error;
use crate::interface::{Identity, Interface};

/// How many fields an entry's text has; `plugin/fields.rs` tells which.
pub(crate) const FIELDS: usize = 12;

/// Between two fields: U+001F, the unit separator of ASCII.
pub(crate) const SEPARATOR: char = '\u{1f}';

/// What `#[plug]` leaves in the binary. One text, one interface and one function: every further `&'static` field would be
/// a relocation, and the loader's relocations are what a registry costs at start-up.
#[doc(hidden)]
pub struct Entry {
    pub(crate) text: &'static str,
    pub(crate) interface: &'static Identity,
    pub(crate) open: Open,
    // Where the name and the aliases end, which every first lookup reads of every plugin.
    #[cfg_attr(not(feature = "host"), allow(dead_code, reason = "it is for hosts"))]
    pub(crate) ends: [u32; 2],
}

/// Fills the slot with a new object. A function pointer, so that an entry is a constant.
type Open = fn(&mut Slot<'_>) -> Result<(), Error>;

/// Where a new object goes: an `Option<Box<I>>` whose interface has been erased. It saves the allocation of a
/// `Box<dyn Any>` around the box, and it is where more than an interface can be handed to an opening plugin.
#[doc(hidden)]
pub struct Slot<'a> {
    pub(crate) object: &'a mut dyn Any,
    #[cfg_attr(not(feature = "rpc"), allow(dead_code, reason = "they are for remote links"))]
    pub(crate) options: &'a OpenOptions,
}

impl Entry {
    /// Called by what `#[plug]` emits, in a constant: a text of the wrong form fails the build.
    pub const fn of<S: Submission, const P: usize, const T: usize>(record: &'static PluginRecord<P, T>) -> Self {
        let (bytes, mut at, mut separators, mut ends) = (S::TEXT.as_bytes(), 0, 0, [0; 2]);
        while at < bytes.len() {
            if bytes[at] == SEPARATOR as u8 {
                if separators < ends.len() {
                    ends[separators] = at as u32;
                }
                separators += 1;
            }
            at += 1;
        }
        assert!(separators == FIELDS - 1, "the docs, the path of this file or a field of its Cargo.toml hold U+001F");
        let open: Open = |slot| {
            slot.put(S::new()?);
            Ok(())
        };
        Self { text: record.text(), interface: S::Interface::IDENTITY, open, ends }
    }

    /// An object, if it is of this interface.
    pub(crate) fn open<I: ?Sized + Interface>(&self) -> Result<Option<Box<I>>, Error> {
        let mut object = None;
        (self.open)(&mut Slot { object: &mut object, options: &OpenOptions::new() })?;
        Ok(object)
    }
}

impl Slot<'_> {
    /// Puts an object into the slot. A slot for another interface stays empty.
    // One copy for each interface and not for each plugin. It takes the object and not what makes it, since that would be
    // more relocations for each plugin: three of a vtable, or one of the global offset table.
    #[inline(never)]
    pub(crate) fn put<I: ?Sized + Interface>(&mut self, object: Box<I>) {
        if let Some(slot) = self.object.downcast_mut::<Option<Box<I>>>() {
            *slot = Some(object);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_three_relocations() {
        // Pointer and length of the text, the interface, the function, and two halves of a word: 5 words, of which the length and
        // the last are none. That the functions bring no relocations either, only the table of tests/benches shows.
        assert_eq!(size_of::<Entry>(), 5 * size_of::<usize>());
    }
}
