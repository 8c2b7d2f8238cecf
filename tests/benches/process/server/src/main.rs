//! Serves the same plugin over gRPC until a signal stops it.
//!
//! ```text
//! process-server ADDRESS
//! ```

use plug::{Server, plug};
use process_interface::Plug;

#[derive(Default)]
struct Greeter;

/// Says hello.
#[plug("greeter")]
impl Plug for Greeter {
    fn say_hello(&self, name: &str) -> Result<String, plug::Error> {
        Ok(format!("hello, {name}"))
    }
}

fn main() -> Result<(), plug::Error> {
    let address = std::env::args().nth(1).ok_or_else(|| plug::Error::msg("usage: process-server ADDRESS"))?;
    Server::new().bind(&address)?.serve()?;
    Ok(())
}
