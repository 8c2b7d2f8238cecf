//! The plugin `a`: greets in English.

use app_interface::Plug;
use plug::plug;

/// Greets in English.
#[derive(Default)]
pub struct A;

/// Says hello in English.
#[plug("a")]
impl Plug for A {
    fn say_hello(&self, name: &str) -> Result<String, plug::Error> {
        Ok(format!("hello, {name}"))
    }
}
