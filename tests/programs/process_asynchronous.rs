//! The crate asynchronous-plugins as a process.

use std::process::ExitCode;

extern crate asynchronous_plugins as _;

fn main() -> ExitCode {
    plug::serve()
}
