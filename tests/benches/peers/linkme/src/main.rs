//! A host with plugins, which opens none.

extern crate peer_linkme as _;

fn main() {}
