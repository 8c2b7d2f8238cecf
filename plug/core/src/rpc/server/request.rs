//! A call that was asked for, from there to its answer. It knows no protocol.

use std::time::Instant;

use bytes::Bytes;

use crate::rpc::server::backpressure::Room;
use crate::rpc::server::workers::Calls;
use crate::wire::dispatch::Target;
use crate::wire::fault::Fault;

/// How a call is answered.
pub(crate) trait Answering: Send + 'static {
    /// Whether nobody wants to know any more.
    fn is_given_up(&mut self) -> bool;

    /// Answers with one message, or with an error, which takes no time: what is long waits for its room.
    fn unary(self, reply: Result<Bytes, Fault>, room: &Room);
}

/// A call that was asked for.
pub(crate) struct Asked<A> {
    pub target: Target,
    pub message: Bytes,
    pub deadline: Option<Instant>,
    pub answer: A,
    pub room: Room,
}

/// What became of it.
enum Called<A> {
    Done(Result<Bytes, Fault>, A, Room),
    /// The other side does not take what it was answered.
    Postponed(Asked<A>),
    GivenUp,
}

/// Has the method called, in a thread that may be blocked.
pub(crate) fn call<A: Answering>(calls: Calls, asked: Asked<A>) {
    let work = calls.clone();
    work.work(
        move || {
            let Asked { target, message, deadline, mut answer, room } = asked;
            if answer.is_given_up() {
                Called::GivenUp
            } else if room.is_over() {
                Called::Postponed(Asked { target, message, deadline, answer, room })
            } else {
                Called::Done(target.call(&message, deadline), answer, room)
            }
        },
        move |called| match called {
            Called::Done(reply, answer, room) => answer.unary(reply, &room),
            Called::Postponed(asked) => {
                tokio::spawn(async move {
                    asked.room.clone().wait().await;
                    call(calls, asked);
                });
            }
            Called::GivenUp => {}
        },
    );
}
