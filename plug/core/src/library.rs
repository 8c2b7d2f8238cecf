//! Plugins in shared libraries: what crosses between a host and a library, the library's half, which is in every build and
//! asks for no line in a plugin's crate, and the host's half behind the feature `library`.
//!
//! The one folder with `unsafe` in it. What is believed, and by whom:
//!
//! * All that crosses is of a layout that C defines (`view`, `table`), and is lent for a call: a caller's arguments to the
//!   callee, a callee's result to a function of the caller's that copies it. Neither side ever frees what the other made.
//! * No panic crosses: each function that is called from the other side catches it or cannot panic.
//! * A host calls a method where its fingerprint is the same on both sides, so that both have the same types in mind.
//! * The macros alone implement the traits behind `__private`, so that a method's types, name and place belong together.
//! * That the file is such a library, and does what its tables say, is what the caller of [`Library::open`] promises.

#[doc(hidden)]
pub(crate) mod callee;
pub(crate) mod entry;
#[cfg(feature = "library")]
#[doc(hidden)]
pub(crate) mod host;
#[cfg_attr(not(feature = "library"), allow(dead_code, unused_imports, reason = "the host's half is for hosts"))]
pub(crate) mod log;
pub(crate) mod record;
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
