//! Serving plugins by gRPC.

use plug::{Plugin, Server};

use crate::failure::Failure;

/// Serves these plugins at the address, until the system ends this program.
/// `listening` is called once the address accepts connections, with the port that was free.
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
