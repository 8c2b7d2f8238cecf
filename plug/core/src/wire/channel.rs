//! The seam of the remote links: one request in, one reply out.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use crate::portable::signature::Signature;
use crate::wire::fault::{Code, Fault};
use crate::wire::message::{FaultFuture, GotFuture, Outgoing, ReplyFuture};
use crate::wire::way::Way;

/// A connection to the plugins of another process.
pub(crate) trait Channel: Send + Sync + 'static {
    /// Calls a method. Dropping the future cancels the call.
    fn call(&self, call: Call) -> ReplyFuture;

    /// Whether `call` sends the request before its future is first polled.
    /// Polling the future is then cheap in any thread.
    fn sends_eagerly(&self) -> bool {
        false
    }

    /// Whether a call can be a stream.
    fn has_streams(&self) -> bool {
        false
    }

    /// Calls a method that takes or returns a stream. Without a stream to send, it sends the request.
    fn stream(&self, _: Call, _: Option<Outgoing>, _returns_stream: bool) -> GotFuture {
        let text = "its connection has no streams";
        Box::pin(std::future::ready(Err(Fault::refused(Code::UNIMPLEMENTED, text))))
    }

    /// The way back to the objects of this side, and to those of the other. It opens it if need be.
    fn way(&self) -> WayFuture {
        let text = "a server that is not plug's cannot call back";
        Box::pin(std::future::ready(Err(Fault::refused(Code::UNIMPLEMENTED, text))))
    }

    /// Opens the instance that `call` calls. The reply is empty.
    /// A channel of a shared object has none.
    fn open(&self, _deadline: Option<Instant>) -> ReplyFuture {
        Box::pin(std::future::ready(Ok(Bytes::new())))
    }
}

pub(crate) type WayFuture = FaultFuture<Arc<dyn Way>>;

/// A call of a method. It has no `Debug`, since a request may hold secrets.
#[derive(Clone)]
pub(crate) struct Call {
    /// The path of the method on the wire, such as `/Plug/SayHello`.
    pub path: Arc<str>,
    /// The signature of the method, for a protocol with its own names and values.
    /// `None` if the method is not a plugin's.
    #[cfg_attr(not(feature = "netrpc"), allow(dead_code, reason = "net/rpc alone has other names and values"))]
    pub method: Option<&'static Signature>,
    /// The plugin's name on the wire. `None` if the peer has a single plugin without a name.
    pub plugin: Option<Arc<str>>,
    /// The number of the instance. `None` for the object that all clients share.
    pub instance: Option<u64>,
    /// The number of the way to the objects of the call, if requests must name it.
    pub way: Option<u64>,
    pub request: Bytes,
    pub deadline: Option<Instant>,
    /// Whether the call may be repeated if it is unknown whether the method ran.
    #[cfg_attr(not(feature = "process"), allow(dead_code, reason = "only a process is started again"))]
    pub is_idempotent: bool,
}

impl Call {
    /// A call of a service that is not a plugin's.
    pub(crate) fn of_service(path: &str, request: Bytes, deadline: Option<Instant>) -> Self {
        let path = path.into();
        Self { path, method: None, plugin: None, instance: None, way: None, request, deadline, is_idempotent: true }
    }
}
