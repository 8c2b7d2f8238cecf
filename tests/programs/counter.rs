//! The plugins of the crate counter-plugins as a process, for hosts in Go and of ours.
//! With the argument `netrpc` it speaks net/rpc, and with `second` the second version of another
//! handshake, by which the program `mux` in Go starts it.

use std::process::ExitCode;

use counter_plugins::{Counter, Keeper};
use plug::Server;
use plug::link::{Handshake, Protocol};

fn main() -> ExitCode {
    let handshake = Handshake::new("BASIC_PLUGIN", "hello").interface::<dyn Counter>(1).interface::<dyn Keeper>(1);
    let handshake = match std::env::args().nth(1).as_deref() {
        Some("netrpc") => handshake.protocol(1, Protocol::NetRpc),
        Some("second") => Handshake::new("HASHI", "hola").interface::<dyn Counter>(2).interface::<dyn Keeper>(2),
        _ => handshake,
    };
    Server::new().handshake(handshake).serve_process()
}
