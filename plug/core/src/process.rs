//! The process link: HashiCorp's go-plugin protocol, both halves. In the order of a launch: what is `agreed` upon, the `executable` and the
//! `folder` for its socket, the `child`, its `handshake` with the certificates of `tls`, the `connection`; what it prints on stderr as a `record`; the `running`
//! process, and the `host`'s link to it, as its `options` say. What is spoken by it is gRPC, by `grpc` over `http2`, or `netrpc`. `plugin` is the other half. What went wrong, `fault` says in words, and `diagnosis` finds out.

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
pub use options::{ProcessOptions, Reattach, Restart};
pub(crate) use plugin::{is_isolated, run};
pub use running::Death;
