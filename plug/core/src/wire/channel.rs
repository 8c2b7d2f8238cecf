//! One request in, one reply out: all that a remote link has to offer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use crate::portable::method::Signature;
use crate::wire::fault::Fault;

/// A way to the plugins of another process.
pub(crate) trait Channel: Send + Sync + 'static {
    /// Has a method called. To drop the future is to cancel the call.
    fn call(&self, call: Call) -> ReplyFuture;

    /// Whether a call is on its way before its future is polled, which then costs next to nothing in any thread.
    fn sends_eagerly(&self) -> bool {
        false
    }
}

pub(crate) type ReplyFuture = Pin<Box<dyn Future<Output = Result<Bytes, Fault>> + Send>>;

/// A call of a method.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Of the method on the wire: `/Plug/SayHello`.
    pub path: Arc<str>,
    /// The same method as it is described, for a protocol that has other names and values. None of what is no plugin's.
    #[cfg_attr(not(feature = "netrpc"), allow(dead_code, reason = "net/rpc alone has other names and values"))]
    pub method: Option<&'static Signature>,
    /// The plugin that is meant. None where the other side has one alone, and knows nothing of names.
    pub plugin: Option<Arc<str>>,
    pub request: Bytes,
    pub deadline: Option<Instant>,
    /// Whether it may be repeated where nobody knows whether it was done.
    #[cfg_attr(not(feature = "process"), allow(dead_code, reason = "only a process is started again"))]
    pub is_idempotent: bool,
}

impl Call {
    /// A call of a service that has nothing to do with plugins.
    pub(crate) fn of_service(path: &str, request: Bytes, deadline: Option<Instant>) -> Self {
        Self { path: path.into(), method: None, plugin: None, request, deadline, is_idempotent: true }
    }
}
