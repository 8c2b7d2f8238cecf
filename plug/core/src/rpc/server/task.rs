//! The call of an asynchronous method: its polls, its wake-ups and its end.
//!
//! A poll is a job of the workers, which it may block, and a wake-up queues the next one.
//! So no method runs in a thread that drives the runtime, and none is polled twice at once.
//! Each poll, and the drop, is within the server's runtime: the method can use its timers and
//! sockets.

use std::pin::Pin;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Instant;

use bytes::Bytes;
use tokio::time::{Sleep, sleep_until};

use crate::rpc::server::backpressure::Backpressure;
use crate::rpc::server::request::{Respond, respond};
use crate::rpc::server::workers::{CallQueue, Unfinished};
use crate::wire::dispatch::Task;
use crate::wire::fault::Fault;
use crate::wire::way::Answer;

/// The call waits for a wake-up.
const WAITING: u8 = 0;
/// A poll is in the queue.
const QUEUED: u8 = 1;
/// A thread polls.
const POLLING: u8 = 2;
/// A thread polls, and another poll must follow.
const WOKEN: u8 = 3;
/// No poll follows.
const OVER: u8 = 4;

/// A call that has begun. It is its own waker, the same for all polls.
pub(super) struct TaskCall<R> {
    queue: CallQueue,
    state: AtomicU8,
    /// For the thread that polls, and for the one that ends the call.
    parts: Mutex<Option<Parts<R>>>,
}

/// The parts of a call that is not over.
pub(super) struct Parts<R> {
    task: Task,
    responder: R,
    deadline: Option<Instant>,
    /// Ready at the deadline. Made when the first poll was not enough.
    late: Option<Pin<Box<Sleep>>>,
    was_pending: bool,
    /// The request. Its bytes count as long as the method may have its values.
    message: Bytes,
    backpressure: Backpressure,
}

/// A reply, and its responder.
pub(super) type Answered<R> = (Result<Answer, Fault>, R, Backpressure);

impl<R: Respond> Parts<R> {
    pub(super) fn new(
        task: Task,
        message: Bytes,
        deadline: Option<Instant>,
        responder: R,
        backpressure: Backpressure,
    ) -> Self {
        Self { task, responder, deadline, late: None, was_pending: false, message, backpressure }
    }

    /// Ready with `None` if the caller has cancelled.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Answer, Fault>>> {
        if self.was_pending && self.responder.poll_cancelled(context).is_ready() {
            return Poll::Ready(None);
        }
        if let Poll::Ready(reply) = self.task.poll(context) {
            return Poll::Ready(Some(reply));
        }
        if !std::mem::replace(&mut self.was_pending, true) {
            self.late = self.deadline.map(|deadline| Box::pin(sleep_until(deadline.into())));
            if self.responder.poll_cancelled(context).is_ready() {
                return Poll::Ready(None);
            }
        }
        match &mut self.late {
            Some(late) => late.as_mut().poll(context).map(|()| Some(Err(Fault::Deadline))),
            None => Poll::Pending,
        }
    }
}

impl<R: Respond> TaskCall<R> {
    /// Polls the method for the first time, in this thread. `None` if there is no reply yet, or none
    /// at all.
    pub(super) fn start(queue: CallQueue, parts: Parts<R>) -> Option<Answered<R>> {
        let (state, parts) = (AtomicU8::new(POLLING), Mutex::new(Some(parts)));
        let call = Arc::new(Self { queue, state, parts });
        call.queue.within(|| call.poll())
    }

    fn parts(&self) -> MutexGuard<'_, Option<Parts<R>>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls the method in this thread. The state is `POLLING`.
    fn poll(self: &Arc<Self>) -> Option<Answered<R>> {
        let waker = Waker::from(Arc::clone(self));
        let mut context = Context::from_waker(&waker);
        let mut place = self.parts();
        let parts = place.as_mut()?;
        let was_pending = parts.was_pending;
        let Poll::Ready(reply) = parts.poll(&mut context) else {
            drop(place);
            let is_kept = was_pending || self.queue.keep(Arc::clone(self) as Arc<dyn Unfinished>);
            if !is_kept || !self.waits_on() {
                self.finish();
            }
            return None;
        };
        drop(place);
        let Parts { task, message, mut responder, backpressure, .. } = self.finish()?;
        let reply = reply?.map(|answer| responder.encoded(answer));
        drop((task, message));
        Some((reply, responder, backpressure))
    }

    /// After a poll: whether another one may follow.
    fn waits_on(self: &Arc<Self>) -> bool {
        match self.state.compare_exchange(POLLING, WAITING, SeqCst, SeqCst) {
            Ok(_) => true,
            Err(WOKEN) => {
                // The end of the server may come first.
                let is_woken = self.state.compare_exchange(WOKEN, QUEUED, SeqCst, SeqCst).is_ok();
                if is_woken {
                    self.submit();
                }
                is_woken
            }
            Err(_) => false,
        }
    }

    fn finish(self: &Arc<Self>) -> Option<Parts<R>> {
        self.state.store(OVER, SeqCst);
        let parts = self.parts().take()?;
        if parts.was_pending {
            self.queue.forget(self.as_ref());
        }
        Some(parts)
    }

    /// Queues a poll.
    fn submit(self: &Arc<Self>) {
        let call = Arc::clone(self);
        let job = move || {
            // The end of the server may have come first.
            let is_due = call.state.compare_exchange(QUEUED, POLLING, SeqCst, SeqCst).is_ok();
            if is_due { call.queue.within(|| call.poll()) } else { None }
        };
        let queue = self.queue.clone();
        self.queue.poll(job, |answered| {
            if let Some(answered) = answered {
                respond(answered, queue);
            }
        });
    }
}

impl<R: Respond> Wake for TaskCall<R> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let next = |state| match state {
            WAITING => Some(QUEUED),
            POLLING => Some(WOKEN),
            _ => None,
        };
        if self.state.fetch_update(SeqCst, SeqCst, next) == Ok(WAITING) {
            self.submit();
        }
    }
}

impl<R: Respond> Unfinished for TaskCall<R> {
    fn end(&self) {
        // A thread that polls drops the method itself.
        if matches!(self.state.swap(OVER, SeqCst), WAITING | QUEUED) {
            let parts = self.parts().take();
            drop(parts);
        }
    }
}
