//! What plugins in processes and behind servers do: the interface of the programs in `tests/go`, and their handshake.

/// A greeter.
#[plug::interface(portable)]
pub trait Plug: Send + Sync {
    /// Greets `name`.
    fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
}

plug::handshake! { cookie = "HASHI=hola", versions = { 1: [dyn Plug] } }
