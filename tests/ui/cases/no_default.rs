//! A type that nobody knows how to make.

use plug::plug;

#[plug::interface]
trait Greeter {
    fn greet(&self) -> String;
}

struct A(u32);

#[plug("a")]
impl Greeter for A {
    fn greet(&self) -> String {
        self.0.to_string()
    }
}

fn main() {}
