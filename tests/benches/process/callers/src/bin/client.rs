//! Starts a server and measures calls of its plugin, as `bench-client` in `tests/go` does.
//!
//! ```text
//! client [-calls COUNT] [-threads 1,8,64] [-span MILLISECONDS] [-starts COUNT]
//!     ADDRESS SERVER [ARGUMENT…]
//! ```
//!
//! The address is plug's, `grpc://HOST:PORT` or `grpc+unix:PATH`.
//! A value that is 0 or empty leaves its measurement out.

use std::process::{Child, Command, Stdio};

use plug::link::Grpc;
use plug::{Error, Registry};
use process_callers::{Asked, Opened, hello, measure};
use process_interface::Plug;

/// A process that is killed when this is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn main() -> Result<(), Error> {
    let usage = "client [-calls N] [-threads N,N] [-span MILLISECONDS] [-starts N] ADDRESS SERVER [ARGUMENT…]";
    let asked = Asked::read(usage)?;
    let [address, server, arguments @ ..] = &asked.arguments[..] else {
        return Err(Error::msg(format!("usage: {usage}")));
    };
    measure(&asked, || {
        if let Some(path) = address.strip_prefix("grpc+unix:") {
            // The socket of the previous server must not get the connection, or be in the way.
            let _ = std::fs::remove_file(path);
        }
        let server = Command::new(server).args(arguments).stdout(Stdio::null()).spawn().map_err(Error::new)?;
        let server = Server(server);
        let mut registry = Registry::new();
        registry.add(&Grpc::open(address)?)?;
        let name = registry.plugins().next().map(|plugin| plugin.name().to_owned()).unwrap_or_default();
        let plugin = registry.open::<dyn Plug>(&name)?;
        hello(&*plugin)?;
        Ok(Opened { plugin, pid: server.0.id(), keep: Box::new((server, registry)) })
    })
}
