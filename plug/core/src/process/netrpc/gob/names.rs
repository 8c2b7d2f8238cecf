//! The names of fields in Go. They are made once for each type, and kept until the program ends.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use once_cell::sync::Lazy;

use crate::portable::method::Signature;
use crate::portable::types::{Field, Variant};
use crate::protobuf::names::upper_camel;

/// The names of a struct's fields.
#[derive(Debug, Clone, Copy)]
pub(super) struct FieldNames {
    /// Unique to the struct.
    pub key: &'static str,
    pub names: &'static [&'static str],
}

/// The struct around an `Option` that is not a field.
pub(super) const WRAPPER: FieldNames = FieldNames { key: "option", names: &["Value"] };

impl FieldNames {
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
        static ALL: Lazy<Mutex<HashMap<usize, FieldNames>>> = Lazy::new(Mutex::default);
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        *all.entry(address).or_insert_with(|| FieldNames {
            key: String::leak(format!("{address:x}")),
            names: Vec::leak(unique(&names())),
        })
    }
}

/// The names in Go, each of them unique.
fn unique(names: &[&str]) -> Vec<&'static str> {
    let mut unique: Vec<&'static str> = Vec::with_capacity(names.len());
    for name in names {
        let name = exported(name);
        let numbered = (2..).map(|number| format!("{name}{number}"));
        let name = std::iter::once(name.clone()).chain(numbered).find(|name| !unique.contains(&&name[..]));
        unique.push(String::leak(name.unwrap_or_default()));
    }
    unique
}

/// A name that begins with a capital. Go encodes no other fields.
fn exported(name: &str) -> String {
    let name = upper_camel(name);
    if name.starts_with(|first: char| first.is_uppercase()) { name } else { format!("Field{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_exported_and_unique() {
        assert_eq!(
            unique(&["user_id", "x", "Left", "0", "a_b", "aB", "ab"]),
            ["UserId", "X", "Left", "Field0", "AB", "AB2", "Ab"]
        );
    }
}
