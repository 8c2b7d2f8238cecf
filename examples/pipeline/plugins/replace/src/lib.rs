//! The filter `replace`.
//! It reads its rules from a file when it is opened, so that opening it can fail.

use std::path::{Path, PathBuf};
use std::{env, error, fmt, fs, io};

use pipeline_interface::Filter;
use plug::{Error, plug};

/// The variable that names the file of rules.
pub const RULES: &str = "PIPELINE_RULES";

/// Rules, in the order in which they are applied.
#[derive(Debug)]
pub struct Replace(Vec<(String, String)>);

/// The reason why there are no rules.
#[derive(Debug)]
pub enum RulesError {
    /// The variable is not set, or not UTF-8.
    Variable(env::VarError),
    /// The file cannot be read.
    Read(PathBuf, io::Error),
    /// A line of the file is no rule.
    Rule(PathBuf, BadRule),
}

/// A line that is no rule.
#[derive(Debug, PartialEq, Eq)]
pub struct BadRule {
    /// The line, from 1.
    pub line: usize,
    /// The text of the line.
    pub text: String,
}

impl Replace {
    /// The rules in the file that [`RULES`] names.
    ///
    /// # Errors
    ///
    /// If the variable is not set, and those of [`read`](Replace::read).
    pub fn from_env() -> Result<Self, RulesError> {
        Self::read(Path::new(&env::var(RULES).map_err(RulesError::Variable)?))
    }

    /// The rules in a file: `old=new` on each line that is neither empty nor begins with `#`.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or a line of it is no rule.
    pub fn read(path: &Path) -> Result<Self, RulesError> {
        let text = fs::read_to_string(path).map_err(|error| RulesError::Read(path.to_owned(), error))?;
        let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let rules = lines.map(|(at, line)| match line.split_once('=') {
            Some((old, new)) if !old.is_empty() => Ok((old.to_owned(), new.to_owned())),
            _ => Err(RulesError::Rule(path.to_owned(), BadRule { line: at + 1, text: line.to_owned() })),
        });
        rules.collect::<Result<_, _>>().map(Self)
    }
}

/// Replaces texts by the rules of a file.
///
/// `PIPELINE_RULES` names the file.
/// It holds `old=new` on each line; lines that begin with `#` are comments.
/// The rules are applied in order, each to the result of the one before it.
#[plug("replace", aliases = ["sed"], new = Replace::from_env)]
impl Filter for Replace {
    fn line(&mut self, line: &str) -> Result<Option<String>, Error> {
        Ok(Some(self.0.iter().fold(line.to_owned(), |line, (old, new)| line.replace(old, new))))
    }
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(_) => write!(f, "{RULES} names no file of rules"),
            Self::Read(path, _) | Self::Rule(path, _) => write!(f, "cannot read the rules in {}", path.display()),
        }
    }
}

impl error::Error for RulesError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(match self {
            Self::Variable(error) => error,
            Self::Read(_, error) => error,
            Self::Rule(_, error) => error,
        })
    }
}

impl fmt::Display for BadRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} is no rule of the form `old=new`: `{}`", self.line, self.text)
    }
}

impl error::Error for BadRule {}
