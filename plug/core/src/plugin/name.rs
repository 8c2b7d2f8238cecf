//! The rule for names of plugins: `[a-z0-9]+([-_][a-z0-9]+)*`, at most 64 bytes.
//! The macros hold the same rule for names in source code; this file checks names at run time.

use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::escape;

/// The maximum length of a name, in bytes.
pub(crate) const MAX_LEN: usize = 64;

/// `[a-z0-9]+([-_][a-z0-9]+)*`
pub(crate) fn is_valid(name: &str) -> bool {
    name.len() <= MAX_LEN
        && name
            .split(['-', '_'])
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

pub(crate) fn check(name: &str) -> Result<(), Error> {
    if is_valid(name) { Ok(()) } else { Err(ErrorKind::BadName { name: escape::short(name) }.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "7", "a-b", "a_b-c", "kv2", &"a".repeat(64)] {
            assert!(is_valid(good), "{good}");
        }
        for bad in ["", "A", "a/b", "-a", "a-", "a--b", "a b", "é", "a\n", &"a".repeat(65)] {
            assert!(!is_valid(bad), "{bad}");
        }
    }
}
