//! `--link`, and the variable that stands in for it. It opens no link.

use clap::Args;

use super::{text, unless_empty};
use crate::failure::Failure;
use crate::link::{Link, distinct, separated};

/// What adds plugins to those of this build.
#[derive(Debug, Args)]
pub(crate) struct Links {
    /// Adds the plugins of this link, such as `process:PATH`; can be given several times
    #[arg(id = LINK, long, value_name = "LINK", env = unless_empty(VARIABLE), value_parser = text())]
    texts: Vec<String>,
    /// Whether they stood in the environment.
    #[arg(skip)]
    pub(super) is_from_environment: bool,
}

pub(super) const LINK: &str = "link";

const VARIABLE: &str = "APP_LINKS";

impl Links {
    /// The links, each once.
    pub(crate) fn read(&self) -> Result<Vec<Link>, Failure> {
        // What is typed is not separated, so that every path can be typed.
        let read = |text: &String| match self.is_from_environment {
            true => separated(text).iter().map(|text| Link::read(text)).collect(),
            false => Ok(vec![Link::read(text)?]),
        };
        let links = self.texts.iter().map(read).collect::<Result<Vec<_>, _>>().map_err(|failure| self.told(failure))?;
        Ok(distinct(links.concat()))
    }

    /// The failure of one of them, with where it comes from.
    pub(crate) fn told(&self, failure: Failure) -> Failure {
        if self.is_from_environment { failure.of_variable("link", VARIABLE) } else { failure }
    }
}

/// The links in the variable, but for those that are none.
pub(crate) fn of_environment() -> Vec<Link> {
    let text = std::env::var(VARIABLE).unwrap_or_default();
    distinct(separated(&text).iter().filter_map(|text| Link::read(text).ok()).collect())
}
