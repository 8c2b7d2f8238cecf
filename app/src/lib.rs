//! The application: greets through a plugin, and tells what plugins there are. It names none of them: what is linked is
//! up to the features of this package, or of the one that wraps it.
//!
//! ```no_run
//! // The main.rs of a package that wraps this one with plugins of its own, beside a `plug::link!();`.
//! fn main() -> std::process::ExitCode {
//!     app::main()
//! }
//! ```
//!
//! In the order of a run:
//!
//! * `completion` answers the shell, where it is the shell that asks;
//! * `cli` is what can be typed, and `command` what is then done, a file for each command;
//! * `link` is a link as it is typed, `library` the way to the one kind there is, and `linked` all the plugins a command has;
//! * `available`, `description` and `inspected` are what the commands say of plugins, `layout` how it fits the terminal;
//! * `panic` is around what runs of a plugin;
//! * `failure` is how it ends, `contested` what helps where several plugins have one name, and `output` where all of it goes.

#![deny(unsafe_code)]

mod available;
mod cli;
mod command;
mod completion;
mod contested;
mod description;
mod failure;
mod inspected;
mod layout;
#[cfg_attr(not(feature = "library"), path = "library/left_out.rs")]
#[allow(unsafe_code)]
mod library;
mod link;
mod linked;
mod output;
mod panic;

use std::process::ExitCode;

use plug::Registry;

use failure::{Exit, Failure};

plug::link!();

/// Runs the application with the arguments of this process and the plugins of this binary.
pub fn main() -> ExitCode {
    let exit = run(Registry::builtin()).unwrap_or_else(|failure| {
        output::report(&failure);
        failure.exit()
    });
    exit.into()
}

fn run(registry: &Registry) -> Result<Exit, Failure> {
    match completion::answer() {
        Ok(true) => return Ok(Exit::Done),
        Ok(false) => {}
        Err(error) => return cli::explain(&error, registry),
    }
    match cli::parse() {
        Ok(cli) => command::run(&cli),
        Err(error) => cli::explain(&error, registry),
    }
}
