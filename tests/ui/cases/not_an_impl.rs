//! `#[plug]` and `#[plug::interface]` where they do not belong. What they stand above is still there.

use plug::plug;

#[plug::interface]
trait Greeter {
    fn greet(&self) -> String;
}

#[derive(Default)]
struct Inherent;

#[plug("inherent")]
impl Inherent {
    fn new() -> Self {
        Self
    }
}

#[plug("type")]
struct Type;

#[plug("function")]
fn function() {}

#[plug("trait")]
trait Trait {}

#[plug::interface]
struct NoTrait;

#[plug::interface]
impl Greeter for Type {
    fn greet(&self) -> String {
        String::new()
    }
}

fn main() {
    Inherent::new();
    function();
    let _: Option<(Box<dyn Trait>, NoTrait)> = None;
}
