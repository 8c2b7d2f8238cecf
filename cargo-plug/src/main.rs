//! `cargo plug`: other people's plugins in a program, without touching its source.
//!
//! In the order of a build:
//!
//! * `cli` reads the arguments, and `command` runs the command, a file for each;
//! * `spec` reads a source as users write it, and `project` the files `plug.toml` and `plug.lock`;
//! * `cargo` runs Cargo, `locate` finds the package that a source means, and `graph` has the packages
//!   that Cargo found for it;
//! * `fit` compares the versions and sources that a program and a plugin share, and `entry` looks at
//!   the `main` of the program;
//! * `package` writes the package that is built, in a folder of the `cache`, with the features that
//!   `feature` chooses, and `builder` builds it;
//! * `explain` tells what Cargo's messages mean here, and `interrupt` ends Cargo with this program;
//! * `records` reads the plugins in a file, which is not run, and `traits` the interfaces in a source;
//! * `shell` prints everything, and `failure` is the end of a command.

mod builder;
mod cache;
mod cargo;
mod cli;
mod command;
mod entry;
mod explain;
mod failure;
mod feature;
mod fit;
mod graph;
mod interrupt;
mod locate;
mod package;
mod project;
mod records;
mod shell;
mod spec;
mod traits;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

fn main() -> ExitCode {
    shell::choose_colours();
    let cli::Cargo::Plug(cli) = match cli::Cargo::try_parse_from(arguments()) {
        Ok(cargo) => cargo,
        Err(error) => {
            let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            let _ = error.print();
            return if is_help { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
    };
    interrupt::watch();
    let result = command::run(&cli.command);
    // Its temporary files are gone.
    interrupt::end();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            shell::report(&failure);
            failure.exit()
        }
    }
}

/// The arguments as Cargo gives them: `cargo-plug plug build`.
/// Without Cargo, `cargo-plug build` is the same.
fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<_> = std::env::args_os().collect();
    if arguments.get(1).is_none_or(|first| first != "plug") {
        arguments.insert(arguments.len().min(1), "plug".into());
    }
    arguments
}
