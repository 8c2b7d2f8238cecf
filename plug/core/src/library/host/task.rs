//! The host's half of an asynchronous method: a future that polls a task in a library.

use std::marker::PhantomPinned;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::abi::table::{CallStatus, Object, PENDING, Start, TaskTable};
use crate::abi::view::Scratch;
use crate::error::Error;
use crate::library::host::object::{LibraryObject, Pending, PendingOf, TakeResult};
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
    Started(Object, &'static TaskTable),
    Over,
}

// SAFETY: the library's future is `Send`, as `callee/task.rs` says. The object is shared, and
// the arguments are `Send`.
// Only this future uses the scratch and the waker, in one thread after the other.
unsafe impl<M: Started> Send for LibraryTask<'_, M> {}

impl<'a, M: Started> LibraryTask<'a, M> {
    #[inline]
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

    /// Polls the task, and starts it before that if it is new.
    ///
    /// # Safety
    ///
    /// `self` is pinned.
    #[inline]
    unsafe fn advance(&mut self, waker: &Waker) -> Poll<M::Outcome> {
        let mut pending = PendingOf::<M>::new(TakeResult::<M>::VTABLE);
        let returned = match self.state {
            State::Started(task, table) => {
                let lent = self.waker.lend(waker);
                // SAFETY: the task is one of this table that is not gone, and only this future uses it.
                // The waker and the reply live until the call returns.
                unsafe { (table.poll)(task, lent.cast(), (&raw mut pending).cast()) }
            }
            State::New => {
                if let Err(flaw) = M::Arguments::check(&self.given, M::ARGUMENT_NAMES) {
                    self.state = State::Over;
                    let error = refused_arguments(&self.object.of.name, M::NAME, &flaw);
                    return Poll::Ready(M::Outcome::of(Err(error)));
                }
                let (given, scratch) = (&raw const self.given, &raw const self.scratch);
                // SAFETY: both are dropped with `self`, which ends the task before.
                let (given, scratch) = unsafe { (&*given, &*scratch) };
                let views = M::Arguments::view(given, scratch);
                let mut start = Start {
                    size: size_of::<Start>() as u32,
                    views: (&raw const views).cast(),
                    waker: self.waker.lend(waker),
                    task: MaybeUninit::uninit(),
                    table: None,
                };
                let call = self.object.call_fn::<M>();
                // SAFETY: the library has a method of this name and fingerprint, so it is asynchronous, takes
                // views of these types and a reply of this one.
                // The object and what the views point to live until the task is gone. The waker and the
                // reply live until the call returns.
                let returned = unsafe { call(self.object.object, (&raw mut start).cast(), (&raw mut pending).cast()) };
                if let (PENDING, Some(table)) = (returned.status, start.table) {
                    // SAFETY: a library that gives a table has written the task.
                    self.state = State::Started(unsafe { start.task.assume_init() }, table);
                }
                returned
            }
            State::Over => return Poll::Ready(M::Outcome::of(Err(polled_after_end(M::NAME)))),
        };
        // A library that made no task is not polled again.
        if returned.status == PENDING && matches!(self.state, State::Started(..)) {
            return Poll::Pending;
        }
        self.state = State::Over;
        self.waker.end();
        // SAFETY: it is the reply of a call that has returned.
        Poll::Ready(unsafe { self.object.returned::<M>(returned, pending) })
    }
}

impl<M: Started> Future for LibraryTask<'_, M> {
    type Output = M::Outcome;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<M::Outcome> {
        // SAFETY: nothing is moved out of it, and it is pinned.
        unsafe { self.get_unchecked_mut().advance(context.waker()) }
    }
}

impl<M: Started> Drop for LibraryTask<'_, M> {
    #[inline]
    fn drop(&mut self) {
        if let State::Started(task, table) = self.state {
            // SAFETY: the task is not gone, and this is the last use of it.
            unsafe { close(task, table) };
        }
    }
}

#[cold]
fn polled_after_end(method: &str) -> Error {
    Error::msg(format!("the task of `{method}` was polled after its end"))
}

/// Ends a task that is pending.
///
/// # Safety
///
/// The task is one of this table that is not gone, and is not used again.
#[cold]
unsafe fn close(task: Object, table: &TaskTable) {
    let mut pending = Pending::<(), ()>::new(Pending::<(), ()>::FLAT);
    // SAFETY: the caller's promise.
    // A drop returns nothing, and the library has printed the message of a panic.
    let _: CallStatus = unsafe { (table.close)(task, std::ptr::null(), (&raw mut pending).cast()) };
}
