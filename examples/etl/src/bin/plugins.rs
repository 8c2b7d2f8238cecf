//! The plugins of this build outside of the host: `etl-plugins` is a plugin process, which a host
//! starts, and `etl-plugins ADDRESS` a gRPC server.

use std::process::ExitCode;

use plug::Server;

plug::link!();

fn main() -> ExitCode {
    let Some(address) = std::env::args().nth(1) else { return plug::serve() };
    // Each stage of a client is an object with settings of its own.
    let served = Server::new().instances(100).bind(&address).and_then(|server| {
        println!("{}", server.address());
        server.serve()
    });
    let Err(error) = served else { return ExitCode::SUCCESS };
    eprintln!("etl-plugins: {error:?}");
    ExitCode::FAILURE
}
