//! Plugins in shared libraries.
//! The library's half is in every build and needs no line in a plugin's crate.
//! The host's half is behind the feature `library`.
//!
//! The code here and in `abi` is `unsafe`. It relies on these facts:
//!
//! * C defines the layout of everything that crosses (`view`, `table`).
//! * It is lent for a call: a caller's arguments to the callee, and a callee's result to a function
//!   of the caller that copies it. Neither side ever frees memory of the other.
//! * The task of an asynchronous method borrows the object and the arguments until it is gone, and the
//!   host's future owns it. It is polled in any thread, by one at a time.
//! * No panic crosses: each function that the other side calls catches panics, or cannot panic.
//! * A host calls a method if its fingerprint is equal on both sides, so both agree on its types.
//! * Only the macros implement the traits behind `__private`, so a method's types, name and index
//!   match.
//! * The caller of [`Library::open`] promises that the file is such a library, and behaves as its
//!   tables say.

#[doc(hidden)]
pub(crate) mod callee;
pub(crate) mod caller;
pub(crate) mod entry;
#[cfg(feature = "library")]
#[doc(hidden)]
pub(crate) mod host;
#[cfg_attr(not(feature = "library"), allow(dead_code, unused_imports, reason = "the host's half is for hosts"))]
pub(crate) mod log;
#[doc(hidden)]
pub(crate) mod objects;
pub(crate) mod record;
#[doc(hidden)]
pub(crate) mod streams;
pub(crate) mod vtable;

#[cfg(feature = "host")]
pub use crate::error::difference::Difference;
#[cfg(feature = "library")]
pub use crate::error::library::LibraryFault;
#[cfg(feature = "library")]
pub use crate::library::host::inspection::{InspectedInterface, InspectedMethod, Inspection};
#[cfg(feature = "library")]
pub use crate::library::host::loopback::Loopback;
#[cfg(feature = "library")]
pub use crate::library::host::open::{Library, LibraryOptions};
