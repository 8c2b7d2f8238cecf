//! An interface as a `.proto` file, for those on the other side of a remote link who write no Rust. It knows no link.

use crate::error::Error;
use crate::interface::Interface;
use crate::portable::proxy::Description;
use crate::protobuf;

/// The `.proto` file of a portable interface, as protobuf's compilers take it: its service, and the messages that this needs.
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
/// Where the interface is not portable, where two of its types have one name, and where a name is none in protobuf.
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
