//! The handshake of an application with its plugins: the cookie, and the interfaces of each
//! version.

use std::collections::BTreeMap;

use crate::entry::handshake::Declared;
use crate::entry::submissions;
use crate::error::Error;
use crate::interface::{Identity, Interface};

/// Identifies a host and its plugins to each other.
/// It has a cookie, and the versions of the application's protocol with the interfaces of each.
///
/// The interface's crate declares it once, by
/// [`plug::handshake!`](../../plug/macro.handshake.html).
/// Make one by hand to talk to programs that already exist.
///
/// The cookie is no protection: it keeps a person from starting a plugin by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    key: String,
    value: String,
    /// If empty, there is version 1 with all interfaces of the program.
    versions: BTreeMap<u32, Vec<&'static Identity>>,
}

impl Handshake {
    /// A handshake with this cookie, the name and the value of an environment variable.
    /// Unless [`version`](Self::version) adds one, it has version 1 with all portable interfaces of
    /// the program.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into(), versions: BTreeMap::new() }
    }

    /// Adds a version without interfaces, for services that are no interfaces.
    #[must_use]
    pub fn version(mut self, version: u32) -> Self {
        self.versions.entry(version).or_default();
        self
    }

    /// Adds an interface to a version.
    #[must_use]
    pub fn interface<I: ?Sized + Interface>(mut self, version: u32) -> Self {
        self.add(version, I::IDENTITY);
        self
    }

    /// The handshake that is declared in this program.
    ///
    /// # Errors
    ///
    /// If none is declared, or if two are declared with different cookies.
    pub fn declared() -> Result<Self, Error> {
        Self::of(submissions::handshakes())
    }

    fn of<'a>(declared: impl IntoIterator<Item = &'a Declared>) -> Result<Self, Error> {
        let mut found: Option<(Self, &Declared)> = None;
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
            for (version, interfaces) in next.versions {
                handshake.versions.entry(*version).or_default();
                interfaces.iter().for_each(|interface| handshake.add(*version, interface));
            }
            found = Some((handshake, first));
        }
        found.map(|(handshake, _)| handshake).ok_or_else(|| {
            Error::msg(
                "no handshake is declared in this program\n\
                 hint: the interface's crate declares it: `plug::handshake! { cookie = \"KEY=value\", versions = { 1: [dyn Plug] } }`",
            )
        })
    }

    fn add(&mut self, version: u32, interface: &'static Identity) {
        let interfaces = self.versions.entry(version).or_default();
        if !interfaces.contains(&interface) {
            interfaces.push(interface);
        }
    }

    pub(crate) fn cookie(&self) -> (&str, &str) {
        (&self.key, &self.value)
    }

    /// Its versions, lowest first.
    pub(crate) fn versions(&self) -> Vec<u32> {
        if self.versions.is_empty() { vec![1] } else { self.versions.keys().copied().collect() }
    }

    /// The interfaces of a version. `None` stands for all interfaces of the program.
    pub(crate) fn interfaces(&self, version: u32) -> Option<Vec<&'static Identity>> {
        if self.versions.is_empty() {
            return None;
        }
        Some(self.versions.get(&version).into_iter().flatten().copied().collect())
    }

    /// Whether the version has the interface.
    pub(crate) fn has(&self, version: u32, identity: &'static Identity) -> bool {
        self.interfaces(version).is_none_or(|interfaces| interfaces.contains(&identity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handshakes_of_one_cookie_are_one() {
        let declared = |cookie, versions, place| Declared { cookie, versions, place };
        let one = declared("A=b", &[(1, &[]), (3, &[])], "one 0.1.0, src/lib.rs:3");
        let two = declared("A=b", &[(2, &[])], "two 0.1.0, src/lib.rs:5");
        let other = declared("A=c", &[(1, &[])], "other 0.1.0, src/lib.rs:7");
        let handshake = Handshake::of([&one, &two]).unwrap();
        assert_eq!((handshake.cookie(), handshake.versions()), (("A", "b"), vec![1, 2, 3]));
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
        let handshake = handshake.version(4);
        assert_eq!((handshake.versions(), handshake.interfaces(4).map(|all| all.len())), (vec![4], Some(0)));
    }
}
