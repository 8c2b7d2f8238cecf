//! The host's half of an asynchronous method: a future that polls a task in a library.

use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::abi::table::{CallStatus, DONE, PENDING, StartedTask};
use crate::abi::view::Scratch;
use crate::error::Error;
use crate::library::caller::{self, Callable, Pending, PendingOf, TakeResult};
use crate::library::host::object::LibraryObject;
use crate::library::host::waker::TaskWaker;
use crate::portable::arguments::Arguments;
use crate::portable::check::refused_arguments;
use crate::portable::method::Started;
use crate::portable::outcome::Outcome;

/// A call of an asynchronous method. The library does nothing before the first poll.
pub(super) struct LibraryTask<'a, M: Started> {
    object: &'a LibraryObject,
    given: <M::Arguments as Arguments>::Given<'a>,
    scratch: Scratch,
    state: State,
    waker: TaskWaker,
    /// The library points to the arguments, the scratch and the waker.
    _pinned: PhantomPinned,
}

enum State {
    New,
    Started(StartedTask),
    Over,
}

// SAFETY: the library's future is `Send`, as `callee/task.rs` says. The object is shared, and
// the arguments are `Send`.
// Only this future uses the scratch and the waker, in one thread after the other.
unsafe impl<M: Started> Send for LibraryTask<'_, M> {}

impl<'a, M: Started> LibraryTask<'a, M> {
    pub(super) fn new(object: &'a LibraryObject, given: <M::Arguments as Arguments>::Given<'a>) -> Self {
        Self {
            object,
            given,
            scratch: Scratch::new(),
            state: State::New,
            waker: TaskWaker::new(),
            _pinned: PhantomPinned,
        }
    }

    /// Starts the task.
    ///
    /// # Safety
    ///
    /// `self` is pinned.
    unsafe fn start(&mut self) -> Result<StartedTask, Error> {
        let refused = |flaw| refused_arguments(&self.object.owner(), M::NAME, &flaw);
        M::Arguments::check(&self.given, M::ARGUMENT_NAMES).map_err(refused)?;
        let (given, scratch) = (&raw const self.given, &raw const self.scratch);
        // SAFETY: both are dropped with `self`, which ends the task before.
        let (given, scratch) = unsafe { (&*given, &*scratch) };
        let views = M::Arguments::view(given, scratch);
        let mut pending = Pending::<StartedTask, StartedTask>::new(Pending::<StartedTask, StartedTask>::FLAT);
        let call = self.object.function::<M>();
        // SAFETY: the library has a method of this name and fingerprint, so it is asynchronous, takes
        // views of these types and makes a task of this result.
        // The object and what the views point to live until the task is gone, and the reply lives
        // until the call returns.
        let returned = unsafe { call(self.object.object, (&raw const views).cast(), (&raw mut pending).cast()) };
        match returned.status {
            // SAFETY: a library that is done has written the task.
            DONE => Ok(unsafe { pending.reply.value.assume_init() }),
            status => caller::outcome(&self.object.owner(), status, pending.outcome, M::NAME),
        }
    }
}

impl<M: Started> Future for LibraryTask<'_, M> {
    type Output = M::Outcome;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<M::Outcome> {
        // SAFETY: nothing is moved out of it.
        let this = unsafe { self.get_unchecked_mut() };
        let StartedTask { task, poll, .. } = match this.state {
            State::Started(started) => started,
            // SAFETY: it is pinned.
            State::New => match unsafe { this.start() } {
                Ok(started) => {
                    this.state = State::Started(started);
                    started
                }
                Err(error) => {
                    this.state = State::Over;
                    return Poll::Ready(M::Outcome::of(Err(error)));
                }
            },
            State::Over => {
                let text = format!("the task of `{}` was polled after its end", M::NAME);
                return Poll::Ready(M::Outcome::of(Err(Error::msg(text))));
            }
        };
        let lent = this.waker.lend(context.waker());
        let mut pending = PendingOf::<M>::new(TakeResult::<M>::VTABLE);
        // SAFETY: the task is one of this `poll` that is not gone, and only this future uses it.
        // The waker and the reply live until the call returns.
        let returned = unsafe { poll(task, lent, (&raw mut pending).cast()) };
        if returned.status == PENDING {
            return Poll::Pending;
        }
        this.state = State::Over;
        this.waker.end();
        // SAFETY: it is the reply of a poll that has returned.
        Poll::Ready(unsafe { caller::returned::<M>(this.object, returned, pending) })
    }
}

impl<M: Started> Drop for LibraryTask<'_, M> {
    fn drop(&mut self) {
        if let State::Started(StartedTask { task, close, .. }) = self.state {
            let mut pending = Pending::<(), ()>::new(Pending::<(), ()>::FLAT);
            // SAFETY: the task is one of this `close` that is not gone, and this is the last use of it.
            // A drop returns nothing, and the library has printed the message of a panic.
            let _: CallStatus = unsafe { close(task, self.waker.lend_to_end(), (&raw mut pending).cast()) };
            self.waker.end();
        }
    }
}
