//! The message that instances by sections need a feature.

use crate::error::Error;
use crate::registry::Registry;
use crate::settings::document::{FeatureConfig, Settings};

impl Registry {
    #[doc(hidden)]
    pub fn open_all<I: ?Sized + FeatureConfig>(&self, _settings: &Settings) -> Result<Vec<Box<I>>, Error> {
        Ok(Vec::new())
    }

    #[doc(hidden)]
    pub fn check_all<I: ?Sized + FeatureConfig>(&self, _settings: &Settings) -> Result<Vec<Box<I>>, Error> {
        Ok(Vec::new())
    }
}
