//! Settings with ten keys, of the kinds that settings have.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// What can be set.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Settings {
    times: u32,
    name: String,
    #[serde(default)]
    path: PathBuf,
    #[serde(default)]
    languages: Vec<String>,
    #[serde(default)]
    share: f64,
    #[serde(default)]
    is_loud: bool,
    limit: Option<u8>,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    places: BTreeMap<String, u32>,
    pause_in_ms: u64,
}

/// How it works.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    #[default]
    Plain,
    Fast(u8),
}

impl Settings {
    /// Uses all of them, so that none is left out of the build.
    pub fn sum(&self) -> u64 {
        let texts = self.languages.iter().chain([&self.name]).map(String::len).sum::<usize>();
        let length = texts + self.path.as_os_str().len() + usize::from(self.is_loud);
        let mode = match self.mode {
            Mode::Plain => 0,
            Mode::Fast(by) => u64::from(by),
        };
        let places: u64 = self.places.values().map(|place| u64::from(*place)).sum();
        let limit = u64::from(self.limit.unwrap_or_default());
        u64::from(self.times) + length as u64 + self.share as u64 + limit + mode + places + self.pause_in_ms
    }
}
