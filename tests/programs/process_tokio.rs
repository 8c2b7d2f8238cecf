//! The crate tokio-plugins as a process.

use std::process::ExitCode;

#[cfg(not(miri))]
extern crate tokio_plugins as _;

fn main() -> ExitCode {
    plug::serve()
}
