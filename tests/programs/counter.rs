//! The plugins of the crate counter-plugins as a process, for hosts in Go and of ours.
//! With the argument `netrpc` it speaks net/rpc, and with `second` the second version of another
//! handshake, by which the program `mux` in Go starts it.

use std::process::ExitCode;

use counter_plugins::{Counter, Keeper, Streamer};
use plug::Server;
use plug::link::{Handshake, Protocol};

fn main() -> ExitCode {
    let argument = std::env::args().nth(1);
    let (handshake, version) = match argument.as_deref() {
        Some("second") => (Handshake::new("HASHI", "hola"), 2),
        _ => (Handshake::new("BASIC_PLUGIN", "hello"), 1),
    };
    let handshake =
        handshake.interface::<dyn Counter>(version).interface::<dyn Keeper>(version).interface::<dyn Streamer>(version);
    let handshake = match argument.as_deref() {
        Some("netrpc") => handshake.protocol(version, Protocol::NetRpc),
        _ => handshake,
    };
    Server::new().handshake(handshake).serve_process()
}
