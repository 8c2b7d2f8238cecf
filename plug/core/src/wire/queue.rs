//! The calls of the objects that are lent for one call, until its caller answers them.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::wire::fault::Fault;
use crate::wire::message::{Got, GotFuture};
use crate::wire::way::{Callback, OVER};

/// The calls of the objects that are lent for one call.
#[derive(Default)]
pub(crate) struct Queue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    calls: VecDeque<Callback>,
    waker: Option<Waker>,
    is_over: bool,
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, callback: Callback) {
        let mut waiting = self.waiting();
        if waiting.is_over {
            drop(waiting);
            return (callback.reply)(Err(over()));
        }
        waiting.calls.push_back(callback);
        let waker = waiting.waker.take();
        drop(waiting);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<Callback> {
        let mut waiting = self.waiting();
        match waiting.calls.pop_front() {
            Some(callback) => Poll::Ready(callback),
            None => {
                waiting.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    pub(crate) fn close(&self) -> VecDeque<Callback> {
        let mut waiting = self.waiting();
        waiting.is_over = true;
        std::mem::take(&mut waiting.calls)
    }
}

/// The fault of a callback after the end of its call.
pub(crate) fn over() -> Fault {
    Fault::Failed(vec![OVER.to_owned()])
}

/// The next event of a call that waits.
pub(crate) enum Event {
    Called(Callback),
    Replied(Result<Got, Fault>),
}

pub(crate) async fn next(queue: &Queue, reply: &mut GotFuture) -> Event {
    poll_fn(|context| match queue.poll(context) {
        Poll::Ready(callback) => Poll::Ready(Event::Called(callback)),
        Poll::Pending => reply.as_mut().poll(context).map(Event::Replied),
    })
    .await
}
