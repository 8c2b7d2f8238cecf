//! The path of an interface cannot name the associated types of the impl.

use plug::plug;

#[plug::interface]
trait Codec<T> {
    type Item;
    fn encode(&self, of: T) -> Self::Item;
}

#[derive(Default)]
struct Bytes;

#[plug("bytes")]
impl Codec<Vec<Self::Item>> for Bytes {
    type Item = u8;
    fn encode(&self, _: Vec<u8>) -> u8 {
        0
    }
}

fn main() {}
