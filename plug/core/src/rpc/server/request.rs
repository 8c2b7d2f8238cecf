//! A call that was asked for, from there to its answer. It knows no protocol.

use std::time::Instant;

use bytes::Bytes;

use crate::rpc::server::backpressure::Backpressure;
use crate::rpc::server::workers::CallQueue;
use crate::wire::dispatch::Target;
use crate::wire::fault::Fault;

/// How a call is answered.
pub(crate) trait Respond: Send + 'static {
    /// Whether nobody wants to know any more.
    fn is_given_up(&mut self) -> bool;

    /// Answers with one message, or with an error, which takes no time: what is long waits for its room.
    fn unary(self, reply: Result<Bytes, Fault>, backpressure: &Backpressure);
}

/// A call that was asked for.
pub(crate) struct PendingCall<A> {
    pub target: Target,
    pub message: Bytes,
    pub deadline: Option<Instant>,
    pub answer: A,
    pub backpressure: Backpressure,
}

/// What became of it.
enum Progress<A> {
    Done(Result<Bytes, Fault>, A, Backpressure),
    /// The other side does not take what it was answered.
    Postponed(PendingCall<A>),
    GivenUp,
}

/// Has the method called, in a thread that may be blocked.
pub(crate) fn call<A: Respond>(calls: CallQueue, asked: PendingCall<A>) {
    let work = calls.clone();
    work.work(
        move || {
            let PendingCall { target, message, deadline, mut answer, backpressure } = asked;
            if answer.is_given_up() {
                Progress::GivenUp
            } else if backpressure.is_over() {
                Progress::Postponed(PendingCall { target, message, deadline, answer, backpressure })
            } else {
                Progress::Done(target.call(&message, deadline), answer, backpressure)
            }
        },
        move |called| match called {
            Progress::Done(reply, answer, backpressure) => answer.unary(reply, &backpressure),
            Progress::Postponed(asked) => {
                tokio::spawn(async move {
                    asked.backpressure.clone().wait().await;
                    call(calls, asked);
                });
            }
            Progress::GivenUp => {}
        },
    );
}
