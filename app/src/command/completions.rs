//! `app completions`: prints the script that makes a shell complete. It knows no shell.

use crate::cli::Completions;
use crate::completion;
use crate::failure::{Exit, Failure};
use crate::output;

pub(crate) fn run(arguments: &Completions) -> Result<Exit, Failure> {
    output::data(&completion::script(&arguments.shell)?)?;
    Ok(Exit::Done)
}
