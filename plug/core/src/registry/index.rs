//! Finds plugins by interface and name: by a scan at first, and in a table later.
//!
//! A program that opens one plugin and is done never builds the table.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::interface::Identity;
use crate::plugin::Plugin;

/// The plugins by name and alias.
pub(crate) struct Index(HashMap<Box<str>, Claims, RandomState>);

/// The claims to one name.
enum Claims {
    One(Claim),
    Several(Vec<Claim>),
}

/// The claim of a plugin to one name.
#[derive(Clone, Copy)]
struct Claim {
    interface: &'static Identity,
    /// An index into the plugins.
    plugin: u32,
}

/// The result of a lookup, as indexes into the plugins.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Plugin(usize),
    /// Several plugins claim the name.
    Contest(Vec<usize>),
}

/// Finds a plugin without a table.
pub(crate) fn scan(plugins: &[Plugin], interface: &Identity, name: &str) -> Option<Found> {
    let is_called = |claim: &Claim| plugins[claim.plugin as usize].is_called(name);
    resolve(plugins, interface, &claims(plugins).filter(is_called).collect::<Vec<_>>())
}

impl Index {
    pub(crate) fn new(plugins: &[Plugin]) -> Self {
        let mut index: HashMap<Box<str>, Claims, _> =
            HashMap::with_capacity_and_hasher(plugins.len(), RandomState::default());
        for (plugin, claim) in plugins.iter().zip(claims(plugins)) {
            for name in plugin.aliases().chain([plugin.name()]) {
                match index.get_mut(name) {
                    None => _ = index.insert(name.into(), Claims::One(claim)),
                    Some(claims) => claims.push(claim),
                }
            }
        }
        Self(index)
    }

    pub(crate) fn find(&self, plugins: &[Plugin], interface: &Identity, name: &str) -> Option<Found> {
        resolve(plugins, interface, self.0.get(name)?.as_slice())
    }

    /// The names that several plugins of one interface claim, with these plugins, in order.
    pub(crate) fn contests(&self, plugins: &[Plugin]) -> Vec<(&str, Vec<usize>)> {
        let mut contests = Vec::new();
        for (name, claims) in self.0.iter().map(|(name, claims)| (name, claims.as_slice())) {
            for (at, claim) in claims.iter().enumerate() {
                let is_first = !claims[..at].iter().any(|other| other.interface == claim.interface);
                if is_first && let Some(Found::Contest(claimants)) = resolve(plugins, claim.interface, claims) {
                    contests.push((&**name, claimants));
                }
            }
        }
        contests.sort();
        contests
    }
}

impl Claims {
    fn push(&mut self, claim: Claim) {
        match self {
            Self::One(first) => *self = Self::Several(vec![*first, claim]),
            Self::Several(claims) => claims.push(claim),
        }
    }

    fn as_slice(&self) -> &[Claim] {
        match self {
            Self::One(claim) => std::slice::from_ref(claim),
            Self::Several(claims) => claims,
        }
    }
}

fn claims(plugins: &[Plugin]) -> impl Iterator<Item = Claim> {
    (0..).zip(plugins).map(|(at, plugin)| Claim { interface: plugin.identity(), plugin: at })
}

/// The plugin of the interface among these claims to one name.
fn resolve(plugins: &[Plugin], interface: &Identity, claims: &[Claim]) -> Option<Found> {
    // It stays empty, without an allocation, if one plugin has the name.
    let mut others = Vec::new();
    let mut claims = claims.iter().filter(|claim| claim.interface == interface).map(|claim| claim.plugin as usize);
    let first = claims.next()?;
    for at in claims {
        // An alias may equal the plugin's own name, and a plugin may be linked twice.
        let is_twin = |other: &usize| plugins[at].is_twin_of(&plugins[*other]);
        if !is_twin(&first) && !others.iter().any(is_twin) {
            others.push(at);
        }
    }
    if others.is_empty() {
        return Some(Found::Plugin(first));
    }
    others.insert(0, first);
    Some(Found::Contest(others))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interface::Interface;

    macro_rules! interfaces {
        ($($name:ident)*) => {
            $(
                trait $name {}
                impl Interface for dyn $name {
                    const DECLARATION: crate::interface::Declaration = crate::interface::Declaration {
                        path: stringify!($name), version: "1.0.0", place: "", is_generic: false
                    };
                }
                impl $name for () {}
            )*
        };
    }
    interfaces!(One Two);

    fn plugin<I: ?Sized + Interface>(name: &str, aliases: &[&str], object: fn() -> Box<I>) -> Plugin {
        let plugin = Plugin::builder::<I>(name, move || Ok(object())).aliases(aliases.iter().copied());
        plugin.build().expect("the names are right")
    }

    #[test]
    fn a_scan_and_the_table_agree() {
        let one = |name, aliases: &[&str]| plugin::<dyn One>(name, aliases, || Box::new(()));
        let two = |name, aliases: &[&str]| plugin::<dyn Two>(name, aliases, || Box::new(()));
        let mut plugins = vec![
            one("a", &["x", "y"]),
            one("b", &["a", "y"]),
            one("c", &["y"]),
            one("c", &[]),
            two("a", &["c"]),
            two("d", &[]),
        ];
        plugins.push(plugins[5].clone());
        let index = Index::new(&plugins);
        let found = |interface, name| {
            let found = index.find(&plugins, interface, name);
            assert_eq!(scan(&plugins, interface, name), found, "{name}");
            found
        };
        let (one, two) = (<dyn One>::IDENTITY, <dyn Two>::IDENTITY);
        assert_eq!(found(one, "a"), Some(Found::Contest(vec![0, 1])));
        assert_eq!(found(one, "b"), Some(Found::Plugin(1)));
        assert_eq!(found(one, "c"), Some(Found::Contest(vec![2, 3])));
        assert_eq!(found(one, "x"), Some(Found::Plugin(0)));
        assert_eq!(found(one, "y"), Some(Found::Contest(vec![0, 1, 2])));
        assert_eq!(found(two, "a"), Some(Found::Plugin(4)));
        assert_eq!(found(two, "c"), Some(Found::Plugin(4)));
        assert_eq!(found(two, "d"), Some(Found::Plugin(5)));
        for (interface, name) in [(one, "d"), (two, "b"), (two, "x"), (one, "z"), (one, "")] {
            assert_eq!(found(interface, name), None);
        }
        assert_eq!(index.contests(&plugins), [("a", vec![0, 1]), ("c", vec![2, 3]), ("y", vec![0, 1, 2])]);
    }
}
