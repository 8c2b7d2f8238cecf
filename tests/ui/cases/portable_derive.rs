//! What keeps a type from crossing, and numbers that cannot be given: all at once, and at an interface that uses the type nothing
//! more.

use plug::Portable;

#[derive(Portable)]
struct Generic<T, const N: usize> {
    list: [T; N],
    next: Option<Box<Generic<T, N>>>,
    same: Vec<Self>,
}

#[derive(Portable)]
struct Borrowed<'a>(&'a str);

#[derive(Portable)]
union Union {
    number: u32,
}

#[derive(Portable)]
enum Empty {}

#[derive(Portable)]
#[plug(tag = 1, crat = plug, crate = plug)]
struct Keys {
    #[plug]
    nothing: u8,
    #[plug(tag)]
    no_value: u8,
    #[plug(tag = "3")]
    text: u8,
    #[plug(tag = -1)]
    negative: u8,
    #[plug(tag = 3, tag = 4, crate = plug, tags = 5)]
    many: u8,
}

#[derive(Portable)]
struct Numbers {
    #[plug(tag = 0)]
    zero: u8,
    #[plug(tag = 536_870_912)]
    high: u8,
    #[plug(tag = 99999999999)]
    higher: u8,
    #[plug(tag = 19_500)]
    reserved: u8,
    #[plug(tag = 7)]
    seven: u8,
    eight: u8,
    #[plug(tag = 8)]
    eight_too: u8,
    #[plug(tag = 7)]
    seven_too: u8,
    eight_again: u8,
    #[plug(tag = 536_870_911)]
    last: u8,
    none_left: u8,
}

#[derive(Portable)]
enum Units {
    #[plug(tag = 2_147_483_648)]
    High,
    #[plug(tag = 19_500)]
    NotReserved,
    #[plug(tag = 19_499)]
    Below,
    Twice,
}

#[derive(Portable)]
enum Variants {
    #[plug(tag = 536_870_912)]
    High,
    #[plug(tag = 19_500)]
    Reserved(#[plug(tag = 2)] u8, #[plug(tag = 2)] u8),
    #[plug(tag = 7)]
    Next {
        #[plug(tag = 19_000)]
        reserved: u8,
    },
    #[plug(tag = 7)]
    Twice,
}

#[plug::interface(portable)]
trait Uses: Send + Sync {
    fn uses(&self, generic: Generic<u8, 1>, union: Union, empty: &Empty, borrowed: Vec<u8>) -> Result<Numbers, plug::Error>;
    fn rest(&self, keys: Vec<Keys>, units: Units) -> Result<Option<Variants>, plug::Error>;
}

fn main() {}
