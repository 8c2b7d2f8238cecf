//! The plugins of this build outside of the host: `gateway-plugins` is a plugin process, which a host
//! starts, and `gateway-plugins ADDRESS` a gRPC server.

use std::process::ExitCode;

use plug::Server;

plug::link!();

fn main() -> ExitCode {
    let Some(address) = std::env::args().nth(1) else { return plug::serve() };
    let served = Server::new().bind(&address).and_then(|server| {
        println!("{}", server.address());
        server.serve()
    });
    let Err(error) = served else { return ExitCode::SUCCESS };
    eprintln!("gateway-plugins: {error:?}");
    ExitCode::FAILURE
}
