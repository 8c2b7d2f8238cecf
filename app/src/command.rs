//! The commands, a file for each. Each is given what was typed, and knows no other command.

mod completions;
mod doctor;
mod hello;
mod info;
mod list;
mod proto;
mod serve;

use crate::cli::{Cli, Command};
use crate::failure::{Exit, Failure};

pub(crate) fn run(cli: &Cli) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Hello(arguments) => hello::run(arguments),
        Command::List(arguments) => list::run(arguments),
        Command::Info(arguments) => info::run(arguments),
        Command::Doctor(arguments) => doctor::run(arguments),
        Command::Serve(arguments) => serve::run(arguments),
        Command::Proto => proto::run(),
        Command::Completions(arguments) => completions::run(arguments),
    }
}
