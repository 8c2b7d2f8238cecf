//! The input of a plugin over net/rpc: frames of yamux, or the gob of one stream.
//!
//! Any bytes get an answer, or end the connection. The first byte chooses between the two.

#![no_main]

use plug::{Error, plug};

/// The interface that is served.
#[plug::interface(portable)]
trait Adds: Send + Sync {
    fn add(&self, one: u8, other: Vec<i64>) -> Result<String, Error>;
}

#[derive(Default)]
struct Adder;

#[plug("a")]
impl Adds for Adder {
    fn add(&self, _: u8, _: Vec<i64>) -> Result<String, Error> {
        Err(Error::msg("nothing is called here"))
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    match first % 2 {
        0 => _ = plug::__private::testing::read_netrpc(rest),
        _ => _ = plug::__private::testing::serve_netrpc(rest),
    }
});
