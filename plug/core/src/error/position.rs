//! A place in a file.

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

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column } = self;
        write!(f, "{file}:{line}:{column}")
    }
}
