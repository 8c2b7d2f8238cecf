//! What stands in for `process.rs` where its feature is off: the same functions, which say how to turn it on.

use std::path::Path;
use std::process::ExitCode;

use plug::{ErrorKind, Plugin};

use crate::failure::{Exit, Failure};
use crate::left_out::LeftOut;

const LEFT_OUT: LeftOut = LeftOut { text: "this build of app starts no processes", features: &["process"] };

/// Nobody has started this process to be a plugin.
pub(crate) fn serve_isolated() -> Option<ExitCode> {
    None
}

pub(crate) fn log() {}

pub(crate) fn way_in() -> Option<String> {
    Some(LEFT_OUT.way_in())
}

pub(crate) fn open(_: &Path, _: Option<&str>) -> Result<Vec<Plugin>, Failure> {
    Err(LEFT_OUT.failure())
}

pub(crate) fn isolated() -> Result<Vec<Plugin>, Failure> {
    Err(LEFT_OUT.failure())
}

pub(crate) fn exit_of(_: &ErrorKind) -> Option<Exit> {
    None
}
