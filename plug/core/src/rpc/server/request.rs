//! Calls a method for a request that was received, and responds with the reply.

use std::time::Instant;

use bytes::Bytes;

use crate::rpc::server::backpressure::Backpressure;
use crate::rpc::server::workers::CallQueue;
use crate::wire::dispatch::Target;
use crate::wire::fault::Fault;

/// Responds to one call, in the protocol of its connection.
pub(crate) trait Respond: Send + 'static {
    /// Whether the caller has cancelled.
    fn is_cancelled(&mut self) -> bool;

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
    pub responder: R,
    pub backpressure: Backpressure,
}

/// The progress of a call in a worker.
enum Progress<R> {
    Done(Result<Bytes, Fault>, R, Backpressure),
    /// The peer has not read its earlier replies.
    Postponed(PendingCall<R>),
    Cancelled,
}

/// Calls the method in a worker, which it may block.
pub(crate) fn call<R: Respond>(calls: CallQueue, pending: PendingCall<R>) {
    let queue = calls.clone();
    queue.work(
        move || {
            let PendingCall { target, message, deadline, mut responder, backpressure } = pending;
            if responder.is_cancelled() {
                Progress::Cancelled
            } else if backpressure.is_over() {
                Progress::Postponed(PendingCall { target, message, deadline, responder, backpressure })
            } else {
                let reply = responder
                    .decode(message, &backpressure)
                    .and_then(|message| target.call(&message, deadline))
                    .map(|reply| responder.encode(reply));
                Progress::Done(reply, responder, backpressure)
            }
        },
        move |progress| match progress {
            Progress::Done(reply, responder, backpressure) => responder.unary(reply, &backpressure),
            Progress::Postponed(pending) => {
                tokio::spawn(async move {
                    pending.backpressure.clone().wait().await;
                    call(calls, pending);
                });
            }
            Progress::Cancelled => {}
        },
    );
}
