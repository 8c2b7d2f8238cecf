//! The handshake of an application with its plugins: the cookie, and the interfaces of each
//! version.

use std::collections::{BTreeMap, BTreeSet};

use crate::entry::handshake::{Declared, Protocol};
use crate::entry::submissions;
use crate::error::Error;
use crate::interface::{Identity, Interface};

/// Identifies a host and its plugins to each other.
/// It has a cookie, and the versions of the application's protocol.
/// Each version has its interfaces, and its protocol: gRPC unless it says net/rpc.
///
/// The interface's crate declares it once, by
/// [`plug::handshake!`](../../plug/macro.handshake.html).
/// Make one by hand to talk to programs that already exist.
///
/// ```
/// # #[plug::interface(portable)]
/// # pub trait Plug: Send + Sync {
/// #     fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
/// # }
/// use plug::process::{Handshake, Protocol};
///
/// let handshake = Handshake::new("HASHI", "hola");
/// let handshake = handshake.interface::<dyn Plug>(1).protocol(1, Protocol::NetRpc);
/// let handshake = handshake.interface::<dyn Plug>(2);
/// ```
///
/// The cookie is no protection: it keeps a person from starting a plugin by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    key: String,
    value: String,
    /// If empty, there is version 1, over gRPC, with all interfaces of the program.
    versions: BTreeMap<u32, Version>,
    hints: BTreeSet<String>,
}

/// A version of the application's protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Version {
    protocol: Protocol,
    /// `None` stands for all interfaces of the program.
    interfaces: Option<Vec<&'static Identity>>,
}

impl Handshake {
    /// A handshake with this cookie, the name and the value of an environment variable.
    /// Unless another method adds a version, it has version 1 with all portable interfaces of the
    /// program.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into(), versions: BTreeMap::new(), hints: BTreeSet::new() }
    }

    /// Adds a version without interfaces, for services that are no interfaces.
    #[must_use]
    pub fn version(mut self, version: u32) -> Self {
        self.add(version, None);
        self
    }

    /// Adds an interface to a version.
    #[must_use]
    pub fn interface<I: ?Sized + Interface>(mut self, version: u32) -> Self {
        self.add(version, Some(I::IDENTITY));
        self
    }

    /// Sets the protocol in which a plugin serves a version. Default: gRPC.
    ///
    /// A version that is not there yet is added, with all portable interfaces of the program.
    /// A host takes either protocol, as the plugin's handshake line says.
    #[must_use]
    pub fn protocol(mut self, version: u32, protocol: Protocol) -> Self {
        self.entry(version).protocol = protocol;
        self
    }

    /// Adds a hint for a person who starts a plugin by hand, such as the option of the host that
    /// takes the plugin's path.
    /// In it, `{path}` stands for that path.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.insert(hint.into());
        self
    }

    /// The handshake that is declared in this program.
    ///
    /// # Errors
    ///
    /// If none is declared, or if two are declared with different cookies, or with different
    /// protocols of one version.
    pub fn declared() -> Result<Self, Error> {
        Self::of(submissions::handshakes())
    }

    fn of<'a>(declared: impl IntoIterator<Item = &'a Declared>) -> Result<Self, Error> {
        let mut found: Option<(Self, &Declared)> = None;
        // The first place that declares each version.
        let mut places = BTreeMap::new();
        for next in declared {
            let (key, value) = next.cookie.split_once('=').unwrap_or((next.cookie, ""));
            let (mut handshake, first) = found.take().unwrap_or_else(|| (Self::new(key, value), next));
            if next.cookie != first.cookie {
                return Err(Error::msg(format!(
                    "two handshakes are declared: `{}` in {}, and `{}` in {}\n\
                     hint: plugins of one program have one cookie; give the link, or the server, the handshake that is meant",
                    first.cookie, first.place, next.cookie, next.place
                )));
            }
            for &(version, protocol, interfaces) in next.versions {
                let (earlier, place) = *places.entry(version).or_insert((protocol, next.place));
                if protocol != earlier {
                    return Err(Error::msg(format!(
                        "version {version} is declared with two protocols: `{}` in {place}, and `{}` in {}\n\
                         hint: a version has one protocol; declare the other one as another version",
                        earlier.name(),
                        protocol.name(),
                        next.place
                    )));
                }
                handshake.add(version, None);
                handshake.entry(version).protocol = protocol;
                interfaces.iter().for_each(|interface| handshake.add(version, Some(interface)));
            }
            handshake.hints.extend(next.hints.iter().map(|&hint| hint.to_owned()));
            found = Some((handshake, first));
        }
        found.map(|(handshake, _)| handshake).ok_or_else(|| {
            Error::msg(
                "no handshake is declared in this program\n\
                 hint: the interface's crate declares it: `plug::handshake! { cookie = \"KEY=value\", versions = { 1: [dyn Plug] } }`",
            )
        })
    }

    fn entry(&mut self, version: u32) -> &mut Version {
        self.versions.entry(version).or_insert(Version { protocol: Protocol::Grpc, interfaces: None })
    }

    /// Adds the version, and the interface if there is one.
    fn add(&mut self, version: u32, interface: Option<&'static Identity>) {
        let interfaces = self.entry(version).interfaces.get_or_insert_default();
        interfaces.extend(interface.filter(|interface| !interfaces.contains(interface)));
    }

    pub(crate) fn cookie(&self) -> (&str, &str) {
        (&self.key, &self.value)
    }

    /// The hints for a person who starts a plugin by hand.
    pub(crate) fn hints(&self) -> impl Iterator<Item = &str> {
        self.hints.iter().map(String::as_str)
    }

    /// Its versions, lowest first.
    pub(crate) fn versions(&self) -> Vec<u32> {
        if self.versions.is_empty() { vec![1] } else { self.versions.keys().copied().collect() }
    }

    /// The protocol of a version.
    pub(crate) fn protocol_of(&self, version: u32) -> Protocol {
        self.versions.get(&version).map_or(Protocol::Grpc, |version| version.protocol)
    }

    /// The interfaces of a version. `None` stands for all interfaces of the program.
    pub(crate) fn interfaces(&self, version: u32) -> Option<Vec<&'static Identity>> {
        match self.versions.get(&version) {
            None if self.versions.is_empty() => None,
            None => Some(Vec::new()),
            Some(version) => version.interfaces.clone(),
        }
    }

    /// Whether the version has the interface.
    pub(crate) fn has(&self, version: u32, identity: &'static Identity) -> bool {
        self.interfaces(version).is_none_or(|interfaces| interfaces.contains(&identity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Protocol::{Grpc, NetRpc};

    #[test]
    fn handshakes_of_one_cookie_are_one() {
        let declared = |cookie, versions, hints, place| Declared { cookie, versions, hints, place };
        let one = declared("A=b", &[(1, NetRpc, &[]), (3, Grpc, &[])], &["say `{path}`"], "one 0.1.0, src/lib.rs:3");
        let two = declared("A=b", &[(2, Grpc, &[]), (3, Grpc, &[])], &[], "two 0.1.0, src/lib.rs:5");
        let other = declared("A=c", &[(1, Grpc, &[])], &[], "other 0.1.0, src/lib.rs:7");
        let opposed = declared("A=b", &[(1, Grpc, &[])], &[], "opposed 0.1.0, src/lib.rs:9");
        let handshake = Handshake::of([&one, &two]).unwrap();
        assert_eq!((handshake.cookie(), handshake.versions()), (("A", "b"), vec![1, 2, 3]));
        assert_eq!([1, 2, 3, 4].map(|version| handshake.protocol_of(version)), [NetRpc, Grpc, Grpc, Grpc]);
        assert_eq!(handshake.hints().collect::<Vec<_>>(), ["say `{path}`"]);
        assert_eq!(
            Handshake::of([&one, &opposed]).unwrap_err().to_string(),
            "version 1 is declared with two protocols: `netrpc` in one 0.1.0, src/lib.rs:3, and `grpc` in opposed 0.1.0, src/lib.rs:9\n\
             hint: a version has one protocol; declare the other one as another version"
        );
        assert_eq!(
            Handshake::of([&one, &other]).unwrap_err().to_string(),
            "two handshakes are declared: `A=b` in one 0.1.0, src/lib.rs:3, and `A=c` in other 0.1.0, src/lib.rs:7\n\
             hint: plugins of one program have one cookie; give the link, or the server, the handshake that is meant"
        );
        assert_eq!(
            Handshake::of([]).unwrap_err().to_string(),
            "no handshake is declared in this program\n\
             hint: the interface's crate declares it: `plug::handshake! { cookie = \"KEY=value\", versions = { 1: [dyn Plug] } }`"
        );
    }

    #[test]
    fn without_a_version_it_has_all() {
        let handshake = Handshake::new("A", "b");
        assert_eq!((handshake.versions(), handshake.interfaces(1).is_none()), (vec![1], true));
        assert_eq!(handshake.protocol_of(1), Grpc);
        let handshake = handshake.version(4);
        assert_eq!((handshake.versions(), handshake.interfaces(4).map(|all| all.len())), (vec![4], Some(0)));
    }

    #[test]
    fn a_version_has_its_protocol() {
        let handshake = Handshake::new("A", "b").protocol(2, NetRpc);
        assert_eq!((handshake.versions(), handshake.protocol_of(2)), (vec![2], NetRpc));
        // Nothing has named its interfaces.
        assert_eq!(handshake.interfaces(2), None);
        assert_eq!(handshake.interfaces(1), Some(vec![]));
        let handshake = handshake.version(2);
        assert_eq!((handshake.interfaces(2), handshake.protocol_of(2)), (Some(vec![]), NetRpc));
        assert_eq!(handshake.protocol(2, Grpc), Handshake::new("A", "b").version(2));
    }
}
