//! A reply that any executor may poll, while its connection needs a runtime.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::timeout_at;

use crate::wire::fault::Fault;
use crate::wire::message::ReplyFuture;

/// The reply of a task. Dropping it ends the task.
struct Spawned(JoinHandle<Result<Bytes, Fault>>);

/// The same reply in a task of the runtime, until the deadline.
pub(crate) fn spawned(
    runtime: &Handle,
    reply: impl Future<Output = Result<Bytes, Fault>> + Send + 'static,
    deadline: Option<Instant>,
) -> ReplyFuture {
    Box::pin(Spawned(runtime.spawn(async move {
        match deadline {
            None => reply.await,
            Some(deadline) => timeout_at(deadline.into(), reply).await.unwrap_or(Err(Fault::Deadline)),
        }
    })))
}

impl Future for Spawned {
    type Output = Result<Bytes, Fault>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|reply| reply.unwrap_or(Err(Fault::Cancelled)))
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        self.0.abort();
    }
}
