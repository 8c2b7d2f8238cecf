//! The text that settings are from, and places in it.

use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::error::position::Position;

/// A file of settings.
pub(super) struct Source {
    /// The name, as the host gave it.
    pub file: String,
    /// Without a byte order mark, so that it counts as no column.
    pub text: Arc<str>,
    /// Finds the byte of the place that some keys lead to, in a text that has been read before.
    pub find: Find,
}

/// The place of the last key that exists. The first one is that of the text.
pub(super) type Find = fn(text: &str, keys: &[String]) -> usize;

/// What is wrong with a text, and at which byte. It quotes nothing of the text but keys.
#[derive(Debug)]
pub(super) struct Mistake {
    pub at: Option<usize>,
    pub what: String,
}

impl Source {
    pub(super) fn new(file: &str, text: &str, find: Find) -> Self {
        Self { file: file.to_owned(), text: text.strip_prefix('\u{feff}').unwrap_or(text).into(), find }
    }

    pub(super) fn locate(&self, keys: &[String]) -> Position {
        self.position((self.find)(&self.text, keys))
    }

    pub(super) fn unreadable(&self, mistake: Mistake) -> Error {
        let place = mistake.at.map(|at| self.position(at));
        ErrorKind::Unreadable { file: self.file.clone(), place, what: mistake.what }.into()
    }

    fn position(&self, at: usize) -> Position {
        Position::of(&self.file, &self.text, at)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.file.fmt(f)
    }
}
