//! The client half of a remote link: it lists the plugins of the peer, and calls them.

pub(crate) mod codec;
pub(crate) mod driver;
mod exchange;
#[cfg(feature = "process")]
pub(crate) mod http2;
pub(crate) mod instance;
pub(crate) mod object;
pub(crate) mod plugins;
pub(crate) mod services;
pub(crate) mod streams;
pub(crate) mod vtable;
