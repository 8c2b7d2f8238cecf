//! Compares the interfaces of the objects that cross with the methods of an interface.
//!
//! A side that is lent or given an object calls it, so that the other side must have the methods which
//! this side has: those without a default body, and all that both have by one name.

use crate::compat::matching::match_methods;
use crate::compat::record::ParsedInterface;
use crate::error::difference::Difference;

/// The records of the interfaces of two builds, by their paths.
pub(crate) struct Builds<'o, 'b, 't> {
    pub ours: &'o dyn Fn(&str) -> Option<ParsedInterface<'static>>,
    pub theirs: &'o dyn Fn(&str) -> Option<&'b ParsedInterface<'t>>,
}

/// A side of a boundary.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Host,
    Plugin,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Host => Self::Plugin,
            Self::Plugin => Self::Host,
        }
    }
}

/// An object of an interface, and the side that calls it.
type Object = (String, Side);

/// The differences of the objects that cross with the methods of this interface, which the host calls.
pub(crate) fn differences(interface: &ParsedInterface<'_>, builds: &Builds<'_, '_, '_>) -> Vec<Difference> {
    let mut objects: Vec<Object> = Vec::new();
    note(interface, Side::Host, &mut objects);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((path, caller)) = objects.get(at).cloned() {
        at += 1;
        // A build without a record of it is an older one, which tells of no objects.
        let (Some(ours), Some(theirs)) = ((builds.ours)(&path), (builds.theirs)(&path)) else { continue };
        let (needed, owned) = match caller {
            Side::Host => (&ours, theirs),
            Side::Plugin => (theirs, &ours),
        };
        if let Err(differences) = match_methods(needed, owned) {
            found.extend(differences.into_iter().map(|difference| of_object(&path, difference, caller)));
        }
        note(needed, caller, &mut objects);
    }
    found
}

/// A difference of an object's interface. `match_methods` takes the side that calls for the host.
fn of_object(path: &str, difference: Difference, caller: Side) -> Difference {
    let difference = match (difference, caller) {
        (Difference::Missing { method, host: plugin }, Side::Plugin) => Difference::Unknown { method, plugin },
        (Difference::Signature { method, plugin: host, host: plugin }, Side::Plugin) => {
            Difference::Signature { method, plugin, host }
        }
        (difference, _) => difference,
    };
    Difference::Object { interface: path.to_owned(), difference: Box::new(difference) }
}

/// Notes the objects in the signatures of an interface that a side calls.
fn note(interface: &ParsedInterface<'_>, caller: Side, objects: &mut Vec<Object>) {
    for method in &interface.methods {
        let (arguments, result) = method.signature.rsplit_once(") -> ").unwrap_or((method.signature, ""));
        let arguments = paths(arguments).map(|path| (path, caller.other()));
        let results = paths(result).map(|path| (path, caller));
        for object in arguments.chain(results) {
            if !objects.contains(&object) {
                objects.push(object);
            }
        }
    }
}

/// The paths of the objects in a part of a signature.
// (&dyn app::Host, Box<dyn app::Sink>
fn paths(text: &str) -> impl Iterator<Item = String> {
    text.split("dyn ").skip(1).map(|rest| rest.chars().take_while(|c| !matches!(c, ',' | '>' | ')' | ' ')).collect())
}

/// Whether some object crosses with its methods.
pub(crate) fn has_objects(record: &str) -> bool {
    record.contains("&dyn ") || record.contains("Box<dyn ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compat::record::ParsedMethod;

    fn interface<'t>(path: &'t str, methods: &[(&'t str, bool, &'t str)]) -> ParsedInterface<'t> {
        let method = |(name, has_default, signature): &(&'t str, bool, &'t str)| {
            let fingerprint = signature.len() as u128;
            ParsedMethod { name, has_default: *has_default, signature, fingerprint }
        };
        let methods = methods.iter().map(method).collect();
        ParsedInterface { number: "0", path, version: "1.0.0", methods, text: None }
    }

    fn found(ours: &[ParsedInterface<'static>], theirs: &[ParsedInterface<'_>]) -> Vec<String> {
        let find = |path: &str| ours.iter().find(|interface| interface.path == path);
        let copy = |interface: &ParsedInterface<'static>| {
            let ParsedInterface { number, path, version, ref methods, text } = *interface;
            ParsedInterface { number, path, version, methods: methods.clone(), text }
        };
        let builds = Builds {
            ours: &|path| find(path).map(copy),
            theirs: &|path| theirs.iter().find(|interface| interface.path == path),
        };
        differences(&ours[0], &builds).iter().map(ToString::to_string).collect()
    }

    const JOB: &[(&str, bool, &str)] =
        &[("run", false, "(&dyn a::Host, String) -> ()"), ("open", false, "(String) -> Box<dyn a::File>")];

    #[test]
    fn each_side_may_have_more_than_the_other_calls() {
        let ours = [
            interface("a::Job", JOB),
            interface("a::Host", &[("log", false, "(String) -> ()"), ("new", false, "() -> u64")]),
            interface("a::File", &[("read", false, "() -> Vec<u8>"), ("len", true, "() -> u64")]),
        ];
        let theirs = [
            interface("a::Job", JOB),
            interface("a::Host", &[("log", false, "(String) -> ()"), ("late", true, "() -> ()")]),
            interface("a::File", &[("sync", false, "() -> ()"), ("read", false, "() -> Vec<u8>")]),
        ];
        assert_eq!(found(&ours, &theirs), [""; 0]);
        // An older build has no records of objects.
        assert_eq!(found(&ours, &theirs[..1]), [""; 0]);
    }

    #[test]
    fn the_side_that_calls_needs_its_methods() {
        let ours = [
            interface("a::Job", JOB),
            interface("a::Host", &[("log", false, "(String) -> ()")]),
            interface("a::File", &[("read", false, "() -> Vec<u8>"), ("len", false, "() -> u64")]),
        ];
        let theirs = [
            interface("a::Job", JOB),
            interface("a::Host", &[("log", false, "(String, u8) -> ()"), ("ask", false, "(String) -> String")]),
            interface("a::File", &[("read", false, "() -> Vec<u8>")]),
        ];
        assert_eq!(
            found(&ours, &theirs),
            [
                "of `a::Host`, method `log` is `(String, u8) -> ()` in the plugin, and `(String) -> ()` in this program",
                "of `a::Host`, method `ask`, `(String) -> String`, is not in this program, and has no default body",
                "of `a::File`, method `len`, `() -> u64`, is not in the plugin, and has no default body",
            ]
        );
    }

    #[test]
    fn objects_of_objects_are_compared_too() {
        let ours = [
            interface("a::Job", &[("run", false, "(&dyn a::Host) -> ()")]),
            interface("a::Host", &[("watch", false, "(Box<dyn a::Job>, &dyn a::Sink) -> Box<dyn a::Host>")]),
            interface("a::Sink", &[("put", false, "(u8) -> ()")]),
        ];
        let mut theirs = [
            interface("a::Job", &[("run", false, "(&dyn a::Host) -> ()")]),
            interface("a::Host", &[("watch", false, "(Box<dyn a::Job>, &dyn a::Sink) -> Box<dyn a::Host>")]),
            interface("a::Sink", &[]),
        ];
        let lacks = "of `a::Sink`, method `put`, `(u8) -> ()`, is not in the plugin, and has no default body";
        assert_eq!(found(&ours, &theirs), [lacks]);
        theirs[2] = interface("a::Sink", &[("put", false, "(u8) -> ()")]);
        assert_eq!(found(&ours, &theirs), [""; 0]);
    }
}
