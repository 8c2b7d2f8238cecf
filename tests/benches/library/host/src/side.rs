//! What is measured: an opened plugin, called with the types of std and answering with them, whatever it is called through.

pub mod abi_stable;
pub mod plug;
pub mod stabby;

/// An opened plugin. Its methods panic where the plugin's fail, since then there is nothing to measure.
pub trait Side {
    fn add(&self, a: u64, b: u64) -> u64;
    fn length(&self, bytes: &[u8]) -> u64;
    fn say_hello(&self, name: &str) -> String;
}
