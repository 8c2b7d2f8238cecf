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
//! * `link` is a link as it is typed, `library`, `process` and `grpc` are the ways to its kinds, and `linked` all the plugins a command has;
//! * `proto` is what others need to be such plugins in another language; what of these is not in a build, `left_out` says;
//! * `choosing` is which of them is meant;
//! * `available`, `description` and `inspected` are what the commands say of plugins, `layout` how it fits the terminal;
//! * `panic` is around what runs of a plugin;
//! * `failure` is how it ends, `contested` what helps where several plugins have one name, and `output` where all of it goes.

#![deny(unsafe_code)]

mod available;
mod choosing;
mod cli;
mod command;
mod completion;
mod contested;
mod description;
mod failure;
#[cfg_attr(not(feature = "grpc"), path = "grpc/left_out.rs")]
mod grpc;
mod inspected;
mod layout;
#[cfg(not(all(feature = "library", feature = "process", feature = "grpc")))]
mod left_out;
#[cfg_attr(not(feature = "library"), path = "library/left_out.rs")]
#[allow(unsafe_code)]
mod library;
mod link;
mod linked;
mod output;
mod panic;
#[cfg_attr(not(feature = "process"), path = "process/left_out.rs")]
mod process;
#[cfg_attr(not(any(feature = "process", feature = "grpc")), path = "proto/left_out.rs")]
mod proto;

use std::process::ExitCode;

use plug::Registry;

use failure::{Exit, Failure};

plug::link!();

/// Runs the application with the arguments of this process and the plugins of this binary.
///
/// In a child that `app hello --isolate` has started, it serves those plugins to its parent, and reads no arguments.
pub fn main() -> ExitCode {
    if let Some(exit) = process::serve_isolated() {
        return exit;
    }
    process::log();
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
