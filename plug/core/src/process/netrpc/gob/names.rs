//! The names of fields in Go, and of types.
//! Those of fields are made once for each type, and kept until the program ends.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gobwire::{TypeTable, WireType, ids};
use once_cell::sync::Lazy;

use crate::portable::signature::Signature;
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
        Self::of(fields.as_ptr().addr(), || fields.iter().map(|field| (field.name, field.go_name)).collect())
    }

    pub(super) fn of_variants(variants: &'static [Variant]) -> Self {
        Self::of(variants.as_ptr().addr(), || variants.iter().map(|variant| (variant.name, "")).collect())
    }

    // Two methods can share one list of names.
    pub(super) fn of_arguments(signature: &'static Signature) -> Self {
        let given = |(index, name): (usize, &&'static str)| (*name, signature.go_name(index));
        Self::of(std::ptr::from_ref(signature).addr(), || {
            signature.argument_names.iter().enumerate().map(given).collect()
        })
    }

    /// Each name in Rust, and the author's in Go, or an empty text.
    fn of(address: usize, names: impl FnOnce() -> Vec<(&'static str, &'static str)>) -> Self {
        static ALL: Lazy<Mutex<HashMap<usize, FieldNames>>> = Lazy::new(Mutex::default);
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        *all.entry(address).or_insert_with(|| FieldNames {
            key: String::leak(format!("{address:x}")),
            names: Vec::leak(unique(&names())),
        })
    }
}

/// The names in Go, each of them unique. Those of the author have priority.
fn unique(names: &[(&str, &'static str)]) -> Vec<&'static str> {
    let mut taken: Vec<&'static str> = names.iter().map(|(_, given)| *given).collect();
    let unique = names.iter().map(|(name, given)| {
        if !given.is_empty() {
            return *given;
        }
        let name = exported(name);
        let numbered = (2..).map(|number| format!("{name}{number}"));
        let name = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(&&name[..]));
        let name: &'static str = String::leak(name.unwrap_or_default());
        taken.push(name);
        name
    });
    unique.collect()
}

/// A name that begins with a capital. Go encodes no other fields.
fn exported(name: &str) -> String {
    let name = upper_camel(name);
    if name.starts_with(|first: char| first.is_uppercase()) { name } else { format!("Field{name}") }
}

/// The levels of a type without a name that are written. It may contain itself.
const LEVELS: usize = 4;

/// The peer's type as Go writes it: its name, or its elements.
pub(in crate::process::netrpc) fn type_name(types: &TypeTable, id: i64) -> String {
    let mut text = String::new();
    write_type(types, id, LEVELS, &mut text);
    text
}

fn write_type(types: &TypeTable, id: i64, levels: usize, text: &mut String) {
    let Some(ty) = types.get(id).filter(|ty| ty.name().is_empty()) else {
        return text.push_str(&if id == ids::INTERFACE { "interface{}".to_owned() } else { types.describe(id) });
    };
    let Some(levels) = levels.checked_sub(1) else { return text.push('…') };
    match &**ty {
        WireType::Array { elem, len, .. } => {
            text.push_str(&format!("[{len}]"));
            write_type(types, *elem, levels, text);
        }
        WireType::Slice { elem, .. } => {
            text.push_str("[]");
            write_type(types, *elem, levels, text);
        }
        WireType::Map { key, elem, .. } => {
            text.push_str("map[");
            write_type(types, *key, levels, text);
            text.push(']');
            write_type(types, *elem, levels, text);
        }
        WireType::Struct { .. } => text.push_str("struct"),
        WireType::Marshaler { .. } => text.push_str("encoded value"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_exported_and_unique() {
        assert_eq!(
            unique(&["user_id", "x", "Left", "0", "a_b", "aB", "ab"].map(|name| (name, ""))),
            ["UserId", "X", "Left", "Field0", "AB", "AB2", "Ab"]
        );
        assert_eq!(unique(&[("id", ""), ("key", "ID"), ("x", "Id")]), ["Id2", "ID", "Id"]);
    }
}
