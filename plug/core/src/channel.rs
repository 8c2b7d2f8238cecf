//! One request in, one reply out: all that a remote link has to offer. It knows no transport, and no encoding.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use crate::portable::Signature;

/// A way to the plugins of another process.
pub(crate) trait Channel: Send + Sync + 'static {
    /// Has a method called. To drop the future is to cancel the call.
    fn call(&self, call: Call) -> Reply;

    /// Whether a call is on its way before its future is polled, which then costs next to nothing in any thread.
    fn is_prompt(&self) -> bool {
        false
    }
}

pub(crate) type Reply = Pin<Box<dyn Future<Output = Result<Bytes, Fault>> + Send>>;

/// A call of a method.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Of the method on the wire: `/Plug/SayHello`.
    pub path: Arc<str>,
    /// The same method as it is described, for a protocol that has other names and values. None of what is no plugin's.
    #[cfg_attr(not(feature = "process"), allow(dead_code, reason = "gRPC needs the path alone"))]
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

/// Why there is no reply.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// The plugin's own error: its text, and those of its causes.
    Failed(Vec<String>),
    /// The plugin panicked.
    Panicked { place: Option<String>, message: Option<String> },
    /// The other side has no such method.
    Unimplemented(String),
    /// It took too long.
    Deadline,
    /// It was given up.
    Cancelled,
    /// The other side is not there, or went away, as the text says.
    Unavailable(Unavailable),
    /// It refused the call.
    Refused { code: &'static str, message: String },
    /// What came is no reply.
    Malformed(String),
}

/// Why the other side is not there.
#[derive(Debug, Clone)]
pub(crate) struct Unavailable {
    /// What happened, in words.
    pub text: String,
    /// Whether the call is known not to have been begun.
    pub is_unsent: bool,
    /// Whether to try again in a moment is of no use: the two sides do not trust each other.
    #[cfg_attr(not(feature = "grpc"), allow(dead_code, reason = "a process is not tried again"))]
    pub is_lasting: bool,
    /// How the process ended, and the last lines it wrote.
    #[cfg(feature = "process")]
    pub death: Option<Arc<crate::link::Death>>,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
