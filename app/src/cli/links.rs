//! `--link`, and the variable that replaces it.
//! It opens no link.

use clap::Args;
use plug::link::Address;

use super::{text, unless_empty};
use crate::failure::Failure;
use crate::link::{distinct, read, separated};

/// The links whose plugins are added to those of this build.
#[derive(Debug, Args)]
pub(crate) struct Links {
    /// Adds the plugins of this link, such as `process:PATH`; can be given several times
    #[arg(id = LINK, long, value_name = "LINK", env = unless_empty(VARIABLE), value_parser = text())]
    texts: Vec<String>,
    /// Whether they come from the environment.
    #[arg(skip)]
    pub(super) is_from_environment: bool,
}

pub(super) const LINK: &str = "link";

const VARIABLE: &str = "APP_LINKS";

impl Links {
    /// The links, each once.
    pub(crate) fn read(&self) -> Result<Vec<Address>, Failure> {
        // An argument is not separated, so that every path can be typed.
        let texts: Vec<_> = match self.is_from_environment {
            true => self.texts.iter().flat_map(|text| separated(text)).collect(),
            false => self.texts.clone(),
        };
        let links = texts.iter().map(|text| read(text)).collect::<Result<_, _>>();
        links.map(distinct).map_err(|failure| self.attributed(failure))
    }

    /// The failure of a link, with the variable that it comes from.
    pub(crate) fn attributed(&self, failure: Failure) -> Failure {
        if self.is_from_environment { failure.of_variable("link", VARIABLE) } else { failure }
    }
}

/// The links in the variable, without the parts that are no links.
pub(crate) fn of_environment() -> Vec<Address> {
    let text = std::env::var(VARIABLE).unwrap_or_default();
    distinct(separated(&text).iter().filter_map(|text| read(text).ok()).collect())
}
