//! Links and plugins as a person types them, alone or in a list.
//! It opens nothing.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use plug::ErrorKind;
use plug::link::{Address, LinkFault};

use crate::failure::{Exit, Failure};
use crate::kind::Kind;

/// A plugin as it is typed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Choice<'a> {
    /// The one of this name or alias.
    Name(&'a str),
    /// The one of this link with this name or alias; without a name, its only one.
    Of(Address, Option<&'a str>),
}

impl<'a> Choice<'a> {
    // a
    // library:target/release/libplugin_a.so
    // process:target/release/plugin-polite#formal
    // grpc://127.0.0.1:8888#a
    pub(crate) fn read(text: &'a str) -> Result<Self, Failure> {
        let error = match Address::parse(text) {
            Ok((address, plugin)) => return Ok(Self::Of(address, plugin)),
            Err(error) => error,
        };
        match error.kind() {
            // A name has no colon, and every address has one.
            ErrorKind::Link { fault: LinkFault::UnknownKind { meant, .. } } if !text.contains(':') => match meant {
                None => Ok(Self::Name(text)),
                Some(meant) => {
                    let failure = Failure::new(format!("`{text}` cannot be the name of a plugin"), Exit::Usage);
                    Err(with_way_in(failure.hint(&format!("did you mean `{meant}`?")), meant))
                }
            },
            _ => Err(unread(error)),
        }
    }
}

// library:target/release/libplugin_a.so
pub(crate) fn read(text: &str) -> Result<Address, Failure> {
    text.parse().map_err(unread)
}

/// The failure to read an address.
fn unread(error: plug::Error) -> Failure {
    let meant = match error.kind() {
        ErrorKind::Link { fault: LinkFault::UnknownKind { meant, .. } } => meant.clone(),
        _ => None,
    };
    meant.iter().fold(error.into(), |failure, meant| with_way_in(failure, meant))
}

/// The failure of a text without a kind of link, with how to get the kind that was meant.
fn with_way_in(failure: Failure, meant: &str) -> Failure {
    let kind = Address::parse(meant).ok().and_then(|(address, _)| Kind::of(&address));
    kind.and_then(Kind::way_in).iter().fold(failure, |failure, way_in| failure.hint(way_in))
}

/// The failure to find a plugin by the name behind a `#`.
pub(crate) fn unnamed(address: &Address, failure: Failure) -> Failure {
    failure.hint(&format!("behind `#` stands the name of a plugin of `{address}`"))
}

/// The links in a variable, with commas between.
/// Behind an address of hosts, a part that begins no link is one more host of it.
// library:x.so,grpc://one:1,two:2,process:y
pub(crate) fn separated(text: &str) -> Vec<String> {
    let mut links = Vec::<String>::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match links.last_mut() {
            Some(link) if has_hosts(link) && !begins_link(part) => {
                link.push(',');
                link.push_str(part);
            }
            _ => links.push(part.to_owned()),
        }
    }
    links
}

fn has_hosts(link: &str) -> bool {
    ["grpc://", "grpcs://"].iter().any(|prefix| link.starts_with(prefix))
}

fn begins_link(text: &str) -> bool {
    let unknown = |error: plug::Error| matches!(error.kind(), ErrorKind::Link { fault: LinkFault::UnknownKind { .. } });
    !Address::parse(text).is_err_and(unknown)
}

/// The links, without those that lead to the same file or server as one before them.
pub(crate) fn distinct(mut links: Vec<Address>) -> Vec<Address> {
    let mut seen = HashSet::new();
    links.retain(|link| seen.insert(canonical(link)));
    links
}

/// The same address for all paths of one file.
fn canonical(link: &Address) -> Address {
    let canonical = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    match link {
        Address::Library(path) => Address::Library(canonical(path)),
        Address::Process(path) => Address::Process(canonical(path)),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_link() {
        for name in ["a", "a#b", ""] {
            assert_eq!(Choice::read(name).unwrap(), Choice::Name(name));
        }
        let address = "grpc://a:1".parse().unwrap();
        assert_eq!(Choice::read("grpc://a:1#b").unwrap(), Choice::Of(address, Some("b")));
    }

    #[test]
    fn a_variable_holds_several_links() {
        assert_eq!(separated("library:a b.so, library:c.so,,"), ["library:a b.so", "library:c.so"]);
        assert_eq!(separated("grpc://a:1, b:2,process:c,d"), ["grpc://a:1,b:2", "process:c", "d"]);
        assert_eq!(separated("grpcs://a:1,grpcs://b:2,c:3"), ["grpcs://a:1", "grpcs://b:2,c:3"]);
        assert_eq!(separated("a:1,grpc+unix:b,c:2"), ["a:1", "grpc+unix:b", "c:2"]);
        assert!(separated("").is_empty());
    }

    #[test]
    fn a_link_that_is_given_twice_counts_once() {
        let links =
            ["grpc://a:1", "process:a", "library:a", "process:./a", "grpc://a:1/"].map(|link| read(link).unwrap());
        assert_eq!(distinct(links.to_vec()), links[..3]);
    }
}
