//! The process link: HashiCorp's go-plugin protocol, both halves. In the order of a launch: what is `agreed` upon, the `executable` and the
//! `folder` for its socket, the `child`, its `handshake` with the certificates of `tls`, the `connection`; what it prints on stderr as a `record`; the `running`
//! process, and the `host`'s link to it, as its `options` say. What is spoken by it is gRPC, by `grpc` over `http2`, or `netrpc`. `plugin` is the other half. What went wrong, `fault` says in words, and `diagnosis` finds out.

pub(crate) mod connection;
pub(crate) mod grpc;
pub(crate) mod handshake;
pub(crate) mod host;
pub(crate) mod launch;
pub(crate) mod log;
#[cfg(feature = "netrpc")]
pub(crate) mod netrpc;
pub(crate) mod options;
pub(crate) mod plugin;
pub(crate) mod running;
pub(crate) mod tls;

pub use crate::error::handshake::HandshakeFault;
pub use crate::error::process::{ProcessFault, Unrunnable};
pub use crate::plugin::agreement::Handshake;
pub use crate::process::handshake::line::Protocol;
pub use crate::process::host::Process;
pub use crate::process::options::{ProcessOptions, Reattach, Restart};
pub use crate::process::plugin::{serve, serve_isolated};
pub use crate::process::running::Death;
