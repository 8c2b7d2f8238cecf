//! The crate library-types as a process.

use std::process::ExitCode;

extern crate library_types as _;

fn main() -> ExitCode {
    plug::serve()
}
