//! The plugin `a` as a process.

use std::process::ExitCode;

plug::link!();

fn main() -> ExitCode {
    plug::serve()
}
