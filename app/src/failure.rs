//! How the program ends: the exit status, and the text of an error with all its causes. It prints nothing.

use std::error::Error;
use std::process::ExitCode;

use plug::ErrorKind;

/// What the exit status says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    /// The plugin failed, or the result could not be written.
    Failed = 1,
    /// Wrong usage, or a plugin that nobody knows.
    Usage = 2,
    /// The registry has a problem.
    Problem = 3,
    /// The plugin is known, but not in this build.
    NotInBuild = 4,
}

/// An error that ends the program, in texts: what a plugin's error says, it says once, while its panics are caught.
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

    /// The error, which has happened in a plugin whatever its kind is.
    pub(crate) fn of_plugin(error: &plug::Error) -> Self {
        Self::new(error.to_string(), Exit::Failed).caused_by(error.source())
    }

    /// The same failure with this cause and the causes of that.
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

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn causes(&self) -> &[String] {
        &self.causes
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }
}

/// An error of the registry's.
impl From<plug::Error> for Failure {
    fn from(error: plug::Error) -> Self {
        Self::new(error.to_string(), Exit::from(error.kind())).caused_by(error.source())
    }
}

impl From<&ErrorKind> for Exit {
    fn from(kind: &ErrorKind) -> Self {
        match kind {
            ErrorKind::BadName { .. } | ErrorKind::Unknown { .. } | ErrorKind::WrongInterface { .. } => Self::Usage,
            ErrorKind::Problem(_) | ErrorKind::Problems(_) => Self::Problem,
            ErrorKind::NotInBuild { .. } => Self::NotInBuild,
            // `Plugin` and `Open`, and whatever steps are added: all of them come after the plugin has been found.
            _ => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        (exit as u8).into()
    }
}
