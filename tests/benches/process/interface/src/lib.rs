//! The interface of plugins in processes and behind servers, and its handshake.
//! The programs in `tests/go` have the same.

/// A greeter.
#[plug::interface(portable)]
pub trait Plug: Send + Sync {
    /// Greets `name`.
    fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
}

plug::handshake! { cookie = "HASHI=hola", versions = { 1: netrpc [dyn Plug], 2: [dyn Plug] } }
