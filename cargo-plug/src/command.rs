//! The commands, a file for each that is more than a text.

mod add;
mod build;
mod check;
mod list;
mod new;
mod run;
mod update;

use clap::CommandFactory;

use crate::cli::{self, Command};
use crate::failure::Failure;
use crate::{cache, shell};

pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Build(arguments) => build::run(arguments),
        Command::Run(arguments) => run::run(arguments),
        Command::New(arguments) => new::run(arguments),
        Command::Add(arguments) => add::run(arguments),
        Command::List(arguments) => list::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Update(arguments) => update::run(arguments),
        Command::Clean(_) => clean(),
        Command::Completions(arguments) => completions(arguments),
    }
}

fn clean() -> Result<(), Failure> {
    let (programs, bytes) = cache::clean()?;
    let plural = if programs == 1 { "" } else { "s" };
    shell::status("Removed", &format!("{programs} program{plural}, {} MiB", bytes >> 20));
    Ok(())
}

fn completions(arguments: &cli::Completions) -> Result<(), Failure> {
    // A script for `cargo` would take the place of Cargo's own.
    let command = cli::Cargo::command();
    let plug = command.find_subcommand("plug").cloned().unwrap_or(command);
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut plug.bin_name("cargo-plug"), "cargo-plug", &mut script);
    shell::data(&String::from_utf8_lossy(&script))
}
