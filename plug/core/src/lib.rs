//! `plug` without its macros. Depend on the crate `plug`, which has the docs.
//!
//! It is a crate of its own so that it compiles in parallel with the dependencies of the macros.
//!
//! Read it from top to bottom: each module imports only modules above it, and a test holds that.

#![deny(missing_docs)]
#![deny(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    all(feature = "wire", not(any(feature = "process", feature = "grpc"))),
    allow(dead_code, reason = "`wire` and `rpc` are foundations: without a link on them nothing is used")
)]

// The ground: errors, texts and layouts.

// Reads caught panics, and drops their payloads safely.
mod panic;

// Names the threads and locks of std, which a model checker replaces.
#[cfg(feature = "rpc")]
mod sync;

// Makes text from outside of the program safe for a terminal.
#[cfg(any(feature = "host", feature = "config"))]
mod escape;

// Defines every error: its kind, the problems of a registry, and the faults of each link.
mod error;

// Computes and parses SHA-256 digests of files.
#[cfg(any(feature = "library", feature = "process"))]
mod digest;

// Reads the headers of programs and shared libraries.
#[cfg(any(feature = "library", feature = "process"))]
mod executable_file;

// Limits calls by a deadline and by cancellations, for a thread or for one future.
#[cfg(feature = "host")]
mod scope;

// Lays out the `#[repr(C)]` views and tables that cross the boundary to a shared library.
#[allow(unsafe_code)]
mod abi;

// Interfaces: traits that plugins implement.

// Boxes the future of an asynchronous method.
mod task;

// Makes a trait an interface, with an identity and a vtable for each link.
mod interface;

// Describes the types and methods that can cross to another build, and converts their values.
mod portable;

// Plugins and their registry.

// Reads the settings of a plugin, and knows where they stand in a file.
mod settings;

// Holds the entry that `#[plug]` leaves in a binary.
// A plugin's own build needs this room and the rooms above, and no others.
mod entry;

// Describes a plugin, and opens it.
#[cfg(feature = "host")]
mod plugin;

// Finds the plugins of all links by interface and name.
#[cfg(feature = "host")]
mod registry;

// Plugins of other builds.

// Matches the interfaces and methods of another build with those of this one.
#[cfg(any(feature = "library", feature = "wire"))]
mod compat;

// Loads plugins from shared libraries, and exports them: both halves.
#[allow(unsafe_code)]
pub mod library;

// Encodes the values of portable interfaces as protobuf, and prints interfaces as `.proto` files.
#[cfg(feature = "wire")]
mod protobuf;

// Carries a call as one request and one reply, over any transport: both halves.
#[cfg(feature = "wire")]
mod wire;

// Carries calls over HTTP/2: the client, which its callers drive, and the server.
#[cfg(feature = "rpc")]
mod rpc;

// Runs plugins as child processes, by go-plugin's protocol: both halves.
#[cfg(feature = "process")]
pub mod process;

// Calls plugins on gRPC servers, and serves them.
#[cfg(feature = "grpc")]
pub mod grpc;

// Lists the vtables of an interface, one for each link.
#[doc(hidden)]
mod vtables;

// Names every link, and parses the address of one.
#[cfg(feature = "host")]
pub mod link;

// Exports every item that the output of the macros names.
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

/// Serves plugins, as a child process of a host or on a port.
#[cfg(feature = "rpc")]
pub mod server {
    #[cfg(feature = "grpc")]
    pub use crate::grpc::server::{GrpcServer, GrpcStop};
    pub use crate::rpc::server::builder::Server;
}

pub use entry::options::OpenOptions;
pub use error::Error;
#[cfg(feature = "host")]
pub use error::kind::ErrorKind;
#[cfg(feature = "host")]
pub use error::position::Position;
#[cfg(feature = "host")]
pub use error::problem::{Place, Problem};
pub use interface::{Identity, Interface};
#[cfg(feature = "host")]
pub use plugin::Plugin;
#[cfg(feature = "host")]
pub use plugin::builder::PluginBuilder;
pub use portable::Portable;
pub use portable::streams::Items;
#[cfg(feature = "stream")]
pub use portable::streams::polled::Stream;
#[cfg(feature = "process")]
pub use process::plugin::{serve, serve_isolated};
#[cfg(feature = "wire")]
pub use protobuf::proto::proto;
#[cfg(feature = "host")]
pub use registry::Registry;
#[cfg(feature = "host")]
pub use registry::catalogue::{Catalogue, Feature};
#[cfg(all(feature = "host", feature = "config"))]
pub use registry::instances::{Checked, Instances, Opened};
#[cfg(feature = "host")]
pub use registry::link::Link;
#[cfg(all(feature = "host", feature = "config"))]
pub use registry::section::Section;
#[cfg(feature = "rpc")]
pub use rpc::server::builder::Server;
#[cfg(feature = "rpc")]
pub use scope::cancellation::{Cancellation, with_cancellation};
#[cfg(feature = "host")]
pub use scope::with_deadline;
#[cfg(feature = "host")]
pub use settings::document::Settings;
#[cfg(feature = "config")]
pub use settings::secret::Secret;
pub use task::Task;
#[cfg(feature = "rpc")]
pub use tonic;

#[cfg(all(feature = "linkme", target_family = "wasm"))]
compile_error!("the feature `linkme` of plug does not work on WebAssembly: use `inventory`");

#[cfg(all(feature = "library", target_family = "wasm"))]
compile_error!("the feature `library` of plug does not work on WebAssembly, which loads no shared libraries");
