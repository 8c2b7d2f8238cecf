//! The server: `gateway ADDRESS PLUGIN`.

use std::process::ExitCode;

use plug::Error;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [address, plugin] = &arguments[..] else {
        eprintln!("usage: gateway ADDRESS PLUGIN, where PLUGIN is NAME or LINK#NAME");
        return ExitCode::from(2);
    };
    let Err(error) = serve(address, plugin) else { return ExitCode::SUCCESS };
    eprintln!("gateway: {error:?}");
    ExitCode::FAILURE
}

fn serve(address: &str, plugin: &str) -> Result<(), Error> {
    let plugin = gateway::open(plugin)?;
    // A method that is not asynchronous blocks its thread, so it is called before the runtime has work.
    let form = plugin.form()?;
    Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(address).await?;
        println!("http://{}/{form}", listener.local_addr()?);
        Ok(axum::serve(listener, gateway::router(plugin)).await?)
    })
}
