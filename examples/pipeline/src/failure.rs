//! The failures of the program: their texts, and whether the user's command line or file is wrong.

use std::{error, fmt, io};

use plug::{Error, ErrorKind};

use crate::cli::USAGE;

/// The reason why the program failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The command line is wrong.
    Usage,
    /// The file of the command line cannot be read.
    File(String, io::Error),
    /// The file has no such section.
    Missing(String, &'static str),
    /// This number of sections of the file cannot be opened.
    Wrong(usize),
    /// The input or the output failed.
    Io(io::Error),
    /// The registry or a plugin failed.
    Plug(Error),
}

impl Failure {
    /// Whether the command line or the file is wrong.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Usage | Self::File(..) | Self::Missing(..) | Self::Wrong(_) => true,
            Self::Io(_) => false,
            Self::Plug(error) => matches!(
                error.kind(),
                ErrorKind::BadName { .. }
                    | ErrorKind::Unknown { .. }
                    | ErrorKind::NotInBuild { .. }
                    | ErrorKind::Settings { .. }
                    | ErrorKind::Unreadable { .. }
            ),
        }
    }

    /// Whether the reader of the output has closed the pipe, as `head` does.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Plug(error)
    }
}

/// The text with all causes, since the program ends with it.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage => f.write_str(USAGE),
            Self::File(file, error) => write!(f, "cannot read `{file}`\ncaused by: {error}"),
            Self::Missing(file, section) => write!(f, "`{file}` has no section `[{section}]`"),
            Self::Wrong(1) => f.write_str("a section is wrong"),
            Self::Wrong(count) => write!(f, "{count} sections are wrong"),
            Self::Io(error) => error.fmt(f),
            Self::Plug(error) => write!(f, "{error:?}"),
        }
    }
}

impl error::Error for Failure {}
