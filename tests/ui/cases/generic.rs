//! A generic impl is many types, and a plugin is one.

use plug::plug;

#[plug::interface]
trait Greeter {
    fn greet(&self) -> String;
}

#[derive(Default)]
struct Of<T>(T);

#[plug("of")]
impl<T: Default + 'static> Greeter for Of<T> {
    fn greet(&self) -> String {
        String::new()
    }
}

struct Borrowed<'a>(&'a str);

#[plug("borrowed")]
impl<'a> Greeter for Borrowed<'a> {
    fn greet(&self) -> String {
        self.0.to_owned()
    }
}

fn main() {}
