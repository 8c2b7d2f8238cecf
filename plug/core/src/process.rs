//! Plugins in processes of their own: HashiCorp's go-plugin protocol, host and plugin.
//!
//! A host opens a [`Process`], with [`ProcessOptions`] if the defaults do not fit.
//! A plugin's `main` calls [`serve`], or begins with [`serve_isolated`] if it is also the host.
//! Both sides need the same [`Handshake`]: the magic cookie, and the interfaces of each version.
//! These are the `HandshakeConfig` and the `VersionedPlugins` of go-plugin.
//! [`Reattach`] connects to a running process, [`Restart`] restarts one after its end,
//! and [`Death`] reports the end.
//! A [`Broker`] makes further connections between host and plugin.
//! AutoMTLS is on unless [`ProcessOptions::without_tls`] turns it off.
//! The protocol is gRPC, or net/rpc with the feature `netrpc`.
//! The handshake declares it for each version, and the plugin's handshake line names it.
//! A failure is a [`ProcessFault`].
//! It may hold a [`HandshakeFault`], if the handshake line is wrong,
//! or an [`Unrunnable`], if the system cannot run the file.
//!
//! A launch goes through these files, in this order:
//!
//! 1. `options.rs` has the host's settings, and `host.rs` starts the process at its first use.
//! 2. `launch.rs` runs the steps up to the first connection:
//!    `launch/folder.rs` makes a private folder for the socket,
//!    `launch/executable.rs` verifies the file if a digest is pinned,
//!    `variables.rs` makes the environment, `handshake/environment.rs` adds the offer to it,
//!    and `launch/child.rs` starts the process.
//! 3. `plugin.rs` is the plugin's half: it checks the cookie,
//!    chooses version and protocol by `handshake/negotiation.rs`,
//!    binds a socket, and prints the handshake line.
//! 4. `handshake/reader.rs` and `handshake/line.rs` read that line in the host.
//! 5. `tls.rs` pins the plugin's certificate, `connection.rs` connects,
//!    and `grpc.rs` or `netrpc/` speaks the protocol.
//!    If both sides agree on it, `multiplex.rs` carries all connections over one.
//! 6. `running.rs` sends the calls, `life.rs` watches for the end of the process,
//!    and `log/` turns the output on stderr and stdout into records of the program's log,
//!    or `stderr.rs` prints it.
//! 7. `broker.rs` makes further connections, for services that are no interfaces.
//! 8. `launch/diagnosis.rs` finds the cause if the launch fails.

pub(crate) mod broker;
pub(crate) mod connection;
pub(crate) mod grpc;
pub(crate) mod handshake;
pub(crate) mod host;
pub(crate) mod launch;
pub(crate) mod life;
pub(crate) mod listen;
pub(crate) mod log;
pub(crate) mod multiplex;
pub(crate) mod mux;
#[cfg(feature = "netrpc")]
pub(crate) mod netrpc;
pub(crate) mod options;
pub(crate) mod plugin;
pub(crate) mod running;
pub(crate) mod stderr;
pub(crate) mod tls;
pub(crate) mod variables;

pub use crate::entry::handshake::Protocol;
pub use crate::error::handshake::HandshakeFault;
pub use crate::error::process::ProcessFault;
pub use crate::error::process::unrunnable::Unrunnable;
pub use crate::plugin::agreement::Handshake;
pub use crate::process::broker::{Broker, BrokerListener, BrokerStream};
pub use crate::process::host::Process;
pub use crate::process::life::Death;
pub use crate::process::options::{ProcessOptions, Reattach, Restart};
pub use crate::process::plugin::{serve, serve_isolated};
