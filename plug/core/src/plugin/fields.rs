//! The fields of an entry's text, and the parser of a text that is read at run time.

use crate::entry::{FIELDS, SEPARATOR};

// The fields of an entry's text, in order. A lookup reads the first ones.
pub(crate) const NAME: usize = 0;
pub(crate) const ALIASES: usize = 1;
pub(crate) const DEPRECATED: usize = 2;
/// The type tells two impls of one macro apart, which stand on one line.
#[cfg(any(feature = "library", feature = "wire"))]
const TYPE: usize = 3;
pub(crate) const PACKAGE: usize = 4;
pub(crate) const VERSION: usize = 5;
pub(crate) const LICENSE: usize = 6;
pub(crate) const REPOSITORY: usize = 7;
pub(crate) const FILE: usize = 8;
pub(crate) const LINE: usize = 9;
pub(crate) const DESCRIPTION: usize = 10;
pub(crate) const DOCS: usize = 11;
/// The fields that may have several lines. The compiler prints a long type on several.
#[cfg(any(feature = "library", feature = "wire"))]
pub(crate) const PROSE: [usize; 4] = [DEPRECATED, TYPE, DESCRIPTION, DOCS];

/// The fields of a plugin without an entry in this binary: one text like an entry's, and the end of
/// each field.
/// A text for each field would cost a dozen more allocations for each plugin of a library that is
/// opened, and twice that for a registry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fields {
    text: Box<str>,
    ends: [usize; FIELDS],
}

impl Fields {
    pub(crate) fn of<'t>(field: impl Fn(usize) -> &'t str) -> Self {
        let (mut text, mut ends) = (String::new(), [0; FIELDS]);
        for (at, end) in ends.iter_mut().enumerate() {
            if at > 0 {
                text.push(SEPARATOR);
            }
            text.push_str(field(at));
            *end = text.len();
        }
        Self { text: text.into(), ends }
    }

    /// Parses an entry's text. Fails with the number of fields if it is not `FIELDS`.
    #[cfg(feature = "library")]
    pub(crate) fn read(text: &str) -> Result<Self, usize> {
        let (mut ends, mut count) = ([text.len(); FIELDS], 1);
        for (at, _) in text.bytes().enumerate().filter(|(_, byte)| *byte == SEPARATOR as u8) {
            if let Some(end) = ends.get_mut(count - 1) {
                *end = at;
            }
            count += 1;
        }
        if count == FIELDS { Ok(Self { text: text.into(), ends }) } else { Err(count) }
    }

    pub(crate) fn get(&self, field: usize) -> &str {
        let start = if field == 0 { 0 } else { self.ends[field - 1] + SEPARATOR.len_utf8() };
        &self.text[start..self.ends[field]]
    }

    /// All fields, as an entry has them.
    #[cfg(feature = "library")]
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(all(test, feature = "library"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_together_is_taken_apart_again() {
        let texts = ["a", "", "", "A", "p", "1.0.0", "", "", "src/lib.rs", "7", "", "é\n"];
        let fields = Fields::of(|at| texts[at]);
        assert!((0..FIELDS).all(|at| fields.get(at) == texts[at]), "{fields:?}");
        assert_eq!(Fields::read(fields.text()), Ok(fields));
        assert_eq!(Fields::read(""), Err(1));
        assert_eq!(Fields::read(&texts[1..].join("\u{1f}")), Err(FIELDS - 1));
        assert_eq!(Fields::read(&"\u{1f}".repeat(FIELDS)), Err(FIELDS + 1));
    }

    #[test]
    fn a_field_may_hold_what_stands_between_two() {
        let fields = Fields::of(|at| if at == DOCS { "one\u{1f}two" } else { "" });
        assert_eq!((fields.get(DESCRIPTION), fields.get(DOCS)), ("", "one\u{1f}two"));
    }
}
