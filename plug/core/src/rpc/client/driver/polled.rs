//! A call that any executor polls. The background thread drives it.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::rpc::client::driver::Driver;
use crate::rpc::client::driver::turns::Guest;
use crate::wire::fault::Fault;
use crate::wire::message::ReplyFuture;

/// The reply to a call that is under way. Dropping it cancels the call at once.
pub(crate) struct PolledReply {
    driver: &'static Driver,
    call: Arc<PolledCall>,
    receiver: oneshot::Receiver<Result<Bytes, Fault>>,
}

/// The call, which both the caller and the background thread have.
struct PolledCall(Mutex<State>);

struct State {
    /// `None` once it is ready or cancelled.
    reply: Option<ReplyFuture>,
    /// Wakes the background thread's task.
    task: Option<Waker>,
}

/// The background thread's half of the call.
pub(super) struct Driven {
    call: Arc<PolledCall>,
    sender: oneshot::Sender<Result<Bytes, Fault>>,
    _guest: Guest<'static>,
}

impl PolledReply {
    /// The two halves of a call.
    pub(super) fn new(driver: &'static Driver, reply: ReplyFuture, guest: Guest<'static>) -> (Self, Driven) {
        let (sender, receiver) = oneshot::channel();
        let call = Arc::new(PolledCall(Mutex::new(State { reply: Some(reply), task: None })));
        let driven = Driven { call: Arc::clone(&call), sender, _guest: guest };
        (Self { driver, call, receiver }, driven)
    }
}

impl PolledCall {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` once the call is cancelled.
    fn poll(&self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        let mut state = self.state();
        let Some(reply) = &mut state.reply else { return Poll::Ready(None) };
        let polled = reply.as_mut().poll(context);
        if polled.is_ready() {
            state.reply = None;
        } else if !state.task.as_ref().is_some_and(|task| task.will_wake(context.waker())) {
            state.task = Some(context.waker().clone());
        }
        polled.map(Some)
    }
}

impl Driven {
    /// Polls the call to its end, in the runtime of the driver.
    pub(super) async fn run(self) {
        if let Some(reply) = poll_fn(|context| self.call.poll(context)).await {
            let _ = self.sender.send(reply);
        }
    }
}

impl Future for PolledReply {
    type Output = Result<Bytes, Fault>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.receiver).poll(context).map(|reply| reply.unwrap_or(Err(Fault::Cancelled)))
    }
}

impl Drop for PolledReply {
    /// In a fork of this process it leaves the call to the parent.
    fn drop(&mut self) {
        if self.receiver.is_terminated() {
            return;
        }
        if self.driver.check().is_err() {
            return std::mem::forget(Arc::clone(&self.call));
        }
        // The reply is dropped by this thread, outside of the lock.
        // It may own what the background thread must not drop, such as the last handle of a process.
        let (reply, task) = {
            let mut state = self.call.state();
            (state.reply.take(), state.task.take())
        };
        drop(reply);
        if let Some(task) = task {
            task.wake();
        }
    }
}
