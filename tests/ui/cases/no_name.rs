//! A plugin without a name, one with a name that is no string, and one with two.

use plug::plug;

#[plug::interface]
trait Greeter {
    fn greet(&self) -> String;
}

#[derive(Default)]
struct None;

#[plug]
impl Greeter for None {
    fn greet(&self) -> String {
        String::new()
    }
}

#[derive(Default)]
struct Bare;

#[plug(bare, aliases = ["b"])]
impl Greeter for Bare {
    fn greet(&self) -> String {
        String::new()
    }
}

#[derive(Default)]
struct Number;

#[plug(7)]
impl Greeter for Number {
    fn greet(&self) -> String {
        String::new()
    }
}

#[derive(Default)]
struct Two;

#[plug("one", "two")]
impl Greeter for Two {
    fn greet(&self) -> String {
        String::new()
    }
}

fn main() {}
