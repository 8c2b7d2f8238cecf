//! A host without plugins.

extern crate peer_typetag as _;

fn main() {}
