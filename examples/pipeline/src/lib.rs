//! A small host with two interfaces of its own: filters, which change a text line by line, and stores, which keep values by
//! their keys. It knows the interfaces and no plugin; which ones there are is up to its features.
//!
//! * [`Chain`]: filters, one behind the other.
//! * [`script`]: what a store is told to do, line by line.
//! * [`run`]: the command line over any registry, so that a test can bring one of its own.

mod block_on;
mod chain;
mod cli;
pub mod script;

use std::io;
use std::process::ExitCode;

use plug::Registry;

pub use chain::Chain;
pub use cli::{Failure, run};

plug::link!();

/// The program: exit code 0 for done, 1 for a plugin, a file or the registry that failed, 2 for a wrong command line.
pub fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).map(|text| text.to_string_lossy().into_owned()).collect();
    let result = run(Registry::builtin(), &arguments, &mut io::stdin().lock(), &mut io::stdout().lock());
    let Err(failure) = result else { return ExitCode::SUCCESS };
    if failure.is_nobody_reading() {
        return ExitCode::SUCCESS;
    }
    eprintln!("pipeline: {failure}");
    ExitCode::from(if failure.is_usage() { 2 } else { 1 })
}
