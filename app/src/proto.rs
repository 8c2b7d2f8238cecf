//! The interface as others read it, in other languages. Where neither `process` nor `grpc` is on, `proto/left_out.rs` stands in for it.

use app_interface::Plug;

use crate::failure::Failure;

/// The text of its `.proto` file.
pub(crate) fn text() -> Result<String, Failure> {
    Ok(plug::proto::<dyn Plug>()?)
}
