//! The commands, a file for each that is more than a text.

mod doctor;
mod hello;
mod info;
mod list;
mod schema;
mod serve;

use crate::cli::{Cli, Command};
use crate::failure::{Exit, Failure};
use crate::{completion, kind, output};

pub(crate) fn run(cli: &Cli) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Hello(arguments) => hello::run(arguments),
        Command::List(arguments) => list::run(arguments),
        Command::Info(arguments) => info::run(arguments),
        Command::Doctor(arguments) => doctor::run(arguments),
        Command::Serve(arguments) => serve::run(arguments),
        Command::Schema(arguments) => schema::run(arguments),
        Command::Proto => print(&kind::proto()?),
        Command::Completions(arguments) => print(&completion::script(&arguments.shell)?),
    }
}

fn print(text: &str) -> Result<Exit, Failure> {
    output::data(text)?;
    Ok(Exit::Done)
}
