//! The service `Plug` of the programs in Go, with an asynchronous method, as a process.

use std::process::ExitCode;

use plug::{Error, plug};

/// A greeter.
#[plug::interface(portable, service = "Plug")]
trait Greets: Send + Sync {
    /// Greets `name`.
    async fn say_hello(&self, name: &str) -> Result<String, Error>;
}

plug::handshake! { cookie = "HASHI=hola", versions = { 1: netrpc [dyn Greets], 2: [dyn Greets] } }

#[derive(Default)]
struct Greeter;

/// Greets at the second poll.
#[plug("a")]
impl Greets for Greeter {
    async fn say_hello(&self, name: &str) -> Result<String, Error> {
        plug_tests::pause().await;
        Ok(format!("hello, {name}"))
    }
}

fn main() -> ExitCode {
    plug::serve()
}
