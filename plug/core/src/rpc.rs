//! Calls over HTTP/2, for every remote link: the client, the server, and the code that both share.

pub(crate) mod back;
pub(crate) mod client;
pub(crate) mod frames;
pub(crate) mod limits;
pub(crate) mod per_process;
pub(crate) mod server;
pub(crate) mod source;
pub(crate) mod spin;
pub(crate) mod status;
pub(crate) mod thread;
pub(crate) mod timeout;
#[cfg(unix)]
pub(crate) mod unix;
