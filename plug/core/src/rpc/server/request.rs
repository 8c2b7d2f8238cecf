//! Calls a method for a request that was received, and responds with the reply.
//! `task.rs` continues with a method that is asynchronous.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;

use crate::rpc::server::backpressure::Backpressure;
use crate::rpc::server::task::{Answered, Parts, TaskCall};
use crate::rpc::server::workers::CallQueue;
use crate::wire::dispatch::{Called, Target};
use crate::wire::fault::Fault;
use crate::wire::way::Way;

/// Responds to one call, in the protocol of its connection.
pub(crate) trait Respond: Send + 'static {
    /// Ready when the caller has cancelled, or is gone.
    fn poll_cancelled(&mut self, context: &mut Context<'_>) -> Poll<()>;

    /// Whether the caller has cancelled.
    fn is_cancelled(&mut self) -> bool {
        self.poll_cancelled(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    /// Decompresses the message of a request. It may take long.
    fn decode(&mut self, message: Bytes, _: &Backpressure) -> Result<Bytes, Fault> {
        Ok(message)
    }

    /// Compresses a reply. It may take long.
    fn encode(&mut self, reply: Bytes) -> Bytes {
        reply
    }

    /// Sends one message or an error.
    /// Never blocks: a long reply is queued until the peer has opened its window.
    fn unary(self, reply: Result<Bytes, Fault>, backpressure: &Backpressure);
}

/// A call that was received and has no reply yet.
pub(crate) struct PendingCall<R> {
    pub target: Target,
    pub message: Bytes,
    pub deadline: Option<Instant>,
    /// The way to the objects of the caller.
    pub way: Option<Arc<dyn Way>>,
    pub responder: R,
    pub backpressure: Backpressure,
}

/// The progress of a call in a worker.
enum Progress<R> {
    Done(Answered<R>),
    /// The peer has not read its earlier replies.
    Postponed(PendingCall<R>),
    /// It is cancelled, or goes on.
    Nothing,
}

/// Calls the method in a worker, which it may block.
pub(crate) fn call<R: Respond>(calls: CallQueue, pending: PendingCall<R>) {
    let (queue, again) = (calls.clone(), calls.clone());
    queue.work(
        move || {
            let PendingCall { target, message, deadline, way, mut responder, backpressure } = pending;
            if responder.is_cancelled() {
                Progress::Nothing
            } else if backpressure.is_over() {
                Progress::Postponed(PendingCall { target, message, deadline, way, responder, backpressure })
            } else {
                let message = match responder.decode(message, &backpressure) {
                    Ok(message) => message,
                    Err(fault) => return Progress::Done((Err(fault), responder, backpressure)),
                };
                match target.call(&message, deadline, way) {
                    Called::Replied(reply) => {
                        let reply = reply.map(|reply| responder.encode(reply));
                        Progress::Done((reply, responder, backpressure))
                    }
                    Called::Started(task) => {
                        let parts = Parts::new(task, message, deadline, responder, backpressure);
                        TaskCall::start(calls, parts).map_or(Progress::Nothing, Progress::Done)
                    }
                }
            }
        },
        move |progress| match progress {
            Progress::Done((reply, responder, backpressure)) => responder.unary(reply, &backpressure),
            Progress::Postponed(pending) => {
                tokio::spawn(async move {
                    pending.backpressure.clone().wait().await;
                    call(again, pending);
                });
            }
            Progress::Nothing => {}
        },
    );
}
