//! A mistake in the impl is the compiler's to explain, and nothing follows from it.

use plug::plug;

#[plug::interface]
trait Greeter {
    fn greet(&self) -> String;
}

#[derive(Default)]
struct A;

#[plug("a")]
impl Greeter for A {
    fn greet(&self) -> String {
        let
    }
}

fn main() {}
