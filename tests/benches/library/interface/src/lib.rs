//! What the plugins in libraries do, as an interface of plug that may cross a border.

/// What the plugins do.
#[plug::interface(portable)]
pub trait Work: Send + Sync {
    /// The sum, which wraps.
    fn add(&self, a: u64, b: u64) -> Result<u64, plug::Error>;

    /// How many bytes there are.
    fn length(&self, bytes: &[u8]) -> Result<u64, plug::Error>;

    /// Greets `name`.
    fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
}
