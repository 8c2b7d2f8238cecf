//! The commands, a file for each. Each is given what was typed and a registry, and knows no other command.

mod completions;
mod doctor;
mod hello;
mod info;
mod list;

use plug::Registry;

use crate::cli::{Cli, Command};
use crate::failure::{Exit, Failure};

pub(crate) fn run(cli: &Cli, registry: &Registry) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Hello(arguments) => hello::run(arguments, registry),
        Command::List(arguments) => list::run(arguments, registry),
        Command::Info(arguments) => info::run(arguments, registry),
        Command::Doctor(arguments) => doctor::run(arguments, registry),
        Command::Completions(arguments) => completions::run(arguments),
    }
}
