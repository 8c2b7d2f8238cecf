//! The plugin, as for any link.
//! The table builds it as a shared library. The host also links it, for comparison.

use library_interface::Work;

/// Does the work.
#[derive(Default)]
pub struct A;

/// Does the work.
#[plug::plug("a")]
impl Work for A {
    fn add(&self, a: u64, b: u64) -> Result<u64, plug::Error> {
        Ok(a.wrapping_add(b))
    }

    fn length(&self, bytes: &[u8]) -> Result<u64, plug::Error> {
        Ok(bytes.len() as u64)
    }

    fn say_hello(&self, name: &str) -> Result<String, plug::Error> {
        Ok(format!("hello, {name}"))
    }
}
