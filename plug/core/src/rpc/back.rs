//! `plug.v1.Back/Calls`: the objects of both sides of a gRPC connection.
//!
//! The client begins one stream for each connection, before its first call with an object.
//! Both sides then call each other's objects by messages on that stream, and say which ones they have
//! dropped.
//! A call that names objects has the number of the stream in its metadata.

pub(crate) mod client;
pub(crate) mod fuzzed;
pub(crate) mod given;
pub(crate) mod message;
#[cfg(feature = "process")]
pub(crate) mod offered;
pub(crate) mod server;
pub(crate) mod session;
pub(crate) mod slot;
#[cfg(feature = "process")]
pub(crate) mod spawned;

/// The method that begins the stream.
pub(crate) const CALLS: &str = "/plug.v1.Back/Calls";
/// The metadata with the number of the stream, which the client chooses.
pub(crate) const BACK: &str = "plug-back";
