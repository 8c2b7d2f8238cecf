//! The plugins of one name in the crate that is compiled.
//!
//! A macro does not know which trait a path means, so a name alone is no mistake.
//! Each expansion therefore emits a comparison with the earlier plugins of its name, and the
//! compiler, which knows the interfaces, decides.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The place of an attribute.
pub(crate) struct Site {
    /// A text that no other attribute of the program has.
    pub(crate) unique: String,
    /// The file and the line.
    pub(crate) line: String,
    /// Whether this process compiles one crate, and so expands each attribute once.
    /// An editor's server expands the attributes of all crates, and again after each change.
    pub(crate) is_build: bool,
}

/// A plugin of the crate that is compiled.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) key: u64,
    pub(super) line: String,
}

/// The earlier plugins of the name.
/// The plugin itself is added, unless a condition can still remove it.
pub(super) fn earlier(name: &str, key: u64, site: &Site, is_certain: bool) -> Vec<Seen> {
    static SEEN: Mutex<BTreeMap<String, Vec<Seen>>> = Mutex::new(BTreeMap::new());
    if !site.is_build {
        return Vec::new();
    }
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let of_name = seen.entry(name.to_owned()).or_default();
    let earlier = of_name.clone();
    if is_certain {
        of_name.push(Seen { key, line: site.line.clone() });
    }
    earlier
}
