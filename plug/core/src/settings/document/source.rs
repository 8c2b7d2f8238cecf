//! The text that settings are from, and places in it.

use std::sync::Arc;

use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::error::position::Position;

/// A file of settings, or a value of the host.
pub(super) struct Source {
    /// The name of the file, as the host gave it, or of the value's type.
    pub name: String,
    text: Option<Text>,
}

struct Text {
    /// Without a byte order mark, so that it counts as no column.
    text: Arc<str>,
    find: Find,
}

/// Finds the byte of the last key that exists, in a text that has been read before.
/// Without any it is the start of the text.
pub(super) type Find = fn(text: &str, keys: &[String]) -> usize;

/// What is wrong with a text, and at which byte. It quotes nothing of the text but keys.
#[derive(Debug)]
pub(super) struct Mistake {
    pub at: Option<usize>,
    pub what: String,
}

impl Source {
    #[cfg(feature = "serde_json")]
    pub(super) fn value(name: &str) -> Self {
        Self { name: name.to_owned(), text: None }
    }

    /// The settings of a text, and the file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unreadable`], if `read` finds a mistake.
    pub(super) fn file(
        name: &str,
        text: &str,
        read: impl FnOnce(&Arc<str>) -> Result<Arc<str>, Mistake>,
        find: Find,
    ) -> Result<(Arc<str>, Self), Error> {
        let text: Arc<str> = text.strip_prefix('\u{feff}').unwrap_or(text).into();
        let json = read(&text);
        let source = Self { name: name.to_owned(), text: Some(Text { text, find }) };
        match json {
            Ok(json) => Ok((json, source)),
            Err(Mistake { at, what }) => {
                let place = at.and_then(|at| source.position(|_| at));
                Err(source.unreadable(place, what))
            }
        }
    }

    /// The place of the last key that exists, if this is a file.
    pub(super) fn locate(&self, keys: &[String]) -> Option<Position> {
        self.position(|text| (text.find)(&text.text, keys))
    }

    pub(super) fn unreadable(&self, place: Option<Position>, what: String) -> Error {
        ErrorKind::Unreadable { file: self.name.clone(), place, what }.into()
    }

    fn position(&self, offset: impl FnOnce(&Text) -> usize) -> Option<Position> {
        self.text.as_ref().map(|text| Position::of(&self.name, &text.text, offset(text)))
    }
}
