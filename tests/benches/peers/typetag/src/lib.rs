//! An interface whose plugins typetag would register through inventory: for the time that a clean build takes.

use inventory as _;

/// What the plugins do.
#[typetag::serde]
pub trait Plug: Send + Sync {
    /// Greets `name`.
    fn say_hello(&self, name: &str) -> String;
}
