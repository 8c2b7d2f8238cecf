//! Makes text from outside of this program safe for a terminal: escapes, cuts or refuses it.

use std::fmt::{self, Write};

/// The maximum number of characters of foreign text in a message.
#[cfg(feature = "process")]
pub(crate) const MAX_CHARS: usize = 200;

/// The length of the longest name of a plugin, in characters.
const MAX_SHORT: usize = 64;

/// The text, escaped.
#[cfg(any(feature = "library", feature = "grpc"))]
pub(crate) fn all(text: &str) -> String {
    cut(text, usize::MAX)
}

/// A name, a version or the like, escaped, and cut if it is longer than any name can be.
pub(crate) fn short(text: &str) -> String {
    cut(text, MAX_SHORT)
}

/// The first `max_chars` characters, escaped; then the length in bytes if more follow.
pub(crate) fn cut(bytes: impl AsRef<[u8]>, max_chars: usize) -> String {
    let bytes = bytes.as_ref();
    let (mut escaped, is_all) = beginning(bytes, max_chars);
    if !is_all {
        escaped.push_str(&format!("… ({} bytes)", bytes.len()));
    }
    escaped
}

/// The first `max_chars` characters, escaped, and whether they are the whole text.
pub(crate) fn beginning(bytes: &[u8], max_chars: usize) -> (String, bool) {
    // A character has at most four bytes, so this bounds the work too.
    let start = &bytes[..bytes.len().min(max_chars.saturating_mul(4))];
    let text = String::from_utf8_lossy(start);
    let mut escaped = String::with_capacity(text.len());
    let mut chars = text.chars();
    // Writing to a string does not fail.
    let _ = chars.by_ref().take(max_chars).try_for_each(|c| write(&mut escaped, c));
    (escaped, chars.next().is_none() && start.len() == bytes.len())
}

/// Displays a text with all but its line feeds escaped.
#[cfg(feature = "process")]
pub(crate) struct Lines<'t>(pub &'t str);

#[cfg(feature = "process")]
impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_printable_ascii(self.0) {
            return f.write_str(self.0);
        }
        self.0.chars().try_for_each(|c| if c == '\n' { f.write_char(c) } else { write(f, c) })
    }
}

/// Writes one character, escaped if it could move the cursor, colour the terminal or reverse the
/// text.
fn write(to: &mut impl Write, c: char) -> fmt::Result {
    match c {
        // This includes quotes and backslashes, which need an escape only in literals.
        ' '..='~' | '\t' => to.write_char(c),
        _ => c.escape_debug().try_for_each(|c| to.write_char(c)),
    }
}

/// Whether the text can be printed on one line without escapes.
#[cfg(any(feature = "library", feature = "wire"))]
pub(crate) fn is_line(text: &str) -> bool {
    let is_unfit = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    is_printable_ascii(text) || !text.contains(is_unfit)
}

/// Whether the text can be printed on several lines without escapes, in a script of either
/// direction.
#[cfg(any(feature = "library", feature = "wire"))]
pub(crate) fn is_prose(text: &str) -> bool {
    let is_unfit = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    // An included file may have Windows line ends.
    is_printable_ascii(text) || !text.split("\r\n").any(|part| part.contains(is_unfit))
}

/// The common case, found without decoding.
/// A fold can check several bytes at once, which an early return prevents.
#[cfg(any(feature = "library", feature = "wire"))]
fn is_printable_ascii(text: &str) -> bool {
    text.bytes().fold(true, |all, byte| all & matches!(byte, b' '..=b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_text_is_short_and_printable() {
        assert_eq!(cut(b"say \"hi\"\tC:\\ \x1b[31m\r\n\0", 200), "say \"hi\"\tC:\\ \\u{1b}[31m\\r\\n\\0");
        assert_eq!(cut(b"\xff\xfe", 200), "��");
        assert_eq!(cut("é".repeat(1 << 19), 3), "ééé… (1048576 bytes)");
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "abc… (4 bytes)");
        assert_eq!(cut("", 3), "");
        assert_eq!(cut("u8\u{202e}\u{200f}\u{9b}", usize::MAX), "u8\\u{202e}\\u{200f}\\u{9b}");
    }

    #[cfg(feature = "process")]
    #[test]
    fn lines_stay_lines() {
        assert_eq!(Lines("a\x1b[2J\tb\r\nc\0\n").to_string(), "a\\u{1b}[2J\tb\\r\nc\\0\n");
    }

    #[cfg(any(feature = "library", feature = "wire"))]
    #[test]
    fn an_unfit_text_is_found() {
        for line in ["", "a ~", "größe::Été日"] {
            assert!(is_line(line) && is_prose(line), "{line}");
        }
        for prose in ["a\n\tb\r\n", "\u{202b}c"] {
            assert!(!is_line(prose) && is_prose(prose), "{prose:?}");
        }
        for bad in ["a\rb", "\x1b[2J", "é\0", "\u{9b}"] {
            assert!(!is_line(bad) && !is_prose(bad), "{bad:?}");
        }
    }
}
