//! `--config`, and the variable that replaces it.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser};

use super::unless_empty;
use crate::config::Config;
use crate::failure::Failure;

/// The configuration file.
#[derive(Debug, Args)]
pub(crate) struct ConfigFile {
    /// Reads the settings of plugins from this file, of TOML or JSON
    #[arg(id = CONFIG, long, value_name = "FILE", env = unless_empty(VARIABLE), value_parser = path())]
    file: Option<PathBuf>,
    /// Whether it comes from the environment.
    #[arg(skip)]
    pub(super) is_from_environment: bool,
}

pub(super) const CONFIG: &str = "config";

const VARIABLE: &str = "APP_CONFIG";

impl ConfigFile {
    /// The sections of the file. Without a file there are none.
    pub(crate) fn read(&self) -> Result<Config, Failure> {
        match &self.file {
            None => Ok(Config::default()),
            Some(file) => Config::read(file).map_err(|failure| self.attributed(failure)),
        }
    }

    pub(crate) fn is_given(&self) -> bool {
        self.file.is_some()
    }

    /// The failure of the file, with the variable that it comes from.
    fn attributed(&self, failure: Failure) -> Failure {
        if self.is_from_environment { failure.of_variable("file", VARIABLE) } else { failure }
    }
}

fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new()
}
