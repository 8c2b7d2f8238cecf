//! The names on the wire: of the service, of its methods and of their arguments.

use std::collections::{HashMap, HashSet};

use syn::ext::IdentExt;
use syn::{Ident, LitStr, Pat};

use crate::arguments::Errors;

/// The name in the attribute, or else the name of the trait.
pub(super) fn service(name: &Ident, given: Option<&LitStr>, errors: &mut Errors) -> String {
    let text = given.map_or_else(|| name.unraw().to_string(), LitStr::value);
    if !text.split('.').all(is_identifier) {
        match given {
            Some(given) => errors.at(given, "a service has a protobuf name: `KV`, or `proto.KV` with a package"),
            None => errors.at(name, "a protobuf name is ASCII: write `service = \"Name\"` too"),
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
pub(super) fn of_method(name: &Ident, errors: &mut Errors) -> String {
    let text = name.unraw().to_string();
    if !is_identifier(&text) {
        errors.at(name, "a protobuf name is ASCII: give the method another");
    }
    let parts = text.split('_').filter(|part| !part.is_empty());
    let upper = parts.fold(String::new(), |upper, part| {
        let (first, rest) = part.split_at_checked(1).unwrap_or(("", part));
        upper + &first.to_ascii_uppercase() + rest
    });
    if is_identifier(&upper) { upper } else { text }
}

/// No two methods have one name on the wire.
/// Two methods of one name in Rust are left to the compiler, since their conditions can exclude
/// each other.
pub(super) fn check<'a>(methods: impl Iterator<Item = (&'a Ident, &'a str)>, errors: &mut Errors) {
    let mut seen = HashMap::new();
    for (name, wire_name) in methods {
        if let Some(other) = seen.insert(wire_name, name).filter(|other| *other != name) {
            let message = format!("on the wire this method is `{wire_name}`, as is `{other}`: give it another name");
            errors.at(name, message);
        }
    }
}

/// The names as they are written.
/// A pattern without a name gets one by its place.
pub(super) fn of_arguments<'a>(patterns: impl Iterator<Item = &'a Pat> + Clone) -> Vec<String> {
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

#[cfg(test)]
mod tests {
    use quote::format_ident;
    use syn::parse::Parser;

    use super::*;

    #[test]
    fn a_method_has_a_name_in_upper_camel_case() {
        let name = |name| of_method(&format_ident!("{name}"), &mut Errors::default());
        let names = ["say_hello", "get", "_private", "say__2_x", "sayHello", "_1", "__", "r#match"].map(name);
        assert_eq!(names, ["SayHello", "Get", "Private", "Say2X", "SayHello", "_1", "__", "Match"]);
    }

    #[test]
    fn an_argument_without_a_name_gets_one_by_its_place() {
        let pattern = |text| Pat::parse_single.parse_str(text).unwrap();
        let patterns = ["r#type", "_", "mut arg4", "(a, b)", "arg4_"].map(pattern);
        assert_eq!(of_arguments(patterns.iter()), ["type", "arg2", "arg4", "arg4__", "arg4_"]);
    }

    #[test]
    fn a_service_has_a_protobuf_name() {
        for (name, is_one) in [("KV", true), ("proto.KV", true), ("a.b_1._c", true), ("", false), ("a.", false)] {
            assert_eq!(name.split('.').all(is_identifier), is_one, "{name}");
        }
        assert!(!is_identifier("1a") && !is_identifier("é") && !is_identifier("a-b"));
    }
}
