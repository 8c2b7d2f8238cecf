//! Plugins by interface and name: an open-addressing table, built once. It knows nothing but [`Plugin`]s.
//!
//! Why not std's map: its keys would have to own their names or borrow them from the plugins beside it, its default hash
//! costs more than the rest of a lookup, and a name may be claimed by several.

use std::any::TypeId;
use std::hash::{Hash, Hasher};

use crate::name::MAX_LEN;
use crate::plugin::Plugin;

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

struct Key {
    interface: TypeId,
    start: usize,
    end: usize,
    claim: Claim,
}

#[derive(Clone, Copy)]
enum Claim {
    Name(usize),
    Alias(usize),
    Contest(usize),
}

/// What a lookup finds.
pub(crate) enum Found<'a> {
    /// An index into the plugins that the table was built from.
    Plugin(usize),
    Contest(&'a Contest),
}

/// A name that more than one plugin claims, with indexes into the plugins.
#[derive(Default)]
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
            index.claim(plugin, plugin.name(), Claim::Name(at), plugins);
        }
        if aliases > 0 {
            for (at, plugin) in plugins.iter().enumerate() {
                plugin.aliases().for_each(|alias| index.claim(plugin, alias, Claim::Alias(at), plugins));
            }
        }
        index
    }

    pub(crate) fn find(&self, interface: TypeId, name: &str) -> Option<Found<'_>> {
        if name.len() > MAX_LEN {
            return None;
        }
        let key = self.slots[self.slot(interface, name, hash(interface, name))].key;
        Some(match self.keys.get(key as usize)?.claim {
            Claim::Name(plugin) | Claim::Alias(plugin) => Found::Plugin(plugin),
            Claim::Contest(contest) => Found::Contest(&self.contests[contest]),
        })
    }

    pub(crate) fn contests(&self) -> impl Iterator<Item = (&str, &Contest)> {
        self.keys.iter().filter_map(|key| match key.claim {
            Claim::Contest(contest) => Some((&self.names[key.start..key.end], &self.contests[contest])),
            _ => None,
        })
    }

    /// The slot of this name, or the free one where it would go.
    fn slot(&self, interface: TypeId, name: &str, hash: u64) -> usize {
        let mask = self.slots.len() - 1;
        let (mut at, tag) = (hash as usize & mask, (hash >> 32) as u32);
        loop {
            let slot = self.slots[at];
            let is_it =
                |key: &Key| key.interface == interface && self.names.as_bytes()[key.start..key.end] == *name.as_bytes();
            if slot.key == FREE || (slot.tag == tag && is_it(&self.keys[slot.key as usize])) {
                return at;
            }
            at = (at + 1) & mask;
        }
    }

    fn claim(&mut self, plugin: &Plugin, name: &str, claim: Claim, plugins: &[Plugin]) {
        let interface = plugin.identity().id();
        let hash = hash(interface, name);
        let at = self.slot(interface, name, hash);
        let slot = &mut self.slots[at];
        if slot.key == FREE {
            *slot = Slot { tag: (hash >> 32) as u32, key: self.keys.len() as u32 };
            let start = self.names.len();
            self.names.push_str(name);
            self.keys.push(Key { interface, start, end: self.names.len(), claim });
            return;
        }
        let key = &mut self.keys[slot.key as usize];
        let contest = match key.claim {
            Claim::Contest(contest) => &mut self.contests[contest],
            // A plugin's alias of its own name takes nothing from anybody, nor does the same plugin linked twice.
            Claim::Name(other) | Claim::Alias(other) if plugin.is_twin_of(&plugins[other]) => return,
            Claim::Name(_) | Claim::Alias(_) => {
                let mut contest = Contest::default();
                contest.add(key.claim);
                key.claim = Claim::Contest(self.contests.len());
                self.contests.push(contest);
                let last = self.contests.len() - 1;
                &mut self.contests[last]
            }
        };
        if !contest.claimants().any(|other| plugin.is_twin_of(&plugins[other])) {
            contest.add(claim);
        }
    }
}

impl Contest {
    fn add(&mut self, claim: Claim) {
        match claim {
            Claim::Name(plugin) => self.named.push(plugin),
            Claim::Alias(plugin) => self.aliased.push(plugin),
            Claim::Contest(_) => {}
        }
    }

    fn claimants(&self) -> impl Iterator<Item = usize> {
        self.named.iter().chain(&self.aliased).copied()
    }
}

fn hash(interface: TypeId, name: &str) -> u64 {
    let mut hasher = Folded(0);
    interface.hash(&mut hasher);
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
