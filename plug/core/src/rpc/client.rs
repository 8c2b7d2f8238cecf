//! The host's half of a remote link: calls, and the plugins of the other side.

pub(crate) mod codec;
pub(crate) mod driver;
#[cfg(feature = "process")]
pub(crate) mod http2;
pub(crate) mod object;
pub(crate) mod plugins;
pub(crate) mod services;
pub(crate) mod vtable;
