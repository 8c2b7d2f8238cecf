//! Matches the methods of two builds by name, if their fingerprints are equal.

use crate::compat::record::ParsedInterface;
use crate::error::difference::Difference;

/// For each method of the host, in order, its index among the other build's methods.
/// `None` if the other build is older and lacks the method, so that the default body serves
/// instead.
pub(crate) fn match_methods(
    host: &ParsedInterface<'_>,
    other: &ParsedInterface<'_>,
) -> Result<Vec<Option<usize>>, Vec<Difference>> {
    let mut places = Vec::with_capacity(host.methods.len());
    let mut differences = Vec::new();
    for method in &host.methods {
        let place = other.methods.iter().position(|other| other.name == method.name);
        places.push(place);
        match place.map(|place| &other.methods[place]) {
            Some(other) if other.fingerprint == method.fingerprint => {}
            Some(other) => differences.push(Difference::Signature {
                method: method.name.to_owned(),
                plugin: other.signature.to_owned(),
                host: method.signature.to_owned(),
            }),
            None if method.has_default => {}
            None => {
                let (method, host) = (method.name.to_owned(), method.signature.to_owned());
                differences.push(Difference::Missing { method, host });
            }
        }
    }
    if differences.is_empty() { Ok(places) } else { Err(differences) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compat::record::ParsedMethod;
    #[cfg(feature = "wire")]
    use crate::portable::const_text::ConstText;

    fn interface<'t>(methods: &[(&'t str, bool, &'t str)]) -> ParsedInterface<'t> {
        let method = |(name, has_default, signature): &(&'t str, bool, &'t str)| ParsedMethod {
            name,
            has_default: *has_default,
            signature,
            fingerprint: signature.len() as u128,
        };
        let methods = methods.iter().map(method).collect();
        ParsedInterface { number: "0", path: "app::Plug", version: "1.0.0", methods, text: None }
    }

    #[test]
    fn methods_are_found_by_name_wherever_they_are() {
        let host = interface(&[("a", false, "() -> ()"), ("new", true, "() -> u8"), ("b", false, "(u8) -> ()")]);
        let other = interface(&[("b", false, "(u8) -> ()"), ("gone", false, "() -> ()"), ("a", true, "() -> ()")]);
        assert_eq!(match_methods(&host, &other).unwrap(), [Some(2), None, Some(0)]);
    }

    #[test]
    fn all_differences_are_told() {
        let host = interface(&[("a", true, "(u64) -> ()"), ("b", false, "() -> ()"), ("c", false, "() -> ()")]);
        let other = interface(&[("a", true, "(u8) -> ()"), ("c", false, "() -> ()")]);
        let differences: Vec<_> = match_methods(&host, &other).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(
            differences,
            [
                "method `a` is `(u8) -> ()` in the plugin, and `(u64) -> ()` in this program",
                "method `b`, `() -> ()`, is not in the plugin, and has no default body",
            ],
        );
    }

    #[cfg(feature = "wire")]
    #[test]
    fn an_asynchronous_method_is_another_one_in_a_library_and_the_same_by_message() {
        const SYNC: ConstText<21> = ConstText::new().push("(String, u32) -> Text");
        const ASYNC: ConstText<27> = ConstText::new().push("async (String, u32) -> Text");
        let method = |signature, fingerprint| ParsedMethod { name: "a", has_default: true, signature, fingerprint };
        let sync = || ParsedInterface { methods: vec![method(SYNC.as_str(), SYNC.fingerprint(0))], ..interface(&[]) };
        let other =
            || ParsedInterface { methods: vec![method(ASYNC.as_str(), ASYNC.fingerprint(0))], ..interface(&[]) };
        let differences = match_methods(&sync(), &other()).unwrap_err();
        assert_eq!(
            differences[0].to_string(),
            "method `a` is `async (String, u32) -> Text` in the plugin, and `(String, u32) -> Text` in this program"
        );
        assert_eq!(match_methods(&sync(), &other().by_message()).unwrap(), [Some(0)]);
        assert_eq!(match_methods(&other().by_message(), &sync().by_message()).unwrap(), [Some(0)]);
    }
}
