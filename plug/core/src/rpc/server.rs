//! The server half of a remote link: it serves plugins, and services that the author adds.

pub(crate) mod backpressure;
pub(crate) mod builder;
pub(crate) mod connections;
pub(crate) mod health;
pub(crate) mod reflection;
pub(crate) mod request;
pub(crate) mod respond;
pub(crate) mod router;
pub(crate) mod workers;
