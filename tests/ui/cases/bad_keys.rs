//! Unknown keys, keys without a value or with a wrong one, and a key twice: all at once.

use plug::plug;

#[plug::interface]
trait Greeter {
    fn greet(&self) -> String;
}

#[derive(Default)]
struct Bad;

#[plug("bad", alias = ["b"], aliases = "b", deprecated, deprecated = 7, deprecated = "  ", new = 7, crate = "plug" unexpected)]
impl Greeter for Bad {
    fn greet(&self) -> String {
        String::new()
    }
}

#[derive(Default)]
struct Twice;

#[plug("twice", deprecated = "use a", deprecated = "use b")]
impl Greeter for Twice {
    fn greet(&self) -> String {
        String::new()
    }
}

#[plug::interface(portible)]
trait Portible {
    fn call(&self);
}

#[derive(Default)]
struct Fine;

#[plug("fine")]
impl Portible for Fine {
    fn call(&self) {}
}

fn main() {}
