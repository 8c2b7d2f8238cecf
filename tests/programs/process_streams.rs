//! The crate stream-plugins as a process.

use std::process::ExitCode;

extern crate stream_plugins as _;

fn main() -> ExitCode {
    plug::serve()
}
