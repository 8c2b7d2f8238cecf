//! The store `memory`, whose values live as long as it does.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pipeline_interface::{Reply, Store};
use plug::plug;

/// Values by key.
#[derive(Debug, Default)]
pub struct Memory(Mutex<BTreeMap<String, String>>);

impl Memory {
    // A panic under the lock comes before or after a whole change, so the values are sound.
    fn values(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps values as long as the program runs.
#[plug("memory", aliases = ["ram"])]
impl Store for Memory {
    fn get<'a>(&'a self, key: &'a str) -> Reply<'a, Option<String>> {
        Box::pin(async move { Ok(self.values().get(key).cloned()) })
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a str) -> Reply<'a, ()> {
        Box::pin(async move {
            self.values().insert(key.to_owned(), value.to_owned());
            Ok(())
        })
    }

    fn keys(&self) -> Reply<'_, Vec<String>> {
        Box::pin(async move { Ok(self.values().keys().cloned().collect()) })
    }
}
