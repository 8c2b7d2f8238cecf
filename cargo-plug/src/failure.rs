//! The end of a command that did not do its work.

use std::fmt;
use std::process::ExitCode;

/// The exit status if Cargo failed, which is Cargo's own.
const CARGO_FAILED: u8 = 101;

/// The reason why a command failed, and the ways out.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hints: Vec<String>,
    /// Cargo has printed its error already.
    is_of_cargo: bool,
    status: u8,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new(), is_of_cargo: false, status: 1 }
    }

    /// Cargo failed. The message adds to Cargo's own, and may be empty.
    pub(crate) fn of_cargo(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new(), is_of_cargo: true, status: CARGO_FAILED }
    }

    /// The program that was run has ended with this status.
    #[cfg(not(unix))]
    pub(crate) fn of_program(status: u8) -> Self {
        Self { message: String::new(), hints: Vec::new(), is_of_cargo: true, status }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Whether there is nothing to print.
    pub(crate) fn is_silent(&self) -> bool {
        self.is_of_cargo && self.message.is_empty()
    }

    pub(crate) fn exit(&self) -> ExitCode {
        self.status.into()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.hints.iter().try_for_each(|hint| write!(f, "\nhint: {hint}"))
    }
}

/// Adds the path to an error of the file system.
pub(crate) trait At<T> {
    fn at(self, what: &str, path: &std::path::Path) -> Result<T, Failure>;
}

impl<T> At<T> for std::io::Result<T> {
    fn at(self, what: &str, path: &std::path::Path) -> Result<T, Failure> {
        self.map_err(|error| {
            let text = error.to_string();
            // A temporary file says its own name, which nobody has chosen.
            let why = text.split_once(" at path \"").map_or(&*text, |(why, _)| why);
            Failure::new(format!("cannot {what} `{}`: {why}", path.display()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_file_keeps_its_name_to_itself() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("none");
        let failure =
            tempfile::Builder::new().prefix(".plug-").tempfile_in(&folder).at("write to", &folder).unwrap_err();
        let missing = std::fs::read(&folder).unwrap_err();
        assert_eq!(failure.to_string(), format!("cannot write to `{}`: {missing}", folder.display()));
    }
}
