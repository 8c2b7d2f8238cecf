//! Arguments that have no name in Go, and so no place in a map.

use std::collections::BTreeMap;

#[plug::interface(portable)]
trait Maps: Send + Sync {
    #[plug(netrpc = "map")]
    fn put(&self, key: &str, labels: BTreeMap<String, String>) -> Result<(), plug::Error>;
}

fn main() {}
