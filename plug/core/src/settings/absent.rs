//! Settings in a host without the feature `config`: nobody can make any.

use crate::error::Error;
use crate::error::position::Position;
use crate::settings::EMPTY;

/// The settings of a plugin. Without the feature `config` there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings(());

/// Nothing implements it.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "settings need the feature `config` of plug",
    label = "this feature is off",
    note = "turn on the feature `config` of the dependency `plug` in Cargo.toml"
)]
pub trait FeatureConfig {}

impl Settings {
    #[doc(hidden)]
    pub fn json<F: FeatureConfig>(_file: F, _text: &str) -> Result<Self, Error> {
        Ok(Self(()))
    }

    #[doc(hidden)]
    #[must_use]
    pub fn at(&self, _path: &str) -> Self {
        self.clone()
    }

    pub(crate) fn text(&self) -> &str {
        EMPTY
    }

    pub(crate) fn instance(&self) -> Option<&str> {
        None
    }

    pub(crate) fn locate(&self, _: &str) -> (String, Option<Position>) {
        (String::new(), None)
    }
}
