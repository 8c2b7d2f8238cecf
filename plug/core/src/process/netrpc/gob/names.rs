//! What fields are called in Go. The names are made once for each type, and kept, since a type is known as long as the program runs.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use once_cell::sync::Lazy;

use crate::portable::method::Signature;
use crate::portable::types::{Field, Variant};
use crate::protobuf::names::upper_camel;

/// The fields of a struct.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    /// What no other struct is known by.
    pub key: &'static str,
    pub names: &'static [&'static str],
}

/// Of an `Option` that is no field, and of nothing.
pub(super) const WRAPPER: Named = Named { key: "option", names: &["Value"] };

impl Named {
    pub(super) fn of_fields(fields: &'static [Field]) -> Self {
        Self::of(fields.as_ptr().addr(), || fields.iter().map(|field| field.name).collect())
    }

    pub(super) fn of_variants(variants: &'static [Variant]) -> Self {
        Self::of(variants.as_ptr().addr(), || variants.iter().map(|variant| variant.name).collect())
    }

    pub(super) fn of_arguments(signature: &'static Signature) -> Self {
        let names = signature.argument_names;
        Self::of(names.as_ptr().addr(), || names.to_vec())
    }

    fn of(address: usize, names: impl FnOnce() -> Vec<&'static str>) -> Self {
        static ALL: Lazy<Mutex<HashMap<usize, Named>>> = Lazy::new(Mutex::default);
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        *all.entry(address)
            .or_insert_with(|| Named { key: String::leak(format!("{address:x}")), names: Vec::leak(unlike(&names())) })
    }
}

/// The names as Go has them, no two of them alike.
fn unlike(names: &[&str]) -> Vec<&'static str> {
    let mut unlike: Vec<&'static str> = Vec::with_capacity(names.len());
    for name in names {
        let name = exported(name);
        let numbered = (2..).map(|number| format!("{name}{number}"));
        let name = std::iter::once(name.clone()).chain(numbered).find(|name| !unlike.contains(&&name[..]));
        unlike.push(String::leak(name.unwrap_or_default()));
    }
    unlike
}

/// A name that begins with a capital, without which Go keeps a field to itself.
fn exported(name: &str) -> String {
    let name = upper_camel(name);
    if name.starts_with(|first: char| first.is_uppercase()) { name } else { format!("Field{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_go() {
        assert_eq!(
            unlike(&["user_id", "x", "Left", "0", "a_b", "aB", "ab"]),
            ["UserId", "X", "Left", "Field0", "AB", "AB2", "Ab"]
        );
    }
}
