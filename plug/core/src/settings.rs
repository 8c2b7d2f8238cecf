//! The settings of a plugin, a JSON text on every link: what a plugin reads them into, and where
//! they stand in a host's file.

// A host without the feature `config` has a type without values in place of it.
#[cfg(feature = "host")]
#[cfg_attr(not(feature = "config"), path = "settings/absent.rs")]
pub(crate) mod document;
#[cfg(feature = "host")]
pub(crate) mod key;
#[cfg(all(feature = "host", not(feature = "serde_json")))]
mod no_serde_json;
#[cfg(all(feature = "host", not(feature = "toml")))]
mod no_toml;
#[cfg(feature = "config")]
pub(crate) mod reader;
#[cfg(feature = "schema")]
pub(crate) mod schema;
#[cfg(feature = "config")]
pub(crate) mod secret;

use crate::error::Error;

/// The settings of a plugin that is given none.
pub(crate) const EMPTY: &str = "{}";

/// The settings of a plugin that takes none.
pub struct Nothing;

/// The type of a plugin's settings.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the settings of a plugin",
    label = "the argument of this function is `{Self}`"
)]
#[cfg_attr(
    feature = "config",
    diagnostic::on_unimplemented(note = "derive `serde::Deserialize` for it; it cannot borrow")
)]
#[cfg_attr(
    not(feature = "config"),
    diagnostic::on_unimplemented(note = "settings need the feature `config` of plug: turn it on")
)]
pub trait Read: Sized {
    /// Reads a JSON text.
    fn read(json: &str) -> Result<Self, Error>;
}

impl Read for Nothing {
    fn read(_: &str) -> Result<Self, Error> {
        Ok(Self)
    }
}

#[cfg(feature = "config")]
#[diagnostic::do_not_recommend]
impl<T: serde::de::DeserializeOwned> Read for T {
    fn read(json: &str) -> Result<Self, Error> {
        reader::read(json)
    }
}

/// The first key of the text of a table, if it has one.
/// A build without the feature `config` has no reader, and shows a key with its escapes.
#[cfg(feature = "host")]
pub(crate) fn first_key(json: &str) -> Option<String> {
    let members = json.trim_start().strip_prefix('{')?.trim_start().strip_prefix('"')?;
    let mut is_escaped = false;
    let end = members.find(|c| {
        let is_end = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    });
    let key = &members[..end?];
    #[cfg(feature = "config")]
    if let Ok(key) = reader::parser::Parser::new(&format!("\"{key}\"")).text() {
        return Some(key.into_owned());
    }
    Some(key.to_owned())
}
