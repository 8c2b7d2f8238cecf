//! The crate `plug` without its macros, which has the docs and is the one to depend on. By itself it compiles while the macros' own
//! dependencies do.

#![deny(missing_docs)]
#![deny(unsafe_code)]

mod interface;
mod name;
mod plugin;

mod portable;

#[allow(unsafe_code)]
mod library;

pub mod link;

mod catalogue;
mod index;
mod missing;
mod order;
mod problem;
mod registry;

mod error;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use catalogue::{Catalogue, Feature};
pub use error::{Error, ErrorKind};
pub use interface::{Identity, Interface};
pub use link::Link;
pub use plugin::Plugin;
pub use portable::Portable;
pub use problem::{Place, Problem};
pub use registry::Registry;

#[cfg(all(feature = "linkme", target_family = "wasm"))]
compile_error!("the feature `linkme` of plug does not work on WebAssembly: use `inventory`");

#[cfg(all(feature = "library", target_family = "wasm"))]
compile_error!("the feature `library` of plug does not work on WebAssembly, which loads no shared libraries");
