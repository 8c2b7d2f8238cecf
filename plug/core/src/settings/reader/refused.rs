//! The error of the reader: what is wrong, and where.

use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};

use crate::error::Error;
use crate::error::nearest::nearest;
use crate::error::refusal::step;
use crate::escape;
use crate::settings::reader::words::{expected, found, one_of};

/// The maximum number of characters of an error's text that is not ours.
const MAX_CHARS: usize = 200;

/// Why settings are refused.
// One pointer wide, since the result of every value contains it.
pub(crate) struct Refused(Box<Inner>);

struct Inner {
    what: String,
    reach: Reach,
    /// A JSON pointer, which grows at its beginning.
    pointer: String,
    nearest: Option<String>,
}

/// What the error is about.
#[derive(PartialEq)]
enum Reach {
    /// The value with the pointer.
    Value,
    /// The key of a struct that was read last. It is not yet in the pointer.
    Key,
    /// The whole text.
    Text,
}

impl Refused {
    #[cold]
    pub fn new(what: impl Into<String>) -> Self {
        Self(Box::new(Inner { what: what.into(), reach: Reach::Value, pointer: String::new(), nearest: None }))
    }

    /// An error of the whole text, which is none that has places.
    #[cold]
    pub fn whole(what: impl Into<String>) -> Self {
        let mut refused = Self::new(what);
        refused.0.reach = Reach::Text;
        refused
    }

    /// An unknown name, of those that are known.
    #[cold]
    pub fn unknown(name: &str, known: &[&str]) -> Self {
        let mut refused = Self::new(format!("there is no {}", quoted(name)));
        refused.0.nearest = nearest(name, known.iter().copied()).map(str::to_owned);
        refused
    }

    /// The same error, of a value that is below a key, or in a list below its index.
    #[cold]
    pub fn below(mut self, key: impl Display) -> Self {
        if self.0.reach != Reach::Text {
            self.0.pointer.insert_str(0, &step(&key.to_string()));
        }
        self
    }

    /// The same error, of a table whose key was read last.
    #[cold]
    pub fn in_table(mut self, key: Option<impl Display>) -> Self {
        match (&self.0.reach, key) {
            (Reach::Key, Some(key)) => {
                self.0.reach = Reach::Value;
                self.below(key)
            }
            _ => self,
        }
    }

    /// The JSON pointer of the value that it is about. An error of the whole text has none.
    #[cfg(feature = "host")]
    pub fn pointer(&self) -> Option<&str> {
        (self.0.reach != Reach::Text).then_some(&self.0.pointer)
    }

    #[cold]
    pub fn into_error(self) -> Error {
        let Inner { what, pointer, nearest, .. } = *self.0;
        Error::refused(what, pointer, nearest)
    }
}

/// A name in backticks, escaped and cut.
pub(crate) fn quoted(name: &str) -> String {
    format!("`{}`", escape::short(name))
}

/// No text of a value is quoted, unless it is nearly a known name: it may stand where a
/// [`Secret`](crate::Secret) is expected further below, as in `"tokens": "hunter2"` for a list.
/// The place leads to it anyway.
impl de::Error for Refused {
    /// The text is that of the plugin's type.
    fn custom<T: Display>(text: T) -> Self {
        Self::new(escape::cut(text.to_string(), MAX_CHARS))
    }

    fn invalid_type(unexpected: Unexpected<'_>, expectation: &dyn Expected) -> Self {
        Self::new(format!("expected {}, found {}", expected(expectation), found(unexpected)))
    }

    /// The type is right, so a number is of the type that was expected, and no secret.
    fn invalid_value(unexpected: Unexpected<'_>, expectation: &dyn Expected) -> Self {
        let number = match unexpected {
            Unexpected::Unsigned(number) => number.to_string(),
            Unexpected::Signed(number) => number.to_string(),
            Unexpected::Float(number) => number.to_string(),
            Unexpected::Str(_) => "another text".to_owned(),
            other => return Self::invalid_type(other, expectation),
        };
        Self::new(format!("expected {}, found {number}", expected(expectation)))
    }

    fn invalid_length(length: usize, expectation: &dyn Expected) -> Self {
        Self::new(format!("expected {}, found {length}", expected(expectation)))
    }

    fn unknown_variant(variant: &str, variants: &'static [&'static str]) -> Self {
        match nearest(variant, variants.iter().copied()) {
            Some(_) => Self::unknown(variant, variants),
            None => Self::new(format!("expected {}, found another text", one_of(variants))),
        }
    }

    fn unknown_field(field: &str, fields: &'static [&'static str]) -> Self {
        Self::unknown(field, fields)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("`{field}` is missing"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        let mut refused = Self::new(format!("duplicate key `{field}`"));
        refused.0.reach = Reach::Key;
        refused
    }
}

impl std::error::Error for Refused {}

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)
    }
}
