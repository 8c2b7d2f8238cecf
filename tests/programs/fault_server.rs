//! The crate fault-plugins on a server, which prints its address.

use std::io::Write;

use plug::{Error, Server};

extern crate fault_plugins as _;

fn main() -> Result<(), Error> {
    let server = Server::new().instances(100).bind("grpc://127.0.0.1:0")?;
    println!("{}", server.address());
    std::io::stdout().flush().map_err(Error::new)?;
    server.serve()
}
