//! `link!` takes nothing.

plug::link!(plugin_a, plugin_b);

fn main() {}
