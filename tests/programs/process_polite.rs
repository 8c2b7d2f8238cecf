//! The crate plugin-polite as a process.

use std::process::ExitCode;

extern crate plugin_polite as _;

fn main() -> ExitCode {
    plug::serve()
}
