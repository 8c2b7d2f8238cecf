//! What a host sends to a plugin by net/rpc, from the first frame of yamux on, and the values of gob that come by one stream: whatever the bytes, an answer or an end.

#![no_main]

use plug::{Error, plug};

/// What can be asked for.
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
