//! Serving plugins by gRPC.

use plug::{Plugin, Server};

use crate::failure::Failure;
use crate::kind::Limits;

/// Serves these plugins at the address, until the system ends this program.
/// Then the calls under way go on for at most the grace of the limits.
/// `listening` is called once the address accepts connections, with the port that was free.
pub(crate) fn serve(
    plugins: Vec<Plugin>,
    address: &str,
    limits: &Limits,
    listening: impl FnOnce(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let server = Server::new().plugins(plugins).grace(limits.grace).instances(limits.instances).bind(address)?;
    listening(&server.address())?;
    server.serve()?;
    Ok(())
}
