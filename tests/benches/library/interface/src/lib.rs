//! The interface of the plugins in libraries, as a portable interface of plug.

/// The interface of the plugins.
#[plug::interface(portable)]
pub trait Work: Send + Sync {
    /// The sum, which wraps.
    fn add(&self, a: u64, b: u64) -> Result<u64, plug::Error>;

    /// The number of bytes.
    fn length(&self, bytes: &[u8]) -> Result<u64, plug::Error>;

    /// Greets `name`.
    fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
}
