//! The plugin as a process.

use std::process::ExitCode;

use objects_plugin::Job;

plug::handshake! {
    cookie = "OBJECTS=measured",
    versions = { 1: [dyn Job] },
}

fn main() -> ExitCode {
    plug::serve()
}
