//! What can be wrong with the file of a library, in words. It knows no file.

use std::fmt;
use std::path::{Path, PathBuf};

/// What is wrong with the file of a shared library, by the step that found it. All but the last four are found before any code of the
/// file has run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LibraryFault {
    /// The path is not absolute, so that the system would look for it where it likes.
    RelativePath {
        /// Where it leads from the current folder.
        absolute: PathBuf,
    },
    /// The file cannot be read; the error is the source.
    Unreadable,
    /// It is no regular file.
    NotAFile {
        /// What it is.
        what: &'static str,
    },
    /// Others than its owner may change the file, or a folder on the way to it, and it was asked to refuse that.
    Writable {
        /// The file or folder.
        by: PathBuf,
        /// Its mode, as of `chmod`.
        mode: u32,
        /// The number of the user who owns it.
        owner: u32,
    },
    /// There is a list of the files that are allowed, and it is not on it.
    NotAllowed {
        /// The SHA-256 of the file, in hexadecimal digits.
        sha256: String,
    },
    /// It is longer than is looked at.
    TooLong {
        /// How many bytes it has.
        len: u64,
        /// How many it may have.
        most: u64,
    },
    /// The file is empty.
    Empty,
    /// It is no shared library.
    NotALibrary {
        /// What it is.
        what: String,
    },
    /// It is a shared library for something else.
    WrongTarget {
        /// What it is for.
        target: String,
        /// What this program is for.
        host: String,
    },
    /// Its header tells of more bytes than there are.
    CutShort {
        /// How many there are.
        len: u64,
        /// How many its header tells of, at least.
        told: u64,
    },
    /// Its header, or what it says of itself, makes no sense.
    Damaged {
        /// What does not.
        what: String,
    },
    /// It is a shared library, and none of plugins.
    NoPlugins,
    /// It speaks another version of the language between host and library.
    Abi {
        /// The number of the library's ABI.
        library: u32,
        /// The number of this program's.
        host: u32,
        /// The version of plug that the library was built with.
        version: String,
    },
    /// The copy that is loaded cannot be made; the error is the source.
    Copy,
    /// The system cannot load it: a library or a symbol that it needs is missing, or a constructor failed. The system's error is the
    /// source.
    Load,
    /// It was loaded, and does not answer.
    NoAnswer,
    /// What it says after it was loaded is not what its file says.
    Changed {
        /// What is not.
        what: String,
    },
}

impl LibraryFault {
    pub(crate) fn write(&self, path: &Path, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = path.display();
        match self {
            Self::RelativePath { absolute } => {
                let absolute = absolute.display();
                write!(f, "the path of a library must be absolute: `{path}`\nhint: from here that is `{absolute}`")
            }
            Self::Unreadable => write!(f, "cannot read library `{path}`"),
            Self::NotAFile { what } => write!(f, "library `{path}` is no file, but {what}"),
            Self::Writable { by, mode, owner } => {
                let (by, mode) = (by.display(), mode & 0o7777);
                write!(f, "library `{path}` can be changed by others: `{by}` has mode {mode:04o} and owner {owner}")?;
                write!(
                    f,
                    "\nhint: let it belong to you or to root, and take the others' right to write: `chmod go-w {by}`"
                )
            }
            Self::NotAllowed { sha256 } => {
                write!(f, "library `{path}` is not on the list of those that are allowed: its SHA-256 is {sha256}")
            }
            Self::TooLong { len, most } => write!(
                f,
                "library `{path}` is too long: it has {len} bytes, and {most} are the most\n\
                 hint: `LibraryOptions::refuse_longer_than` sets another limit"
            ),
            Self::Empty => write!(f, "library `{path}` is empty"),
            Self::NotALibrary { what } => write!(f, "`{path}` is no shared library, but {what}"),
            Self::WrongTarget { target, host } => {
                write!(f, "library `{path}` is for {target}, and this program for {host}")
            }
            Self::CutShort { len, told } => {
                write!(f, "library `{path}` is cut short: it has {len} bytes, and its header tells of {told}")
            }
            Self::Damaged { what } => write!(f, "library `{path}` is damaged: {what}"),
            Self::NoPlugins => write!(
                f,
                "library `{path}` has no plugins of plug's in it\n\
                 hint: a library is built from a plugin's crate by `cargo rustc --release -p CRATE --crate-type cdylib`"
            ),
            Self::Abi { library, host, version } => {
                write!(f, "library `{path}` speaks ABI {library}, of plug {version}, and this program ABI {host}")?;
                match library > host {
                    true => write!(f, "\nhint: build the program with that plug, or the library with an older one"),
                    false => write!(f, "\nhint: build the library anew, with plug {}", env!("CARGO_PKG_VERSION")),
                }
            }
            Self::Copy => write!(f, "cannot copy library `{path}`, as is done before it is loaded"),
            Self::Load => write!(f, "cannot load library `{path}`"),
            Self::NoAnswer => write!(f, "library `{path}` was loaded, and does not answer"),
            Self::Changed { what } => write!(f, "library `{path}` is not what its file says: {what}"),
        }
    }
}
