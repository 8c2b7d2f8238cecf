//! What stands in for `grpc.rs` where its feature is off: the same functions, which say how to turn it on.

use plug::{ErrorKind, Plugin};

use crate::failure::{Exit, Failure};
use crate::left_out::LeftOut;

const LEFT_OUT: LeftOut = LeftOut { text: "this build of app speaks no gRPC", features: &["grpc"] };

pub(crate) fn way_in() -> Option<String> {
    Some(LEFT_OUT.way_in())
}

pub(crate) fn open(_: &str) -> Result<Vec<Plugin>, Failure> {
    Err(LEFT_OUT.failure())
}

pub(crate) fn serve(_: Vec<Plugin>, _: &str, _: impl FnOnce(&str) -> Result<(), Failure>) -> Result<(), Failure> {
    Err(LEFT_OUT.failure())
}

pub(crate) fn exit_of(_: &ErrorKind) -> Option<Exit> {
    None
}
