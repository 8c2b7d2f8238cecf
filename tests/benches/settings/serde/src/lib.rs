//! The same settings, and nothing else: what serde and serde_json alone take to build.

#[path = "../../settings.rs"]
mod settings;

use settings::Settings;

/// Reads settings from the environment, and sums them up.
// SAFETY: no other function of the library has this name.
#[unsafe(no_mangle)]
pub extern "C" fn sum() -> u64 {
    let settings = std::env::var("SETTINGS").unwrap_or_default();
    serde_json::from_str(&settings).map_or(0, |settings: Settings| settings.sum())
}
