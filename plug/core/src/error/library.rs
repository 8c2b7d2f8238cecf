//! The faults of a shared library's file.
//!
//! These files of `library/host/` decide them:
//!
//! | file | faults |
//! |---|---|
//! | `file.rs` | `RelativePath`, `Unreadable`, `NotAFile`, `TooLong`, `Copy` |
//! | `file.rs`, on demand | `Writable`, `NotAllowed` |
//! | `image.rs` | `Empty`, `NotALibrary`, `WrongTarget`, `CutShort`, `Damaged`, `NoPlugins` |
//! | `structure.rs` | `Damaged` |
//! | `open.rs`, `reader.rs` | `Abi`, and faults of the records: `Damaged`, `NoPlugins` |
//! | `loaded.rs` | `Load`, `NoAnswer`, `Changed`, and `Abi` once more |
//!
//! `compat.rs` decides whether an interface fits; one that does not refuses its plugin alone.
//! `link/parse.rs` decides about the text `library:PATH`.

use std::fmt;
use std::path::{Path, PathBuf};

/// A fault of a shared library's file, by the step that found it.
/// `Load`, `NoAnswer` and `Changed` come from loading.
/// All others are found before any of its code runs.
/// `Abi` is also found later, if the loaded library has another ABI than its records say.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LibraryFault {
    /// The path is not absolute, so the system would search its own folders for it.
    RelativePath {
        /// The path, resolved from the current folder.
        absolute: PathBuf,
    },
    /// The file cannot be read. The error is the source.
    Unreadable,
    /// It is no regular file.
    NotAFile {
        /// The kind of file that it is.
        what: &'static str,
    },
    /// Users other than its owner may change the file or a folder on the way to it, and the options
    /// refuse that.
    Writable {
        /// The file or folder.
        by: PathBuf,
        /// Its mode, as `chmod` takes it.
        mode: u32,
        /// The number of its owner.
        owner: u32,
    },
    /// It is not on the list of allowed files.
    NotAllowed {
        /// The SHA-256 of the file, in hexadecimal digits.
        sha256: String,
    },
    /// It is longer than the limit.
    TooLong {
        /// Its length, in bytes.
        len: u64,
        /// The limit, in bytes.
        max: u64,
    },
    /// The file is empty.
    Empty,
    /// It is no shared library.
    NotALibrary {
        /// The kind of file that it is.
        what: String,
    },
    /// It is a shared library for another target.
    WrongTarget {
        /// The target of the library.
        target: String,
        /// The target of this program.
        host: String,
    },
    /// Its header declares more bytes than it has.
    CutShort {
        /// Its length, in bytes.
        len: u64,
        /// The length that its header declares, at least.
        declared: u64,
    },
    /// Its headers, its records or the tables for the loader are invalid.
    Damaged {
        /// The reason.
        what: String,
    },
    /// It is a shared library without plugins.
    NoPlugins,
    /// It has another version of the ABI between host and library.
    Abi {
        /// The number of the library's ABI.
        library: u32,
        /// The number of this program's.
        host: u32,
        /// The version of plug that the library was built with.
        version: String,
    },
    /// The private copy for loading cannot be made. The error is the source.
    Copy,
    /// The system cannot load it: a library or symbol is missing, or a constructor failed.
    /// The system's error is the source.
    Load,
    /// It was loaded, but its entry does not work.
    NoAnswer,
    /// After it was loaded, it differs from its file.
    Changed {
        /// The difference.
        what: String,
    },
}

impl LibraryFault {
    /// The sentence of the fault, about the library at the path, or about "the library" if the path
    /// is `None`.
    pub(crate) fn about<'a>(&'a self, path: Option<&'a Path>) -> impl fmt::Display + 'a {
        About { fault: self, path }
    }
}

/// The sentence of the fault, about "the library".
/// The path is in [`ErrorKind::Library`](crate::ErrorKind::Library).
impl fmt::Display for LibraryFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.about(None).fmt(f)
    }
}

impl std::error::Error for LibraryFault {}

struct About<'a> {
    fault: &'a LibraryFault,
    path: Option<&'a Path>,
}

impl fmt::Display for About<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fault, path } = self;
        let library = path.map(|path| format!("library `{}`", path.display()));
        let library = library.as_deref().unwrap_or("the library");
        match fault {
            LibraryFault::RelativePath { absolute } => {
                let path = path.map(|path| format!(": `{}`", path.display())).unwrap_or_default();
                write!(
                    f,
                    "the path of a library must be absolute{path}\nhint: from here that is `{}`",
                    absolute.display()
                )
            }
            LibraryFault::Unreadable => write!(f, "cannot read {library}"),
            LibraryFault::NotAFile { what } => write!(f, "{library} is no file, but {what}"),
            LibraryFault::Writable { by, mode, owner } => {
                let (by, mode) = (by.display(), mode & 0o7777);
                write!(f, "{library} can be changed by others: `{by}` has mode {mode:04o} and owner {owner}")?;
                write!(
                    f,
                    "\nhint: let it belong to you or to root, and take the others' right to write: `chmod go-w {by}`"
                )
            }
            LibraryFault::NotAllowed { sha256 } => {
                write!(f, "{library} is not on the list of those that are allowed: its SHA-256 is {sha256}")
            }
            LibraryFault::TooLong { len, max } => write!(
                f,
                "{library} is too long: it has {len} bytes, and {max} are the most\n\
                 hint: `LibraryOptions::refuse_longer_than` sets another limit"
            ),
            LibraryFault::Empty => write!(f, "{library} is empty"),
            LibraryFault::NotALibrary { what } => match path {
                Some(path) => write!(f, "`{}` is no shared library, but {what}", path.display()),
                None => write!(f, "the file is no shared library, but {what}"),
            },
            LibraryFault::WrongTarget { target, host } => {
                write!(f, "{library} is for {target}, and this program for {host}")
            }
            LibraryFault::CutShort { len, declared } => {
                write!(f, "{library} is cut short: it has {len} bytes, and its header tells of {declared}")
            }
            LibraryFault::Damaged { what } => write!(f, "{library} is damaged: {what}"),
            LibraryFault::NoPlugins => write!(
                f,
                "{library} has no plugins of plug's in it\n\
                 hint: a library is built from a plugin's crate by `cargo rustc --release -p CRATE --crate-type cdylib`"
            ),
            LibraryFault::Abi { library: theirs, host, version } => {
                write!(f, "{library} speaks ABI {theirs}, of plug {version}, and this program ABI {host}")?;
                match theirs > host {
                    true => write!(f, "\nhint: build the program with that plug, or the library with an older one"),
                    false => write!(f, "\nhint: build the library anew, with plug {}", env!("CARGO_PKG_VERSION")),
                }
            }
            LibraryFault::Copy => write!(f, "cannot copy {library}, as is done before it is loaded"),
            LibraryFault::Load => write!(f, "cannot load {library}"),
            LibraryFault::NoAnswer => write!(f, "{library} was loaded, and does not answer"),
            LibraryFault::Changed { what } => write!(f, "{library} is not what its file says: {what}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_a_sentence_with_and_without_its_path() {
        for (fault, without, with) in [
            (LibraryFault::Empty, "the library is empty", "library `/x.so` is empty"),
            (LibraryFault::Unreadable, "cannot read the library", "cannot read library `/x.so`"),
            (
                LibraryFault::NotALibrary { what: "a text".into() },
                "the file is no shared library, but a text",
                "`/x.so` is no shared library, but a text",
            ),
            (
                LibraryFault::RelativePath { absolute: "/x.so".into() },
                "the path of a library must be absolute\nhint: from here that is `/x.so`",
                "the path of a library must be absolute: `/x.so`\nhint: from here that is `/x.so`",
            ),
        ] {
            assert_eq!(fault.to_string(), without);
            assert_eq!(fault.about(Some(Path::new("/x.so"))).to_string(), with);
        }
    }
}
