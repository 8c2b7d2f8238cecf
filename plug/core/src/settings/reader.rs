//! Reads the JSON text of settings into the plugin's type.
//!
//! | file | what it does |
//! |---|---|
//! | `parser.rs` | parses the text, a value at a time |
//! | `value.rs` | hands values to the `Deserialize` of the plugin's type |
//! | `variant.rs`, `key.rs`, `number.rs` | the same for enums, keys and numbers |
//! | `seen.rs` | finds duplicate keys |
//! | `refused.rs` | the error, with its place |
//! | `words.rs` | its words for what serde expects and found |
//!
//! `serde_json` would not say the place of an error, nor refuse unknown keys.
//! Nothing is noted while all is well: an error collects its place on its way up.

mod key;
mod number;
pub(crate) mod parser;
mod refused;
mod seen;
#[cfg(test)]
mod tests;
mod value;
mod variant;
mod words;

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::error::Error;
use parser::Parser;
use refused::Refused;
use value::Value;

/// # Errors
///
/// Fails with a refusal: see `Error::refused`.
pub fn read<T: DeserializeOwned>(json: &str) -> Result<T, Error> {
    read_table(json).map_err(Refused::into_error)
}

fn read_table<T: DeserializeOwned>(json: &str) -> Result<T, Refused> {
    let mut parser = Parser::new(json);
    if parser.peek() != Some(b'{') {
        return Err(Refused::new(format!("settings are a table, and this is {}", parser.kind()?)));
    }
    let value = Value::read(&mut parser, PhantomData)?;
    parser.end()?;
    Ok(value)
}
