//! Prints an interface as a `.proto` file, for programs in other languages.

use crate::error::Error;
use crate::interface::Interface;
use crate::portable::signature::Description;
use crate::protobuf;

/// The `.proto` file of a portable interface, for protobuf's compilers: its service and its
/// messages.
///
/// ```
/// #[plug::interface(portable)]
/// pub trait Plug: Send + Sync {
///     /// Greets `name`.
///     fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
/// }
///
/// let proto = plug::proto::<dyn Plug>()?;
/// assert!(proto.contains("rpc SayHello(SayHelloRequest) returns (SayHelloReply);"));
/// # Ok::<(), plug::Error>(())
/// ```
///
/// # Errors
///
/// If the interface is not portable, if two of its types have one name, or if a name is invalid in
/// protobuf.
pub fn proto<I: ?Sized + Interface>() -> Result<String, Error> {
    let description = I::IDENTITY.vtable::<Description>().ok_or_else(|| {
        let name = I::IDENTITY.name();
        Error::msg(format!(
            "interface `{name}` is not portable\nhint: write `#[plug::interface(portable)]` above the trait"
        ))
    })?;
    let files = protobuf::file::files(&[description]).map_err(Error::new)?;
    Ok(files.iter().map(protobuf::text::text).collect())
}
