//! A host with plugins. Opens none, or the named one and prints the nanoseconds that this took.

use std::time::Instant;

use ours::Plug;
use plug::Registry;

plug::link!();

fn main() {
    let Some(name) = std::env::args().nth(1) else { return };
    let start = Instant::now();
    let plug = Registry::builtin().open::<dyn Plug>(&name).expect("the plugin is linked");
    let took = start.elapsed();
    assert!(plug.say_hello("x").ends_with(", x"));
    println!("{}", took.as_nanos());
}
