//! The crate plugin-a as a process.

use std::process::ExitCode;

extern crate plugin_a as _;

fn main() -> ExitCode {
    plug::serve()
}
