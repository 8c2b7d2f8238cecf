//! The message that settings of a value need a feature.

use crate::error::Error;
use crate::settings::document::Settings;

/// Nothing implements it.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`Settings::of` needs the feature `serde_json` of plug",
    label = "this feature is off",
    note = "turn on the feature `serde_json` of the dependency `plug` in Cargo.toml"
)]
pub trait FeatureSerdeJson {}

impl Settings {
    #[doc(hidden)]
    pub fn of<T: FeatureSerdeJson>(_value: T) -> Result<Self, Error> {
        Err(crate::error::kind::ErrorKind::Plugin.into())
    }
}
