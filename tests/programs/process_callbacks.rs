//! The crate callback-plugins as a process.

use std::process::ExitCode;

extern crate callback_plugins as _;

fn main() -> ExitCode {
    plug::serve()
}
