//! The interface of the plugins, as a portable interface of plug.

/// The interface of the plugins.
#[plug::interface(portable)]
pub trait Work: Send + Sync {
    /// The sum, which wraps.
    async fn add(&self, a: u64, b: u64) -> Result<u64, plug::Error>;

    /// Greets `name`.
    async fn say_hello(&self, name: &str) -> Result<String, plug::Error>;

    /// Is pending once, and wakes the task by a clone of the waker. Returns the number of polls.
    async fn pause(&self) -> Result<u64, plug::Error>;
}
