//! What a portable interface is called on the wire: the names of the service, of its methods and of their arguments; and which methods
//! may be called twice.

use std::collections::{HashMap, HashSet};

use syn::ext::IdentExt;
use syn::{Attribute, Error, Ident, ItemTrait, LitStr, Pat, TraitItem};

use crate::arguments::{self, Errors};

/// The name that is given, or else the trait's.
pub(super) fn service(name: &Ident, given: Option<&LitStr>, errors: &mut Errors) -> String {
    let text = given.map_or_else(|| name.unraw().to_string(), LitStr::value);
    if !text.split('.').all(is_identifier) {
        match given {
            Some(given) => errors.at(given, "a service is called as in protobuf: `KV`, or `proto.KV` with a package"),
            None => errors.at(name, "protobuf has no such names, only ASCII ones: write `service = \"Name\"` too"),
        }
    }
    text
}

/// `[A-Za-z_][A-Za-z0-9_]*`
fn is_identifier(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit())
        && !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `SayHello` for `say_hello`.
pub(super) fn method_name(name: &Ident, errors: &mut Errors) -> String {
    let text = name.unraw().to_string();
    if !is_identifier(&text) {
        errors.at(name, "protobuf has no such names, only ASCII ones: give the method another");
    }
    let parts = text.split('_').filter(|part| !part.is_empty());
    let upper = parts.fold(String::new(), |upper, part| {
        let (first, rest) = part.split_at_checked(1).unwrap_or(("", part));
        upper + &first.to_ascii_uppercase() + rest
    });
    if is_identifier(&upper) { upper } else { text }
}

/// No two methods are called alike. Two of one name are the compiler's to refuse, or there under different conditions.
pub(super) fn check_names<'a>(methods: impl Iterator<Item = (&'a Ident, &'a str)>, errors: &mut Errors) {
    let mut seen = HashMap::new();
    for (name, wire_name) in methods {
        if let Some(other) = seen.insert(wire_name, name).filter(|other| *other != name) {
            let message = format!("on the wire this method is `{wire_name}`, as is `{other}`: give it another name");
            errors.at(name, message);
        }
    }
}

/// The names as they are written, and of what has none one after its place.
pub(super) fn argument_names<'a>(patterns: impl Iterator<Item = &'a Pat> + Clone) -> Vec<String> {
    let written = |pattern: &Pat| match pattern {
        Pat::Ident(pattern) => Some(pattern.ident.unraw().to_string()),
        _ => None,
    };
    let taken: HashSet<_> = patterns.clone().filter_map(written).collect();
    let names = patterns.zip(1..).map(|(pattern, place)| {
        written(pattern).unwrap_or_else(|| {
            let mut name = format!("arg{place}");
            while taken.contains(&name) {
                name.push('_');
            }
            name
        })
    });
    names.collect()
}

// #[plug(idempotent)]
pub(super) fn is_idempotent(attributes: &[Attribute], errors: &mut Errors) -> bool {
    let mut is_idempotent = false;
    arguments::each_of(attributes, "idempotent", errors, |input, errors| {
        let key = arguments::key(input, "idempotent")?;
        if key != "idempotent" {
            return Err(Error::new(key.span(), format!("unknown key `{key}`: there is `idempotent`")));
        }
        if std::mem::replace(&mut is_idempotent, true) {
            errors.at(&key, "`idempotent` is given twice");
        }
        Ok(())
    });
    is_idempotent
}

pub(super) fn refuse_marks(attributes: &[Attribute], why: &str, errors: &mut Errors) {
    attributes.iter().filter(|attribute| is_mark(attribute)).for_each(|mark| errors.at(mark, why));
}

/// Of an interface that is not portable.
pub(super) fn refuse_all_marks(item: &ItemTrait, errors: &mut Errors) {
    for item in &item.items {
        if let TraitItem::Fn(item) = item {
            refuse_marks(&item.attrs, "what is said here is for borders: make the interface `portable`", errors);
        }
    }
}

/// Nobody else knows them.
pub(super) fn take_off_marks(item: &mut ItemTrait) {
    for item in &mut item.items {
        if let TraitItem::Fn(item) = item {
            item.attrs.retain(|attribute| !is_mark(attribute));
        }
    }
}

fn is_mark(attribute: &Attribute) -> bool {
    attribute.path().is_ident("plug")
}

#[cfg(test)]
mod tests {
    use quote::format_ident;
    use syn::parse::Parser;

    use super::*;

    #[test]
    fn a_method_is_called_in_upper_camel_case() {
        let name = |name| method_name(&format_ident!("{name}"), &mut Errors::default());
        let names = ["say_hello", "get", "_private", "say__2_x", "sayHello", "_1", "__", "r#match"].map(name);
        assert_eq!(names, ["SayHello", "Get", "Private", "Say2X", "SayHello", "_1", "__", "Match"]);
    }

    #[test]
    fn an_argument_without_a_name_is_called_after_its_place() {
        let pattern = |text| Pat::parse_single.parse_str(text).unwrap();
        let patterns = ["r#type", "_", "mut arg4", "(a, b)", "arg4_"].map(pattern);
        assert_eq!(argument_names(patterns.iter()), ["type", "arg2", "arg4", "arg4__", "arg4_"]);
    }

    #[test]
    fn a_service_is_a_name_of_protobuf() {
        for (name, is_one) in [("KV", true), ("proto.KV", true), ("a.b_1._c", true), ("", false), ("a.", false)] {
            assert_eq!(name.split('.').all(is_identifier), is_one, "{name}");
        }
        assert!(!is_identifier("1a") && !is_identifier("é") && !is_identifier("a-b"));
    }
}
