//! Finds a key that is twice in a table.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::settings::reader::refused::{Refused, quoted};

/// Up to this number, keys are compared with each other.
const FEW: usize = 32;

/// The keys of a table that have been read.
#[derive(Default)]
pub(crate) struct Seen<'t> {
    few: Vec<Cow<'t, str>>,
    /// All of them, if they are not few.
    many: HashSet<Cow<'t, str>>,
}

impl<'t> Seen<'t> {
    /// Fails if the key has been read before.
    pub fn insert(&mut self, key: Cow<'t, str>) -> Result<(), Refused> {
        if self.few.contains(&key) || self.many.contains(&key) {
            return Err(Refused::new(format!("duplicate key {}", quoted(&key))).below(key));
        }
        if self.few.len() < FEW && self.many.is_empty() {
            self.few.push(key);
        } else {
            self.many.extend(self.few.drain(..).chain([key]));
        }
        Ok(())
    }
}
