//! The crate plugin-b as a process.

use std::process::ExitCode;

extern crate plugin_b as _;

fn main() -> ExitCode {
    plug::serve()
}
