//! The filter `replace`.
//! Its rules are settings, and can also stand in a file, which it reads when it is opened.

use std::path::{Path, PathBuf};
use std::{error, fmt, fs, io};

use pipeline_interface::Filter;
use plug::{Error, plug};
use serde::Deserialize;

/// The rules, of which there must be some.
#[derive(Debug, Deserialize)]
struct Settings {
    /// Rules, in the order in which they are applied.
    #[serde(default)]
    rules: Vec<Rule>,
    /// A file with more rules: `old=new` on each line that is neither empty nor begins with `#`.
    /// They are applied after the others.
    file: Option<PathBuf>,
}

/// A rule.
#[derive(Debug, Deserialize)]
struct Rule {
    /// The text that is replaced. It is not empty.
    old: String,
    /// The text in its place.
    new: String,
}

/// Rules, in the order in which they are applied.
#[derive(Debug)]
pub struct Replace(Vec<Rule>);

/// The reason why there are no rules in a file.
#[derive(Debug)]
pub enum RulesError {
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
    // `Error::at` names the key, and the host finds its place in the user's file.
    fn open(settings: Settings) -> Result<Self, Error> {
        let Settings { mut rules, file } = settings;
        if let Some(at) = rules.iter().position(|rule| rule.old.is_empty()) {
            return Err(Error::msg("an empty text cannot be replaced").at(&format!("/rules/{at}/old")));
        }
        match file {
            Some(file) => rules.extend(read(&file).map_err(|error| Error::new(error).at("file"))?),
            None if rules.is_empty() => return Err(Error::msg("it has neither `rules` nor a `file`").at("")),
            None => {}
        }
        Ok(Self(rules))
    }
}

/// Replaces texts by rules.
///
/// The rules are applied in order, each to the result of the one before it.
#[plug("replace", aliases = ["sed"], new = Self::open)]
impl Filter for Replace {
    fn line(&mut self, line: &str) -> Result<Option<String>, Error> {
        Ok(Some(self.0.iter().fold(line.to_owned(), |line, rule| line.replace(&rule.old, &rule.new))))
    }
}

fn read(path: &Path) -> Result<Vec<Rule>, RulesError> {
    let text = fs::read_to_string(path).map_err(|error| RulesError::Read(path.to_owned(), error))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let rules = lines.map(|(at, line)| match line.split_once('=') {
        Some((old, new)) if !old.is_empty() => Ok(Rule { old: old.to_owned(), new: new.to_owned() }),
        _ => Err(RulesError::Rule(path.to_owned(), BadRule { line: at + 1, text: line.to_owned() })),
    });
    rules.collect()
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(path, _) | Self::Rule(path, _) => write!(f, "cannot read the rules in {}", path.display()),
        }
    }
}

impl error::Error for RulesError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(match self {
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
