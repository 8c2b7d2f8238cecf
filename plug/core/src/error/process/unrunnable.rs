//! The reasons why a file cannot be run.

use std::fmt;
use std::path::PathBuf;

/// The reason why a file cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unrunnable {
    /// The file does not exist.
    Missing {
        /// The first missing folder on the way, if one is missing.
        folder: Option<PathBuf>,
    },
    /// It is a link to a file that does not exist.
    DanglingLink {
        /// The target of the link.
        to: PathBuf,
    },
    /// It is no regular file.
    NotAFile {
        /// The kind of file that it is.
        what: &'static str,
    },
    /// It exists, but the user may not run it.
    NotExecutable {
        /// Its mode, as `chmod` takes it.
        mode: u32,
        /// The number of its owner.
        owner: u32,
        /// The number of the user that tried to run it.
        user: u32,
    },
    /// The user may not search a folder on the way to it.
    Unreachable {
        /// The folder.
        folder: PathBuf,
        /// The number of the user.
        user: u32,
    },
    /// Its file system is mounted so that no file of it can be run.
    NoExec,
    /// It is empty.
    Empty,
    /// It is no program.
    NotAProgram {
        /// The kind of file that it is.
        what: &'static str,
    },
    /// It is a shared library.
    Library,
    /// It is a program for another machine or system.
    WrongTarget {
        /// The target of the file.
        target: String,
        /// The target of this program.
        host: String,
    },
    /// It is a script, and the interpreter in its first line does not exist.
    NoInterpreter {
        /// The interpreter, escaped.
        interpreter: String,
    },
    /// It is a program, and the loader of its shared libraries does not exist.
    NoLoader {
        /// The loader, escaped.
        loader: String,
    },
}

impl std::error::Error for Unrunnable {}

/// A sentence about the file, for the place after its path and a colon.
impl fmt::Display for Unrunnable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { folder: None } => f.write_str("there is no such file"),
            Self::Missing { folder: Some(folder) } => {
                write!(f, "there is no such file, and no folder `{}`", folder.display())
            }
            Self::DanglingLink { to } => write!(f, "it is a link to `{}`, which is not there", to.display()),
            Self::NotAFile { what } => write!(f, "it is no file, but {what}"),
            Self::NotExecutable { mode, owner, user } => {
                let mode = mode & 0o7777;
                match mode & 0o111 {
                    0 => write!(f, "it is not executable, with mode {mode:04o} and owner {owner}"),
                    _ => write!(f, "user {user} may not execute it, with mode {mode:04o} and owner {owner}"),
                }
            }
            Self::Unreachable { folder, user } => {
                write!(f, "user {user} may not look into folder `{}`", folder.display())
            }
            Self::NoExec => f.write_str("its file system is mounted with `noexec`"),
            Self::Empty => f.write_str("it is empty"),
            Self::NotAProgram { what } => write!(f, "it is no program, but {what}"),
            Self::Library => f.write_str("it is no program, but a shared library"),
            Self::WrongTarget { target, host } => write!(f, "it is for {target}, and this system is {host}"),
            Self::NoInterpreter { interpreter } => {
                write!(f, "it is a script for `{interpreter}`, which is not there")?;
                match interpreter.ends_with("\\r") {
                    true => {
                        f.write_str("\nhint: its lines end as on Windows, so that the `\\r` counts as part of the name")
                    }
                    false => Ok(()),
                }
            }
            Self::NoLoader { loader } => {
                write!(f, "it wants the loader `{loader}`, which is not there")?;
                f.write_str("\nhint: it was built for a system with another C library, or in another place: build it for this one")
            }
        }
    }
}
