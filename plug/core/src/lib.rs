//! The crate `plug` without its macros, which has the docs and is the one to depend on. By itself it compiles while the macros' own
//! dependencies do.

#![deny(missing_docs)]
#![deny(unsafe_code)]

#[cfg(feature = "remote")]
mod cancellation;
#[cfg(feature = "host")]
mod deadline;
#[cfg(feature = "host")]
mod difference;
mod entry;
mod handshake;
mod interface;
#[cfg(feature = "host")]
mod name;
#[cfg(feature = "host")]
mod plugin;

mod portable;

#[cfg(feature = "process")]
mod gob;
#[cfg(feature = "remote")]
mod proto;
#[cfg(feature = "remote")]
mod protobuf;

#[allow(unsafe_code)]
mod library;

#[cfg(any(feature = "library", feature = "remote"))]
mod joint;

#[cfg(feature = "remote")]
mod channel;
#[cfg(feature = "remote")]
mod remote;
#[cfg(feature = "remote")]
mod serve;
#[cfg(feature = "remote")]
mod server;

#[cfg(feature = "process")]
mod process;

#[cfg(feature = "grpc")]
mod grpc;

#[cfg(feature = "host")]
pub mod link;

#[cfg(feature = "host")]
mod catalogue;
#[cfg(feature = "host")]
mod index;
#[cfg(feature = "host")]
mod missing;
#[cfg(feature = "host")]
mod order;
#[cfg(feature = "host")]
mod problem;
#[cfg(feature = "host")]
mod registry;

mod error;
mod submitted;
#[cfg(feature = "remote")]
mod sync;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

#[cfg(feature = "remote")]
pub use cancellation::{Cancellation, with_cancellation};
#[cfg(feature = "host")]
pub use catalogue::{Catalogue, Feature};
#[cfg(feature = "host")]
pub use deadline::with_deadline;
pub use entry::OpenOptions;
pub use error::Error;
#[cfg(feature = "host")]
pub use error::ErrorKind;
pub use interface::{Identity, Interface};
#[cfg(feature = "host")]
pub use link::Link;
#[cfg(feature = "host")]
pub use plugin::Plugin;
pub use portable::Portable;
#[cfg(feature = "host")]
pub use problem::{Place, Problem};
#[cfg(feature = "remote")]
pub use proto::proto;
#[cfg(feature = "host")]
pub use registry::Registry;
#[cfg(feature = "remote")]
pub use server::Server;
#[cfg(feature = "process")]
pub use server::{serve, serve_isolated};
#[cfg(feature = "remote")]
pub use tonic;

#[cfg(all(feature = "linkme", target_family = "wasm"))]
compile_error!("the feature `linkme` of plug does not work on WebAssembly: use `inventory`");

#[cfg(all(feature = "library", target_family = "wasm"))]
compile_error!("the feature `library` of plug does not work on WebAssembly, which loads no shared libraries");
