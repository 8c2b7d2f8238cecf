//! A host with plugins. Opens none, or the named one.
//! Prints the nanoseconds until all were sorted by name.

use std::time::Instant;

use peer_metadata::Entry;

fn main() {
    let Some(name) = std::env::args().nth(1) else { return };
    let start = Instant::now();
    let mut entries: Vec<_> = inventory::iter::<Entry>.into_iter().collect();
    entries.sort_by_key(|entry| entry.name);
    let took = start.elapsed();
    let at = entries.binary_search_by_key(&&name[..], |entry| entry.name).expect("the plugin is linked");
    assert!((entries[at].new)().say_hello("x").ends_with(", x"));
    println!("{}", took.as_nanos());
}
