//! The crate settings-plugins as a process.

use std::process::ExitCode;

extern crate settings_plugins as _;

fn main() -> ExitCode {
    plug::serve()
}
