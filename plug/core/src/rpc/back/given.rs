//! The calls and the end of an object that this side has given to the other one.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use bytes::Bytes;
use tokio::runtime::Handle;

use crate::panic::dispose;
use crate::scope::Scope;
use crate::wire::answer::message_of;
use crate::wire::fault::Fault;
use crate::wire::way::{Brought, Called, Callee, Context, NoReply, Offered, Reply, Request, Way};

/// A call of a given object.
pub(crate) struct GivenCall {
    pub callee: Arc<dyn Callee>,
    /// The method's name on the wire.
    pub method: String,
    pub request: Bytes,
    pub deadline: Option<Instant>,
    pub way: Arc<dyn Way>,
    /// Ready when nobody waits for the reply any more.
    pub given_up: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl GivenCall {
    /// Calls the object, in a thread of its own if that may block, and then `reply`, with the objects
    /// that it brings.
    pub(crate) fn run(self, runtime: &Handle, reply: impl FnOnce(Result<Bytes, Fault>, Brought) + Send + 'static) {
        if !self.callee.blocks() {
            runtime.spawn(async move {
                let (called, brought) = message_of(match self.begin() {
                    Begun::Replied(called) => called,
                    Begun::Started(ending) => ending.await,
                });
                reply(called, brought);
            });
            return;
        }
        let waiting = runtime.clone();
        runtime.spawn_blocking(move || {
            let (called, brought) = message_of(match self.begin() {
                Begun::Replied(called) => called,
                Begun::Started(ending) => waiting.block_on(ending),
            });
            reply(called, brought);
        });
    }

    fn begin(self) -> Begun<impl Future<Output = Reply> + Send> {
        let Self { callee, method, request, deadline, way, given_up } = self;
        let scope = Scope::until(deadline);
        let Some(index) = callee.method(&method) else { return Begun::Replied(Err(NoReply::NoMethod)) };
        let called = scope.enter(|| callee.call(index, Request::Message(&request), Context::of(Some(&way))));
        let mut task = match called {
            Called::Replied(reply) => return Begun::Replied(reply),
            Called::Started(task) => task,
        };
        Begun::Started(async move {
            let polled = poll_fn(|context| {
                let poll = || scope.enter(|| task.as_mut().poll(context));
                catch_unwind(AssertUnwindSafe(poll))
                    .unwrap_or_else(|payload| Poll::Ready(Err(NoReply::Panicked(payload))))
            });
            tokio::select! {
                reply = polled => reply,
                () = given_up => Err(NoReply::Failed(Vec::new())),
            }
        })
    }
}

/// A call that has begun: its reply, or the future of an asynchronous method.
enum Begun<F> {
    Replied(Reply),
    Started(F),
}

/// Drops an object, whose drop may block or panic.
pub(crate) fn discard(runtime: &Handle, offered: Arc<Offered>) {
    // Most often it is one of several handles.
    if matches!(*offered, Offered::Given(_))
        && let Some(offered) = Arc::into_inner(offered)
    {
        runtime.spawn_blocking(move || {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(offered))) {
                dispose(payload);
            }
        });
    }
}
