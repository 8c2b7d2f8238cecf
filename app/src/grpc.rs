//! The way to plugins behind a server that somebody has named, and being such a server. Where the feature `grpc` is off,
//! `grpc/left_out.rs` stands in for it.

use plug::link::Grpc;
use plug::{ErrorKind, Plugin, Server};

use crate::failure::{Exit, Failure};

/// What to do so that this program reaches servers: nothing.
pub(crate) fn way_in() -> Option<String> {
    None
}

/// The server at this address. It is connected to when its plugins are asked for.
pub(crate) fn open(address: &str) -> Result<Grpc, Failure> {
    Ok(Grpc::open(address)?)
}

/// Serves these plugins at the address, until the system tells this program to end. As soon as it can be connected to, `listening` is told
/// where, with the port that was free.
pub(crate) fn serve(
    plugins: Vec<Plugin>,
    address: &str,
    listening: impl FnOnce(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let server = Server::new().plugins(plugins).bind(address)?;
    listening(&server.address())?;
    server.serve()?;
    Ok(())
}

/// What the exit status says of an error that only servers have.
pub(crate) fn exit_of(kind: &ErrorKind) -> Option<Exit> {
    matches!(kind, ErrorKind::Address { .. }).then_some(Exit::Usage)
}
