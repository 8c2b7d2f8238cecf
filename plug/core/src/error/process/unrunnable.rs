//! Why a file cannot be run, in words.

use std::fmt;
use std::path::PathBuf;

/// Why a file cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unrunnable {
    /// It is not there.
    Missing {
        /// The folder that is not there either.
        folder: Option<PathBuf>,
    },
    /// It is a link to something that is not there.
    DanglingLink {
        /// Where it leads.
        to: PathBuf,
    },
    /// It is no regular file.
    NotAFile {
        /// What it is.
        what: &'static str,
    },
    /// It is there, and the user may not run it.
    NotExecutable {
        /// Its mode, as of `chmod`.
        mode: u32,
        /// The number of the user who owns it.
        owner: u32,
        /// The number of the user who wants to run it.
        user: u32,
    },
    /// The user may not look into a folder on the way to it.
    Unreachable {
        /// Which.
        folder: PathBuf,
        /// The number of the user.
        user: u32,
    },
    /// It is on a file system that is mounted so that nothing on it is run.
    NoExec,
    /// It is empty.
    Empty,
    /// It is no program.
    NotAProgram {
        /// What it is.
        what: &'static str,
    },
    /// It is a shared library.
    Library,
    /// It is a program for another machine or system.
    WrongTarget {
        /// What it is for.
        target: String,
        /// What this program is for.
        host: String,
    },
    /// It is a script, and the interpreter that its first line names is not there.
    NoInterpreter {
        /// Which, escaped.
        interpreter: String,
    },
    /// It is a program, and the loader of its shared libraries is not there.
    NoLoader {
        /// Which, escaped.
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
