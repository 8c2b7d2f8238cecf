//! The process link: HashiCorp's go-plugin protocol, both halves.
//!
//! In the order of a launch: the handshake that is `agreed` upon, the `executable`, the `folder` for its socket, the `child`, its `handshake` line,
//! the certificates of `tls`, and the `connection`. The `launch` joins these. Afterwards the process has a `life`, prints a `record` after the other on
//! stderr, and answers as a `running` one. The `host` links to it, by its `options`; over `grpc` and `http2`, or over `netrpc`.
//! `plugin` is the other half. `fault` has the words for failures, and `diagnosis` finds their causes.

pub(crate) mod connection;
pub(crate) mod grpc;
pub(crate) mod handshake;
pub(crate) mod host;
pub(crate) mod launch;
pub(crate) mod life;
pub(crate) mod log;
#[cfg(feature = "netrpc")]
pub(crate) mod netrpc;
pub(crate) mod options;
pub(crate) mod plugin;
pub(crate) mod running;
pub(crate) mod tls;

pub use crate::error::handshake::HandshakeFault;
pub use crate::error::process::ProcessFault;
pub use crate::error::process::unrunnable::Unrunnable;
pub use crate::plugin::agreement::Handshake;
pub use crate::process::handshake::line::Protocol;
pub use crate::process::host::Process;
pub use crate::process::life::Death;
pub use crate::process::options::{ProcessOptions, Reattach, Restart};
pub use crate::process::plugin::{serve, serve_isolated};
