//! The process link: HashiCorp's go-plugin protocol, both halves.
//!
//! In the order of a launch: the handshake that is `agreed` upon, the `executable`, the `folder` for its socket, the `child`, its `handshake` line,
//! the certificates of `tls`, and the `connection`. The `launch` joins these. Afterwards the process has a `life`, prints a `record` after the other on
//! stderr, and answers as a `running` one. The `host` links to it, by its `options`; over `grpc` and `http2`, or over `netrpc`.
//! `plugin` is the other half. `fault` has the words for failures, and `diagnosis` finds their causes.

mod agreed;
mod child;
mod connection;
mod diagnosis;
mod executable;
mod fault;
mod folder;
mod grpc;
pub(crate) mod handshake;
mod host;
mod http2;
mod launch;
mod life;
pub(crate) mod netrpc;
mod options;
mod plugin;
pub(crate) mod record;
mod running;
mod tls;

pub use agreed::Handshake;
pub use fault::{ProcessFault, Unrunnable};
pub use handshake::{HandshakeFault, Protocol};
pub use host::Process;
pub use life::Death;
pub use options::{ProcessOptions, Reattach, Restart};
pub(crate) use plugin::{is_isolated, run};
