//! The crate settings-plugins as a process, and a plugin that takes its time.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use plug::{Error, plug};
use settings_plugins::Counter;

/// How long it takes, in milliseconds.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Times {
    new: u64,
    drop: u64,
}

/// The number of its objects.
static ALIVE: AtomicU64 = AtomicU64::new(0);

/// Takes its time to be made and to be dropped.
struct Slow(Times);

#[plug("slow", new = Self::open)]
impl Counter for Slow {
    fn settings(&self) -> Result<String, Error> {
        Ok(String::new())
    }

    fn count(&self) -> Result<u64, Error> {
        Ok(0)
    }

    fn alive(&self) -> Result<u64, Error> {
        Ok(ALIVE.load(Ordering::SeqCst))
    }

    fn token(&self) -> Result<Option<String>, Error> {
        Ok(None)
    }
}

impl Slow {
    fn open(times: Times) -> Self {
        std::thread::sleep(Duration::from_millis(times.new));
        ALIVE.fetch_add(1, Ordering::SeqCst);
        Self(times)
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        std::thread::sleep(Duration::from_millis(self.0.drop));
        ALIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

fn main() -> ExitCode {
    plug::serve()
}
