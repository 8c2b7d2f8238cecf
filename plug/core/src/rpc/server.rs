//! The server half of a remote link: it serves plugins, and services that the author adds.

pub(crate) mod backpressure;
pub(crate) mod body;
pub(crate) mod builder;
pub(crate) mod compression;
pub(crate) mod connections;
pub(crate) mod ends;
pub(crate) mod health;
pub(crate) mod idle;
pub(crate) mod limits;
pub(crate) mod memory;
#[cfg(feature = "process")]
pub(crate) mod object;
pub(crate) mod open;
pub(crate) mod reflection;
pub(crate) mod request;
pub(crate) mod respond;
pub(crate) mod router;
pub(crate) mod streams;
pub(crate) mod task;
pub(crate) mod trim;
pub(crate) mod workers;
