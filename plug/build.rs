//! Empty: `links` in Cargo.toml is refused without a build script.

fn main() {}
