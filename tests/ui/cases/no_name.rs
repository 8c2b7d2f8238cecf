//! A plugin without a name, names that are no strings, one plugin with two names, and names that only the compiler knows.

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

const NAME: &str = "constant";

#[derive(Default)]
struct Constant;

#[plug(NAME, aliases = ["c"])]
impl Greeter for Constant {
    fn greet(&self) -> String {
        NAME.to_owned()
    }
}

#[derive(Default)]
struct Associated;

impl Associated {
    const NAME: &str = "associated";
}

#[plug(Associated::NAME)]
impl Greeter for Associated {
    fn greet(&self) -> String {
        Self::NAME.to_owned()
    }
}

#[derive(Default)]
struct Macro;

#[plug(concat!("a", "-b"))]
impl Greeter for Macro {
    fn greet(&self) -> String {
        String::new()
    }
}

fn main() {}
