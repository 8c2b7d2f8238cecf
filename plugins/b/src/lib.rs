//! The plugin `b`: greets in French, and has the alias `bonjour`.

use app_interface::Plug;
use plug::plug;

/// Greets in French.
#[derive(Default)]
pub struct B;

/// Says hello in French.
#[plug("b", aliases = ["bonjour"])]
impl Plug for B {
    fn say_hello(&self, name: &str) -> Result<String, plug::Error> {
        Ok(format!("bonjour, {name}"))
    }
}
