//! The measured object: an opened plugin, with arguments and results of std's types on every side.

pub mod abi_stable;
pub mod plug;
pub mod stabby;

/// An opened plugin. Its methods panic if the plugin fails, since a failure makes the times void.
pub trait Side {
    fn add(&self, a: u64, b: u64) -> u64;
    fn length(&self, bytes: &[u8]) -> u64;
    fn say_hello(&self, name: &str) -> String;
}
