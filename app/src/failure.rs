//! The end of the program: its exit status, and the text of an error with all its causes.
//! It prints nothing.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use plug::ErrorKind;
#[cfg(feature = "library")]
use plug::library::LibraryFault;
#[cfg(feature = "process")]
use plug::link::{ProcessFault, Unrunnable};

use crate::contested;

/// The exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    /// The plugin failed, did not answer in time, or is gone; or the result could not be written.
    Failed = 1,
    /// Wrong usage, an unknown plugin, or a path that leads to no plugins.
    Usage = 2,
    /// The registry has a problem; or a library, a process or a server cannot be used.
    Problem = 3,
    /// The plugin is known, but not in this build; or its kind of link is not.
    NotInBuild = 4,
}

/// An error that ends the program.
/// It holds texts, since a plugin's error runs the plugin's code to print itself, which must happen
/// while panics are caught.
#[derive(Debug)]
pub(crate) struct Failure {
    text: String,
    causes: Vec<String>,
    exit: Exit,
}

impl Failure {
    pub(crate) fn new(text: impl Into<String>, exit: Exit) -> Self {
        Self { text: text.into(), causes: Vec::new(), exit }
    }

    /// An error of a plugin's method, whatever its kind is.
    pub(crate) fn of_plugin(error: &plug::Error) -> Self {
        Self::with(error, Exit::Failed)
    }

    /// The error with its causes, and an exit status.
    pub(crate) fn with(error: &plug::Error, exit: Exit) -> Self {
        Self::new(error.to_string(), exit).caused_by(error.source())
    }

    /// The same failure with this cause, and with that one's causes.
    pub(crate) fn caused_by(mut self, cause: Option<&(dyn Error + 'static)>) -> Self {
        self.causes.extend(std::iter::successors(cause, |error| (*error).source()).map(ToString::to_string));
        self
    }

    /// The same failure with one more hint.
    pub(crate) fn hint(mut self, hint: &str) -> Self {
        self.text.push_str("\nhint: ");
        self.text.push_str(hint);
        self
    }

    /// The same failure, of a value that comes from a variable.
    pub(crate) fn of_variable(self, what: &str, variable: &str) -> Self {
        self.hint(&format!("the {what} comes from the variable `{variable}`"))
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }
}

/// The text, and a line for each cause.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        self.causes.iter().try_for_each(|cause| write!(f, "\ncaused by: {cause}"))
    }
}

/// An error of the registry or of a link.
impl From<plug::Error> for Failure {
    fn from(error: plug::Error) -> Self {
        // The first opening of a plugin loads its library, and starts its process again after its
        // end.
        // A failure there is the link's and not the plugin's.
        let cause = match error.kind() {
            ErrorKind::Open { .. } => error.downcast_ref().map(plug::Error::kind),
            _ => None,
        };
        let kind = cause.filter(|cause| is_of_link(cause)).unwrap_or(error.kind());
        let failure = Self::with(&error, Exit::from(kind));
        let way_out = if let ErrorKind::Problem(problem) = kind { contested::way_out(problem) } else { None };
        way_out.iter().fold(failure, |failure, way_out| failure.hint(way_out))
    }
}

fn is_of_link(kind: &ErrorKind) -> bool {
    match kind {
        #[cfg(feature = "library")]
        ErrorKind::Library { .. } => true,
        #[cfg(feature = "process")]
        ErrorKind::Process { .. } => true,
        _ => false,
    }
}

impl From<&ErrorKind> for Exit {
    fn from(kind: &ErrorKind) -> Self {
        match kind {
            ErrorKind::BadName { .. } | ErrorKind::Unknown { .. } | ErrorKind::WrongInterface { .. } => Self::Usage,
            ErrorKind::Problem(_) | ErrorKind::Problems(_) | ErrorKind::Incompatible { .. } => Self::Problem,
            ErrorKind::Link { .. } | ErrorKind::Settings { .. } | ErrorKind::Unreadable { .. } => Self::Usage,
            #[cfg(feature = "library")]
            ErrorKind::Library { fault, .. } => Self::from(fault),
            #[cfg(feature = "process")]
            ErrorKind::Process { fault, .. } => Self::from(fault),
            #[cfg(feature = "grpc")]
            ErrorKind::Address { .. } => Self::Usage,
            // The peer does not speak as a plugin does.
            // Its answer to a call is for `Failure::of_plugin`.
            ErrorKind::Refused { .. } | ErrorKind::Malformed { .. } => Self::Problem,
            ErrorKind::NotInBuild { .. } => Self::NotInBuild,
            // `Plugin`, `Open`, `Panicked`, `Deadline`, `Cancelled`, `Unavailable`: another try may
            // help.
            _ => Self::Failed,
        }
    }
}

/// Another path mends the first faults, and only another library the others.
#[cfg(feature = "library")]
impl From<&LibraryFault> for Exit {
    fn from(fault: &LibraryFault) -> Self {
        match fault {
            LibraryFault::RelativePath { .. }
            | LibraryFault::Unreadable
            | LibraryFault::NotAFile { .. }
            | LibraryFault::Empty
            | LibraryFault::NotALibrary { .. }
            | LibraryFault::NoPlugins => Self::Usage,
            _ => Self::Problem,
        }
    }
}

/// Another path mends the first faults, and only another executable the others.
/// A process that has answered and then died is a plugin that failed.
#[cfg(feature = "process")]
impl From<&ProcessFault> for Exit {
    fn from(fault: &ProcessFault) -> Self {
        match fault {
            ProcessFault::Died { .. } => Self::Failed,
            ProcessFault::Spawn {
                why:
                    Some(Unrunnable::WrongTarget { .. } | Unrunnable::NoInterpreter { .. } | Unrunnable::NoLoader { .. }),
            } => Self::Problem,
            ProcessFault::Spawn { why: Some(_) } => Self::Usage,
            _ => Self::Problem,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        (exit as u8).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(error: plug::Error) -> Exit {
        Failure::from(error).exit()
    }

    fn library(fault: LibraryFault) -> plug::Error {
        ErrorKind::Library { path: "/x.so".into(), fault }.into()
    }

    #[test]
    fn a_path_that_is_wrong_is_wrong_usage_and_a_library_that_is_wrong_a_problem() {
        assert_eq!(exit(library(LibraryFault::Empty)), Exit::Usage);
        assert_eq!(exit(library(LibraryFault::NoPlugins)), Exit::Usage);
        assert_eq!(exit(library(LibraryFault::CutShort { len: 1, declared: 2 })), Exit::Problem);
        assert_eq!(exit(library(LibraryFault::NoAnswer)), Exit::Problem);
    }

    #[test]
    fn a_library_that_cannot_be_loaded_is_not_a_plugin_that_fails() {
        let opening = |cause| {
            let kind = ErrorKind::Open { plugin: "a".into(), package: None };
            plug::Error::from(kind).with_source(cause)
        };
        assert_eq!(exit(opening(library(LibraryFault::Load))), Exit::Problem);
        assert_eq!(exit(opening(plug::Error::msg("the plugin's own"))), Exit::Failed);
        assert_eq!(exit(opening(ErrorKind::BadName { name: "A".into() }.into())), Exit::Failed);
    }
}
