//! A place in a file.

use std::borrow::Cow;
use std::fmt;

/// A place in a file of settings. It prints as `app.toml:6:1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The name of the file, as the host gave it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
}

impl Position {
    /// The place of a byte of the file's text.
    #[cfg(feature = "config")]
    pub(crate) fn of(file: &str, text: &str, offset: usize) -> Self {
        let before = &text.as_bytes()[..offset.min(text.len())];
        let line = before.iter().filter(|byte| **byte == b'\n').count();
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        // A character has one byte that continues no other.
        let column = before[start..].iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        let from_1 = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
        Self { file: file.to_owned(), line: from_1(line), column: from_1(column) }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column } = self;
        write!(f, "{file}:{line}:{column}")
    }
}

/// The line about a key of settings, and its place in a file. Nothing if there is neither.
pub(crate) struct KeyLine<'a>(pub &'a str, pub Option<&'a Position>);

impl fmt::Display for KeyLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.1, self.0) {
            (None, "") => Ok(()),
            (None, key) => write!(f, "\n --> `{}`", cut(key)),
            (Some(place), "") => write!(f, "\n --> {place}"),
            (Some(place), key) => write!(f, "\n --> {place}, `{}`", cut(key)),
        }
    }
}

/// The beginning of a key that is too long for a line.
fn cut(key: &str) -> Cow<'_, str> {
    const MAX_CHARS: usize = 200;
    match key.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &key[..end]).into(),
        None => key.into(),
    }
}

#[cfg(all(test, feature = "config"))]
mod tests {
    use super::*;

    #[test]
    fn a_long_key_is_cut() {
        let line = |length| KeyLine(&"é".repeat(length), None).to_string();
        assert_eq!(line(200), format!("\n --> `{}`", "é".repeat(200)));
        assert_eq!(line(201), format!("\n --> `{}…`", "é".repeat(200)));
    }

    #[test]
    fn columns_are_characters() {
        let text = "a\r\n\täé日🦀x\n";
        let place = |found: &str| Position::of("f", text, text.find(found).unwrap()).to_string();
        assert_eq!(place("a"), "f:1:1");
        assert_eq!(place("\n"), "f:1:3");
        assert_eq!(place("\t"), "f:2:1");
        assert_eq!(place("ä"), "f:2:2");
        assert_eq!(place("x"), "f:2:6");
        assert_eq!(Position::of("f", text, text.len()).to_string(), "f:3:1");
        assert_eq!(Position::of("f", text, usize::MAX).to_string(), "f:3:1");
        assert_eq!(Position::of("f", "", 0).to_string(), "f:1:1");
    }
}
