//! Reads the JSON text of settings into the plugin's type.

use serde::de::DeserializeOwned;

use crate::error::Error;

/// # Errors
///
/// Fails with a refusal: see [`Error::refused`].
pub(crate) fn read<T: DeserializeOwned>(json: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|error| Error::refused(error.to_string(), String::new(), None))
}
