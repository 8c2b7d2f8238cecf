//! A host with plugins, which opens none.

extern crate peer_inventory as _;

fn main() {}
