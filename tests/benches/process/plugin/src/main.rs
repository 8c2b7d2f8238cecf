//! A plugin in a process, as its author writes it.

use std::process::ExitCode;

use plug::plug;
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

fn main() -> ExitCode {
    plug::serve()
}
