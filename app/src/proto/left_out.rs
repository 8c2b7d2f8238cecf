//! What stands in for `proto.rs` where no feature that brings it is on: the same function, which says how to turn it on.

use crate::failure::Failure;
use crate::left_out::LeftOut;

const LEFT_OUT: LeftOut =
    LeftOut { text: "this build of app knows nothing of protobuf", features: &["grpc", "process"] };

pub(crate) fn text() -> Result<String, Failure> {
    Err(LEFT_OUT.failure())
}
