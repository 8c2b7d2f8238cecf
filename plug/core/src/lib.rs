//! The crate `plug` without its macros, which has the docs and is the one to depend on. By itself it compiles while the macros' own
//! dependencies do.

#![deny(missing_docs)]
#![deny(unsafe_code)]

#[cfg(feature = "remote")]
mod cancellation;
mod deadline;
mod difference;
mod handshake;
mod interface;
mod name;
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

#[cfg(feature = "remote")]
pub use cancellation::{Cancellation, with_cancellation};
pub use catalogue::{Catalogue, Feature};
pub use deadline::with_deadline;
pub use error::{Error, ErrorKind};
pub use interface::{Identity, Interface};
pub use link::Link;
pub use plugin::{OpenOptions, Plugin};
pub use portable::Portable;
pub use problem::{Place, Problem};
#[cfg(feature = "remote")]
pub use proto::proto;
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
