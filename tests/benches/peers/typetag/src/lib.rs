//! An interface with plugins that typetag would register through inventory.
//! It measures the time of a clean build.

use inventory as _;

/// The interface of the plugins.
#[typetag::serde]
pub trait Plug: Send + Sync {
    /// Greets `name`.
    fn say_hello(&self, name: &str) -> String;
}
