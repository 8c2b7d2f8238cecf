//! The half of a stream that receives its items.

use std::marker::PhantomData;
use std::task::{Context, Poll};

use crate::abi::stream::StreamView;
use crate::abi::table::{CallStatus, Object, PENDING, TaskTable};
use crate::error::Error;
use crate::library::caller::waker::TaskWaker;
use crate::library::caller::{Owner, Pending, PendingOf, TakeResult, value};
use crate::portable::Portable;
use crate::portable::flow::Flow;
use crate::portable::forms::Own;

/// A stream of another build, which this side has taken.
pub(crate) struct Foreign<T> {
    stream: Object,
    table: &'static TaskTable,
    /// Whether the stream is there.
    is_open: bool,
    /// Boxed, since the other side points to it between two polls.
    waker: Box<TaskWaker>,
    items: PhantomData<fn() -> T>,
}

// SAFETY: the stream is `Send`, as its view says. Only its owner uses it and the waker.
unsafe impl<T> Send for Foreign<T> {}

impl<T> Foreign<T> {
    /// Takes the stream.
    pub(crate) fn of(view: StreamView<'_>) -> Self {
        let is_open = !view.is_taken.is_null();
        if is_open {
            // SAFETY: it points to a flag of the other side, which lives as long as the view, and which
            // only the thread of this call uses.
            unsafe { view.is_taken.write(true) };
        }
        let (stream, table, waker) = (view.stream, view.table, Box::new(TaskWaker::new()));
        Self { stream, table, is_open, waker, items: PhantomData }
    }
}

impl<T: Portable> Flow<T> for Foreign<T> {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        type Next<T> = Own<Option<T>>;
        if !self.is_open {
            return Poll::Ready(None);
        }
        let lent = self.waker.lend(context.waker());
        let mut pending = PendingOf::<Next<T>>::new(TakeResult::<Next<T>>::VTABLE);
        // SAFETY: the stream is one of this table that is not gone, and only this side uses it.
        // The waker and the reply live until the call returns.
        let returned = unsafe { (self.table.poll)(self.stream, lent.cast(), (&raw mut pending).cast()) };
        if returned.status == PENDING {
            return Poll::Pending;
        }
        // SAFETY: it is the reply of a call that has returned.
        Poll::Ready(unsafe { value::<Next<T>>(|| Owner::Stream, "next", returned, pending) }.transpose())
    }
}

impl<T> Drop for Foreign<T> {
    fn drop(&mut self) {
        self.waker.end();
        if !self.is_open {
            return;
        }
        let mut pending = Pending::<(), ()>::new(Pending::<(), ()>::FLAT);
        // SAFETY: this side has taken the stream, and this is the last use of it.
        // A drop returns nothing, and the other side has printed the message of a panic.
        let _: CallStatus = unsafe { (self.table.close)(self.stream, std::ptr::null(), (&raw mut pending).cast()) };
    }
}
