//! The entry that `#[plug]` leaves in the binary, and the slot that receives a new object.
//! Builds of plugins and of hosts both have it.

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

use crate::abi::table::CallFn;
use crate::entry::options::OpenOptions;
use crate::entry::submission::Submission;
use crate::error::Error;
use crate::interface::{Identity, Interface};

/// The number of fields in an entry's text. `plugin/fields.rs` lists them.
pub(crate) const FIELDS: usize = 12;

/// Separates two fields: U+001F, the unit separator of ASCII.
pub(crate) const SEPARATOR: char = '\u{1f}';

/// The record of a plugin in the binary: one text, one interface and one function.
/// Each further `&'static` field would be a relocation, and relocations are the start-up cost of a
/// registry.
#[doc(hidden)]
pub struct Entry {
    pub(crate) text: &'static str,
    pub(crate) interface: &'static Identity,
    pub(crate) open: Open,
    // The ends of the name and of the aliases, which the first lookup reads of every plugin.
    #[cfg_attr(not(feature = "host"), allow(dead_code, reason = "it is for hosts"))]
    pub(crate) name_end: u16,
    pub(crate) takes_settings: bool,
    #[cfg_attr(not(feature = "host"), allow(dead_code, reason = "it is for hosts"))]
    pub(crate) aliases_end: u32,
}

/// Does what the slot asks for. A function pointer, so that an entry is a constant.
type Open = fn(&mut Slot<'_>) -> Result<(), Error>;

/// Receives a new object: an `Option<Box<I>>` whose interface is erased.
/// It saves the allocation of a `Box<dyn Any>` around the box.
/// It can also carry more than the interface to the plugin that opens.
#[doc(hidden)]
pub struct Slot<'a> {
    pub(crate) object: &'a mut dyn Any,
    #[cfg_attr(not(feature = "rpc"), allow(dead_code, reason = "they are for remote links"))]
    pub(crate) options: &'a OpenOptions,
    /// The plugin's settings, a JSON text.
    pub(crate) settings: &'a str,
    pub(crate) request: Request<'a>,
}

/// What a slot asks of a plugin. Of one without settings it asks for an object alone.
pub(crate) enum Request<'a> {
    Object,
    /// To read the settings, and make nothing.
    Check,
    /// The JSON Schema of the settings. It stays `None` if the plugin was built without one.
    Schema(&'a mut Option<String>),
    /// The function by which a library answers the two questions above.
    /// The plugin brings it, so that a library without settings does not contain it.
    Answers(&'a mut Option<CallFn>),
}

impl Entry {
    /// The output of `#[plug]` calls it in a constant, so that a malformed text fails the build.
    /// `text` is that of the submission, in its record.
    pub const fn of<S: Submission>(text: &'static str) -> Self {
        let (bytes, mut at, mut separators, mut ends) = (S::TEXT.as_bytes(), 0, 0, [0; 2]);
        while at < bytes.len() {
            if bytes[at] == SEPARATOR as u8 {
                if separators < ends.len() {
                    ends[separators] = at;
                }
                separators += 1;
            }
            at += 1;
        }
        let [name_end, aliases_end] = ends;
        // The macro has refused a longer name.
        assert!(name_end <= u16::MAX as usize);
        assert!(separators == FIELDS - 1, "the docs, the path of this file or a field of its Cargo.toml hold U+001F");
        let open: Open = |slot| {
            if let Some(object) = S::new(slot)? {
                slot.put(object);
            }
            Ok(())
        };
        let (name_end, takes_settings, aliases_end) = (name_end as u16, S::TAKES_SETTINGS, aliases_end as u32);
        Self { text, interface: S::Interface::IDENTITY, open, name_end, takes_settings, aliases_end }
    }

    /// A new object, if that is the request and the plugin implements this interface.
    pub(crate) fn answer<I: ?Sized + Interface>(
        &self,
        settings: &str,
        request: Request<'_>,
    ) -> Result<Option<Box<I>>, Error> {
        let mut object = None;
        (self.open)(&mut Slot { object: &mut object, options: &OpenOptions::new(), settings, request })?;
        Ok(object)
    }

    /// Answers a question of a plugin that takes settings.
    pub(crate) fn ask(&self, settings: &str, request: Request<'_>) -> Result<(), Error> {
        (self.open)(&mut Slot { object: &mut (), options: &OpenOptions::new(), settings, request })
    }
}

impl Slot<'_> {
    /// Puts an object into the slot. A slot for another interface stays empty.
    // One copy for each interface, not for each plugin.
    // It takes the object and not a constructor, which would need more relocations for each plugin:
    // three for a vtable, or one of the global offset table.
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
        // Five words: pointer and length of the text, the interface, the function, and a word of
        // numbers.
        // The length and the numbers are no relocations.
        // Only the table of tests/benches shows that the functions bring no relocations either.
        assert_eq!(size_of::<Entry>(), 5 * size_of::<usize>());
    }
}
