//! The answers to the calls of objects.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;

use crate::panic::{Caught, dispose};
use crate::scope::Scope;
use crate::task::with_hint;
use crate::wire::fault::{Code, Fault, Panicked, Unavailable};
use crate::wire::message::{Got, GotFuture};
use crate::wire::way::{Answer, Brought, GivenUp, NoReply, Replier, Reply};

pub(crate) fn ended_fault() -> Fault {
    Fault::Unavailable(Unavailable::of("its connection has ended".to_owned()))
}

/// A callback that was begun.
pub(crate) enum Answered<'a> {
    Now(Answering),
    /// It is asynchronous.
    Later(Pending<'a>),
}

/// The end of a callback.
pub(crate) struct Answering {
    pub replier: Replier,
    pub answer: Result<Bytes, Fault>,
    pub brought: Brought,
    pub given_up: GivenUp,
}

impl Answering {
    pub(crate) fn send(mut self) {
        let is_awaited = !self.given_up.is_ready();
        (self.replier)(self.answer);
        if is_awaited {
            self.brought.keep();
        }
    }
}

/// An asynchronous callback under way.
pub(crate) struct Pending<'a> {
    /// There until it has ended.
    pub task: Option<Pin<Box<dyn Future<Output = Reply> + Send + 'a>>>,
    pub scope: Scope,
    pub replier: Option<Replier>,
    pub given_up: GivenUp,
}

impl Pending<'_> {
    /// Awaits its answer, unless the reply to the call comes first: then nobody waits for an answer.
    pub(crate) async fn end(&mut self, reply: &mut GotFuture) -> Result<Answering, Result<Got, Fault>> {
        poll_fn(|context| match reply.as_mut().poll(context) {
            Poll::Ready(reply) => Poll::Ready(Err(reply)),
            Poll::Pending => self.poll(context).map(Ok),
        })
        .await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Answering> {
        let polled = catch_unwind(AssertUnwindSafe(|| {
            self.scope.enter(|| self.task.as_mut().map(|task| task.as_mut().poll(context)))
        }));
        let (answer, brought) = match polled {
            Ok(Some(Poll::Ready(reply))) => message_of(reply),
            Err(payload) => message_of(Err(NoReply::Panicked(payload))),
            Ok(Some(Poll::Pending)) if self.given_up.poll(context).is_pending() => return Poll::Pending,
            Ok(_) => (Err(Fault::Cancelled), Brought::default()),
        };
        // A future is dropped in its scope, and where it was polled.
        let task = self.task.take();
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.scope.enter(|| drop(task)))) {
            dispose(payload);
        }
        match self.replier.take() {
            Some(replier) => {
                let given_up = std::mem::take(&mut self.given_up);
                Poll::Ready(Answering { replier, answer, brought, given_up })
            }
            None => Poll::Pending,
        }
    }
}

/// Whether the method has run, and this is its reply.
pub(crate) fn is_of_plugin(fault: &Fault) -> bool {
    matches!(fault, Fault::Failed(_) | Fault::Settings { .. } | Fault::Panicked(_) | Fault::Malformed(_))
}

/// The reply of an object's method, and the objects that it brings. Streams are objects in it.
pub(crate) fn message_of(reply: Reply) -> (Result<Bytes, Fault>, Brought) {
    match reply {
        Ok(Answer::Message(message, brought)) => (Ok(message.into()), brought),
        Ok(Answer::Stream(_)) => (Err(Fault::Malformed("a stream is no message".to_owned())), Brought::default()),
        Err(no_reply) => (Err(fault(no_reply)), Brought::default()),
    }
}

/// The fault of an object's method that gave no reply.
fn fault(no_reply: NoReply) -> Fault {
    match no_reply {
        NoReply::Failed(texts) => Fault::Failed(texts),
        NoReply::Malformed(reason) => {
            Fault::refused(Code::INVALID_ARGUMENT, format!("the request cannot be decoded: {reason}"))
        }
        NoReply::NoMethod => Fault::Unimplemented("the object has no such method".to_owned()),
        NoReply::Panicked(payload) => {
            let Caught { message, place } = Caught::new(payload);
            let message = message.map(with_hint);
            let text = format!("the object panicked: {}", message.as_deref().unwrap_or_default());
            Fault::Panicked(Panicked { text, place, message })
        }
    }
}
