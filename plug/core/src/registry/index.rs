//! Plugins by interface and name: a look at each of them, for the first lookup, and an open-addressing table, for all that
//! follow. It knows nothing but [`Plugin`]s.
//!
//! A program that opens one plugin and is done never builds the table.
//!
//! Why not std's map: its keys would have to own their names or borrow them from the plugins beside it, its default hash
//! costs more than the rest of a lookup, and a name may be claimed by several.

use std::hash::{Hash, Hasher};

use crate::interface::Identity;
use crate::plugin::Plugin;
use crate::plugin::name::MAX_LEN;

/// Which plugin a name of an interface stands for.
pub(crate) struct Index {
    // A power of two of them, at least twice as many as there are keys, so that a probe ends at a free slot.
    slots: Box<[Slot]>,
    keys: Vec<Key>,
    // Every name, one after another, so that a lookup reads one piece of memory and not the plugins'.
    names: String,
    contests: Vec<Contest>,
}

#[derive(Clone, Copy)]
struct Slot {
    // A part of the hash that the slot's place does not tell.
    tag: u32,
    // An index into `keys`.
    key: u32,
}

const FREE: u32 = u32::MAX;

// Small, since most of what building the table takes is the first touch of its pages.
struct Key {
    interface: &'static Identity,
    start: u32,
    end: u32,
    claim: Claim,
}

impl Key {
    fn name<'a>(&self, names: &'a str) -> &'a str {
        &names[self.start as usize..self.end as usize]
    }
}

#[derive(Clone, Copy)]
enum Claim {
    Name(u32),
    Alias(u32),
    Contest(u32),
}

/// What a lookup finds.
pub(crate) enum Found {
    /// An index into the plugins.
    Plugin(usize),
    Contest(Contest),
}

/// Finds the plugin of this name without a table.
pub(crate) fn scan(plugins: &[Plugin], interface: &Identity, name: &str) -> Option<Found> {
    let mut contest = Contest::default();
    for (at, plugin) in plugins.iter().enumerate().filter(|(_, plugin)| plugin.identity().is(interface)) {
        let is_named = plugin.name() == name;
        if is_named || plugin.aliases().any(|alias| alias == name) {
            contest.claim(plugins, if is_named { Claim::Name(at as u32) } else { Claim::Alias(at as u32) });
        }
    }
    let mut claimants = contest.claimants();
    match (claimants.next(), claimants.next()) {
        (None, _) => None,
        (Some(plugin), None) => Some(Found::Plugin(plugin)),
        (Some(_), Some(_)) => Some(Found::Contest(contest.clone())),
    }
}

/// A name that more than one plugin claims, with indexes into the plugins.
#[derive(Default, Clone)]
pub(crate) struct Contest {
    pub named: Vec<usize>,
    pub aliased: Vec<usize>,
}

impl Index {
    pub(crate) fn new(plugins: &[Plugin]) -> Self {
        let aliases = plugins.iter().map(|plugin| plugin.aliases().count()).sum::<usize>();
        let capacity = plugins.len() + aliases;
        let free = Slot { tag: 0, key: FREE };
        let mut index = Self {
            slots: vec![free; (2 * capacity).next_power_of_two()].into(),
            keys: Vec::with_capacity(capacity),
            names: String::with_capacity(16 * capacity),
            contests: Vec::new(),
        };
        for (at, plugin) in plugins.iter().enumerate() {
            index.claim(plugin, plugin.name(), Claim::Name(at as u32), plugins);
        }
        if aliases > 0 {
            for (at, plugin) in plugins.iter().enumerate() {
                plugin.aliases().for_each(|alias| index.claim(plugin, alias, Claim::Alias(at as u32), plugins));
            }
        }
        index
    }

    pub(crate) fn find(&self, interface: &Identity, name: &str) -> Option<Found> {
        if name.len() > MAX_LEN {
            return None;
        }
        let key = self.slots[self.slot(interface, name, hash(interface, name))].key;
        Some(match self.keys.get(key as usize)?.claim {
            Claim::Name(plugin) | Claim::Alias(plugin) => Found::Plugin(plugin as usize),
            Claim::Contest(contest) => Found::Contest(self.contests[contest as usize].clone()),
        })
    }

    pub(crate) fn contests(&self) -> impl Iterator<Item = (&str, &Contest)> {
        self.keys.iter().filter_map(|key| match key.claim {
            Claim::Contest(contest) => Some((key.name(&self.names), &self.contests[contest as usize])),
            _ => None,
        })
    }

    /// The slot of this name, or the free one where it would go.
    fn slot(&self, interface: &Identity, name: &str, hash: u64) -> usize {
        let mask = self.slots.len() - 1;
        let (mut at, tag) = (hash as usize & mask, (hash >> 32) as u32);
        loop {
            let slot = self.slots[at];
            let is_it = |key: &Key| {
                key.interface.is(interface)
                    && self.names.as_bytes()[key.start as usize..key.end as usize] == *name.as_bytes()
            };
            if slot.key == FREE || (slot.tag == tag && is_it(&self.keys[slot.key as usize])) {
                return at;
            }
            at = (at + 1) & mask;
        }
    }

    fn claim(&mut self, plugin: &Plugin, name: &str, claim: Claim, plugins: &[Plugin]) {
        let interface = plugin.identity();
        let hash = hash(interface, name);
        let at = self.slot(interface, name, hash);
        let slot = &mut self.slots[at];
        if slot.key == FREE {
            *slot = Slot { tag: (hash >> 32) as u32, key: self.keys.len() as u32 };
            let start = self.names.len() as u32;
            self.names.push_str(name);
            self.keys.push(Key { interface: plugin.identity(), start, end: self.names.len() as u32, claim });
            return;
        }
        let key = &mut self.keys[slot.key as usize];
        if let Claim::Contest(contest) = key.claim {
            self.contests[contest as usize].claim(plugins, claim);
            return;
        }
        let mut contest = Contest::default();
        contest.claim(plugins, key.claim);
        contest.claim(plugins, claim);
        if contest.claimants().count() > 1 {
            key.claim = Claim::Contest(self.contests.len() as u32);
            self.contests.push(contest);
        }
    }
}

impl Contest {
    /// Adds a plugin, unless it is there: its alias of its own name takes nothing from anybody, nor does the same plugin
    /// linked twice.
    fn claim(&mut self, plugins: &[Plugin], claim: Claim) {
        let (Claim::Name(at) | Claim::Alias(at)) = claim else { return };
        let plugin = &plugins[at as usize];
        if !self.claimants().any(|other| plugin.is_twin_of(&plugins[other])) {
            let claims = if matches!(claim, Claim::Name(_)) { &mut self.named } else { &mut self.aliased };
            claims.push(at as usize);
        }
    }

    fn claimants(&self) -> impl Iterator<Item = usize> {
        self.named.iter().chain(&self.aliased).copied()
    }
}

fn hash(interface: &Identity, name: &str) -> u64 {
    let mut hasher = Folded(0);
    interface.id().hash(&mut hasher);
    hasher.write(name.as_bytes());
    hasher.finish()
}

/// Multiplies each word by an odd constant and folds the halves of the product, as wyhash and its children do. It does not
/// withstand an adversary and need not: the keys are the plugins of this build, and a stranger's lookup adds none.
struct Folded(u64);

impl Hasher for Folded {
    fn write(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            self.write_u64(word.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
        let rest = words.remainder();
        let rest = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        self.write_u64(rest ^ (bytes.len() as u64) << 56);
    }

    fn write_u64(&mut self, word: u64) {
        // The fractional part of the golden ratio, in 64 bits, made odd.
        let product = u128::from(self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u128::from(word);
        self.0 = (product >> 64) as u64 ^ product as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
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
        let plugin = Plugin::new::<I>(name, move || Ok(object())).expect("the name is right");
        plugin.with_aliases(aliases.iter().copied()).expect("the aliases are right")
    }

    fn told(found: Option<Found>) -> (Vec<usize>, Vec<usize>) {
        match found {
            None => Default::default(),
            Some(Found::Plugin(plugin)) => (vec![plugin], Vec::new()),
            Some(Found::Contest(contest)) => (contest.named, contest.aliased),
        }
    }

    #[test]
    fn a_look_and_the_table_agree() {
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
        for name in ["a", "b", "c", "d", "x", "y", "z", ""] {
            for interface in [<dyn One>::IDENTITY, <dyn Two>::IDENTITY] {
                let (looked, found) = (scan(&plugins, interface, name), index.find(interface, name));
                assert_eq!(told(looked), told(found), "{name}");
            }
        }
        assert_eq!(told(index.find(<dyn One>::IDENTITY, "a")), (vec![0], vec![1]));
        assert_eq!(told(index.find(<dyn One>::IDENTITY, "y")), (vec![], vec![0, 1, 2]));
        assert_eq!(told(index.find(<dyn Two>::IDENTITY, "d")), (vec![5], vec![]));
    }
}
