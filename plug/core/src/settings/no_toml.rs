//! The message that TOML needs a feature.

use crate::error::Error;
use crate::settings::document::Settings;

/// Nothing implements it.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`Settings::toml` needs the feature `toml` of plug",
    label = "this feature is off",
    note = "turn on the feature `toml` of the dependency `plug` in Cargo.toml"
)]
pub trait FeatureToml {}

impl Settings {
    #[doc(hidden)]
    pub fn toml<F: FeatureToml>(_file: F, _text: &str) -> Result<Self, Error> {
        Err(crate::error::kind::ErrorKind::Plugin.into())
    }
}
