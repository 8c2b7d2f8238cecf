//! A trait without `#[plug::interface]`: said once for a plugin, and at what the host opens.

use plug::plug;

trait Greeter {
    fn greet(&self) -> String;
}

#[derive(Default)]
struct A;

#[plug("a")]
impl Greeter for A {
    fn greet(&self) -> String {
        String::new()
    }
}

fn main() {
    let _ = plug::Registry::builtin().open::<dyn Greeter>("a");
}
