//! The interface of the app as it might have been once.

use plug::Error;

/// A greeter.
#[plug::interface(portable)]
pub trait Plug: Send + Sync {
    /// Greets `name`, so many times.
    fn say_hello(&self, name: &str, times: u32) -> Result<String, Error>;
}
