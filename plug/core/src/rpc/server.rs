//! The plugin's half of a remote link: a server of plugins, and of services that the author adds.

pub(crate) mod backpressure;
pub(crate) mod builder;
pub(crate) mod connections;
pub(crate) mod reflection;
pub(crate) mod request;
pub(crate) mod respond;
pub(crate) mod router;
pub(crate) mod workers;
