//! Settings in a host: a JSON text, and its place in a file.

use std::sync::Arc;

use crate::error::position::Position;
use crate::error::refusal::keys;

/// The settings of a plugin, or of several.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    json: Arc<str>,
}

impl Settings {
    /// The settings of a text of JSON.
    #[cfg(feature = "config")]
    pub fn json(_file: &str, text: &str) -> Result<Self, crate::Error> {
        Ok(Self { json: text.into() })
    }

    /// The JSON text.
    pub(crate) fn text(&self) -> &str {
        &self.json
    }

    /// The key of the section, if it is one.
    pub(crate) fn instance(&self) -> Option<&str> {
        None
    }

    /// The key from the top of the file on, and its place in the file.
    pub(crate) fn locate(&self, pointer: &str) -> (String, Option<Position>) {
        (pointer.to_owned(), None)
    }
}

/// A JSON pointer with dots, as TOML writes it.
pub(crate) fn dotted(pointer: &str) -> String {
    keys(pointer).collect::<Vec<_>>().join(".")
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").finish_non_exhaustive()
    }
}
