//! A text that is in no log and no error.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A text in the settings of a plugin that no log, `Debug` or error shows, such as a password.
///
/// It can be read and not written: it has neither `Display` nor `Serialize`.
/// A JSON Schema marks it with `writeOnly`.
///
/// ```
/// # #[allow(dead_code)]
/// #[derive(Debug, serde::Deserialize)]
/// struct Settings {
///     token: plug::Secret,
/// }
///
/// let settings: Settings = serde_json::from_str(r#"{ "token": "hunter2" }"#)?;
/// assert_eq!(settings.token.expose(), "hunter2");
/// assert_eq!(format!("{settings:?}"), "Settings { token: Secret }");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // What serde buffers quotes a value that is no text, unless it may be anything.
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(Text)
        } else {
            deserializer.deserialize_string(Text)
        }
    }
}

/// Reads a text, and refuses all else without quoting it, as serde's own visitor would.
struct Text;

fn refused<E: Error>() -> E {
    E::custom("a secret is a text, and this is none")
}

impl<'de> Visitor<'de> for Text {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Secret, E> {
        Ok(Secret(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Secret, E> {
        Ok(Secret(text))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Secret, E> {
        Err(refused())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Secret, E> {
        Err(refused())
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<Secret, E> {
        Err(refused())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Secret, E> {
        Err(refused())
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<Secret, E> {
        Err(refused())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Secret, E> {
        Err(refused())
    }

    fn visit_bytes<E: Error>(self, _: &[u8]) -> Result<Secret, E> {
        Err(refused())
    }

    fn visit_none<E: Error>(self) -> Result<Secret, E> {
        Err(refused())
    }

    fn visit_unit<E: Error>(self) -> Result<Secret, E> {
        Err(refused())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Secret, A::Error> {
        Err(refused())
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Secret, A::Error> {
        Err(refused())
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Secret {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "writeOnly": true })
    }
}
