//! The trait that the output of `#[plug]` implements for each plugin.

use crate::entry::Slot;
use crate::error::Error;
use crate::interface::Interface;

/// A plugin in the output of `#[plug]`.
pub trait Submission {
    /// The fields of the entry, between unit separators.
    const TEXT: &'static str;
    type Interface: ?Sized + Interface;
    const TAKES_SETTINGS: bool;
    /// The object, if the slot asks for one.
    fn new(slot: &mut Slot<'_>) -> Result<Option<Box<Self::Interface>>, Error>;
}

/// The number of the interface that the plugin with the key `Self` implements.
/// `S` is inferred, so that the plugins of a crate can be compared from anywhere in it.
pub trait Numbered<S> {
    const NUMBER: u64;
}

/// A number that only one plugin has.
pub struct Key<const KEY: u64>;

pub const fn path_of<S: Submission>() -> &'static str {
    S::Interface::DECLARATION.path
}

pub const fn number_of<S: Submission>() -> u64 {
    S::Interface::IDENTITY.number()
}

/// Called in a constant, so that two plugins of one name and interface fail the build of their
/// crate.
#[track_caller]
pub const fn distinct(one: u64, other: u64, text: &str) {
    if one == other {
        panic!("{}", text);
    }
}
