//! The store `memory`, whose values live as long as it does.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pipeline_interface::Store;
use plug::{Error, plug};

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
    async fn get(&self, key: &str) -> Result<Option<String>, Error> {
        Ok(self.values().get(key).cloned())
    }

    async fn set(&self, key: &str, value: &str) -> Result<(), Error> {
        self.values().insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    async fn keys(&self) -> Result<Vec<String>, Error> {
        Ok(self.values().keys().cloned().collect())
    }
}
