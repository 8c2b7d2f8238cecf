//! A small host with two interfaces of its own: filters change a text line by line, and stores keep
//! values by key.
//! It knows the interfaces and no plugin.
//! Its features choose the plugins, and a file their order and settings.
//!
//! * [`Chain`]: filters, one behind the other.
//! * [`script`]: commands for a store, line by line.
//! * [`run`]: the command line over any registry, so that a test can use its own.

mod chain;
mod cli;
mod config;
mod failure;
pub mod script;

use std::io;
use std::process::ExitCode;

use plug::Registry;

pub use chain::Chain;
pub use cli::run;
pub use failure::Failure;

plug::link!();

/// Runs the program.
/// It exits with 1 if a plugin, a file or the registry fails, and with 2 if the command line or
/// the file that it names is wrong.
pub fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).map(|text| text.to_string_lossy().into_owned()).collect();
    let result = run(Registry::builtin(), &arguments, &mut io::stdin().lock(), &mut io::stdout().lock());
    let Err(failure) = result else { return ExitCode::SUCCESS };
    if failure.is_closed_pipe() {
        return ExitCode::SUCCESS;
    }
    eprintln!("pipeline: {failure}");
    ExitCode::from(if failure.is_usage() { 2 } else { 1 })
}
