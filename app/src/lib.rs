//! The application: greets through a plugin, and lists the plugins.
//! It names none of them: the features of this package, or of the one that wraps it, choose the
//! plugins that are linked.
//!
//! ```no_run
//! // The main.rs of a package that wraps this one with its own plugins, beside a `plug::link!();`.
//! fn main() -> std::process::ExitCode {
//!     app::main()
//! }
//! ```
//!
//! In the order of a run:
//!
//! * `completion` answers the shell, if the shell has started the program;
//! * `cli` reads the arguments, and `command` runs the command, a file for each;
//! * `link` reads the links in them, and `linked` collects the plugins that a command has;
//! * `kind` opens a link, and knows the kinds that this build has: `library`, `process` and `grpc`;
//! * `config` reads the configuration file, and `choosing` finds the plugin that is meant;
//! * `available`, `description`, `inspected` and `settings` describe plugins, and `layout` fits
//!   texts to the terminal;
//! * `panic` surrounds the code of a plugin;
//! * `failure` is the end of a run, `contested` the way out if several plugins have one name, and
//!   `output` prints everything.

#![deny(unsafe_code)]

mod available;
mod choosing;
mod cli;
mod command;
mod completion;
mod config;
mod contested;
mod description;
mod failure;
#[cfg(feature = "grpc")]
mod grpc;
mod inspected;
mod kind;
mod layout;
#[cfg(feature = "library")]
#[allow(unsafe_code)]
mod library;
mod link;
mod linked;
mod output;
mod panic;
#[cfg(feature = "process")]
mod process;
mod settings;

use std::process::ExitCode;

use plug::Registry;

use failure::{Exit, Failure};

plug::link!();

/// Runs the application with the arguments of this process and the plugins of this binary.
///
/// In a child that `app hello --isolate` has started, it serves those plugins to its parent, and
/// reads no arguments.
pub fn main() -> ExitCode {
    if let Some(exit) = kind::serve_isolated() {
        return exit;
    }
    kind::log();
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
