//! Serving plugins by gRPC.

use std::time::Duration;

use plug::{Plugin, Server};

use crate::failure::Failure;

/// Serves these plugins at the address, until the system ends this program.
/// Then the calls under way go on for at most `grace`.
/// `listening` is called once the address accepts connections, with the port that was free.
pub(crate) fn serve(
    plugins: Vec<Plugin>,
    address: &str,
    grace: Duration,
    listening: impl FnOnce(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let server = Server::new().plugins(plugins).grace(grace).bind(address)?;
    listening(&server.address())?;
    server.serve()?;
    Ok(())
}
