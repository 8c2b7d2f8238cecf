//! Calls a method for a request that was received, and responds with the reply.
//! `task.rs` continues with a method that is asynchronous.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;

use crate::rpc::server::backpressure::Backpressure;
use crate::rpc::server::task::{Answered, Parts, TaskCall};
use crate::rpc::server::workers::CallQueue;
use crate::rpc::source::Source;
use crate::wire::dispatch::{Called, Target};
use crate::wire::fault::{Code, Fault};
use crate::wire::message::Incoming;
use crate::wire::way::{self, Answer, Request, Way};

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

    /// Compresses the message of an answer.
    fn encoded(&mut self, answer: Answer) -> Answer {
        match answer {
            Answer::Message(message, brought) => Answer::Message(self.encode(message.into()).into(), brought),
            stream => stream,
        }
    }

    /// Whether a call can be a stream.
    fn has_streams(&self) -> bool {
        false
    }

    /// Sends messages as they come, and as the peer opens its window.
    fn messages(self, _: Source, backpressure: Backpressure)
    where
        Self: Sized,
    {
        let text = "its connection has no streams";
        self.unary(Err(Fault::refused(Code::UNIMPLEMENTED, text)), &backpressure);
    }

    /// Sends one message or an error.
    /// Never blocks: a long reply is queued until the peer has opened its window.
    fn unary(self, reply: Result<Bytes, Fault>, backpressure: &Backpressure);
}

/// Sends a reply.
pub(super) fn respond<R: Respond>((reply, mut responder, backpressure): Answered<R>, queue: CallQueue) {
    match reply {
        Ok(Answer::Message(message, brought)) => {
            // Nobody would drop the objects of a reply that is not read.
            if brought.numbers().is_empty() || !responder.is_cancelled() {
                brought.keep();
            }
            responder.unary(Ok(message.into()), &backpressure);
        }
        Ok(Answer::Stream(stream)) => {
            let spawn = Arc::new(move |job| queue.work(job, |()| ()));
            responder.messages(Source::new(stream, spawn), backpressure);
        }
        Err(fault) => responder.unary(Err(fault), &backpressure),
    }
}

/// What a call brings.
pub(crate) enum Input {
    Message(Bytes),
    /// The call is a stream itself.
    Stream(Box<dyn Incoming>),
}

/// A call that was received and has no reply yet.
pub(crate) struct PendingCall<R> {
    pub target: Target,
    pub input: Input,
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
            let PendingCall { target, input, deadline, way, mut responder, backpressure } = pending;
            if responder.is_cancelled() {
                Progress::Nothing
            } else if backpressure.is_over() {
                Progress::Postponed(PendingCall { target, input, deadline, way, responder, backpressure })
            } else {
                let input = match input {
                    Input::Message(message) => responder.decode(message, &backpressure).map(Input::Message),
                    stream => Ok(stream),
                };
                let (message, stream) = match input {
                    Ok(Input::Message(message)) => (message, None),
                    Ok(Input::Stream(stream)) => (Bytes::new(), Some(stream)),
                    Err(fault) => return Progress::Done((Err(fault), responder, backpressure)),
                };
                let request = match stream {
                    None => Request::Message(&message),
                    Some(stream) => Request::Stream(stream),
                };
                let context = way::Context { way: way.as_ref(), has_streams: responder.has_streams() };
                match target.call(request, deadline, context) {
                    Called::Replied(reply) => {
                        let reply = reply.map(|answer| responder.encoded(answer));
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
            Progress::Done(answered) => respond(answered, again),
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
