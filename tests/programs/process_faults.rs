//! The crate fault-plugins as a process.

use std::process::ExitCode;

extern crate fault_plugins as _;

fn main() -> ExitCode {
    plug::serve()
}
