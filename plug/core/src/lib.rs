//! `plug` without its macros. Depend on the crate `plug`, which has the docs.
//!
//! The crate is apart so that it compiles while the dependencies of the macros do.
//!
//! Read it from top to bottom: each module imports only modules above it, and a test holds that.

#![deny(missing_docs)]
#![deny(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    all(feature = "wire", not(any(feature = "process", feature = "grpc"))),
    allow(dead_code, reason = "`wire` and `rpc` are foundations: without a link on them nothing is used")
)]

// Words and layouts.

// A caught panic: where it was, its message, and the safe drop of its payload.
mod panic;

// Threads and locks, for the code that a model checker runs.
#[cfg(feature = "rpc")]
mod sync;

// Text from outside, made fit for a terminal.
#[cfg(feature = "host")]
mod escape;

// Every failure in words: the kinds of error, the problems of a registry, the faults of each link.
mod error;

// SHA-256.
#[cfg(any(feature = "library", feature = "process"))]
mod digest;

// What an executable file is, by its header.
#[cfg(any(feature = "library", feature = "process"))]
mod executable_file;

// How long a call may take.
#[cfg(feature = "host")]
mod deadline;

// The `#[repr(C)]` views and tables that cross to a shared library.
#[allow(unsafe_code)]
mod abi;

// A trait.

// What makes a trait an interface: an identity, and a list of vtables for the links.
mod interface;

// The types and methods of an interface that can cross to another build.
mod portable;

// An impl, and the shelf it stands on.

// What `#[plug]` leaves in a binary. With the rooms above it is all that a plugin's own build needs.
mod entry;

// A plugin before it is opened, and how it is opened.
#[cfg(feature = "host")]
mod plugin;

// Links, and the plugins that they bring, by interface and name.
#[cfg(feature = "host")]
mod registry;

// Plugins of other builds.

// Which interface and which method of another build is which of this one.
#[cfg(any(feature = "library", feature = "wire"))]
mod compat;

// Plugins in shared libraries: both halves.
#[allow(unsafe_code)]
pub mod library;

// The values of portable interfaces as protobuf, and interfaces as `.proto` files.
#[cfg(feature = "wire")]
mod protobuf;

// One request in, one reply out, over any transport: both halves.
#[cfg(feature = "wire")]
mod wire;

// Calls over HTTP/2: the client that callers drive themselves, and the server.
#[cfg(feature = "rpc")]
mod rpc;

// Plugins that are child processes: go-plugin's protocol, both halves.
#[cfg(feature = "process")]
pub mod process;

// Plugins behind gRPC servers.
#[cfg(feature = "grpc")]
pub mod grpc;

// The vtables of an interface, one for each link.
#[doc(hidden)]
mod vtables;

// All links by name.
#[cfg(feature = "host")]
pub mod link;

// All that the macros emit.
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

/// Serving plugins: as a child process of a host, or on a port.
#[cfg(feature = "rpc")]
pub mod server {
    #[cfg(feature = "grpc")]
    pub use crate::grpc::server::{GrpcServer, GrpcStop};
    pub use crate::rpc::server::builder::Server;
}

#[cfg(feature = "host")]
pub use deadline::with_deadline;
pub use entry::options::OpenOptions;
pub use error::Error;
#[cfg(feature = "host")]
pub use error::kind::ErrorKind;
#[cfg(feature = "host")]
pub use error::problem::{Place, Problem};
pub use interface::{Identity, Interface};
#[cfg(feature = "host")]
pub use plugin::Plugin;
#[cfg(feature = "host")]
pub use plugin::builder::PluginBuilder;
pub use portable::Portable;
#[cfg(feature = "process")]
pub use process::plugin::{serve, serve_isolated};
#[cfg(feature = "wire")]
pub use protobuf::proto::proto;
#[cfg(feature = "host")]
pub use registry::Registry;
#[cfg(feature = "host")]
pub use registry::catalogue::{Catalogue, Feature};
#[cfg(feature = "host")]
pub use registry::link::Link;
#[cfg(feature = "rpc")]
pub use rpc::cancellation::{Cancellation, with_cancellation};
#[cfg(feature = "rpc")]
pub use rpc::server::builder::Server;
#[cfg(feature = "rpc")]
pub use tonic;

#[cfg(all(feature = "linkme", target_family = "wasm"))]
compile_error!("the feature `linkme` of plug does not work on WebAssembly: use `inventory`");

#[cfg(all(feature = "library", target_family = "wasm"))]
compile_error!("the feature `library` of plug does not work on WebAssembly, which loads no shared libraries");
