//! Every bad name of one plugin, all at once.

use plug::plug;

#[plug::interface]
trait Greeter {
    fn greet(&self) -> String;
}

#[derive(Default)]
struct Bad;

#[plug("My Plugin", aliases = ["", "a/b", "-", "é", "good", "good", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"])]
impl Greeter for Bad {
    fn greet(&self) -> String {
        String::new()
    }
}

#[derive(Default)]
struct Again;

#[plug("again", aliases = ["again"])]
impl Greeter for Again {
    fn greet(&self) -> String {
        String::new()
    }
}

fn main() {}
