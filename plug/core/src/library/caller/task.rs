//! The caller's half of an asynchronous method: a future that polls a task of the other side.

use std::marker::PhantomPinned;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::abi::table::{CallStatus, Object, PENDING, Start, TaskTable};
use crate::abi::view::Scratch;
use crate::error::Error;
use crate::library::caller::waker::TaskWaker;
use crate::library::caller::{self, Callable, Pending, PendingOf, TakeResult};
use crate::portable::arguments::Arguments;
use crate::portable::check::refused_arguments;
use crate::portable::method::Started;
use crate::portable::outcome::Outcome;

/// A call of an asynchronous method. The library does nothing before the first poll.
pub(crate) struct LibraryTask<'a, M: Started, C> {
    object: &'a C,
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
unsafe impl<M: Started, C: Sync> Send for LibraryTask<'_, M, C> {}

impl<'a, M: Started, C: Callable> LibraryTask<'a, M, C> {
    /// # Safety
    ///
    /// As of `caller::call`, for an asynchronous method.
    #[inline]
    pub(crate) unsafe fn new(object: &'a C, given: <M::Arguments as Arguments>::Given<'a>) -> Self {
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
        let mut pending = PendingOf::<M::Returns>::new(TakeResult::<M::Returns>::VTABLE);
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
                    let error = refused_arguments(&self.object.owner(), M::NAME, &flaw);
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
                let call = self.object.function::<M>();
                // SAFETY: `new` had the promise that it takes these.
                // The object and what the views point to live until the task is gone. The waker and the
                // reply live until the call returns.
                let returned =
                    unsafe { call(self.object.object(), (&raw mut start).cast(), (&raw mut pending).cast()) };
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
        Poll::Ready(unsafe { caller::returned::<M>(self.object, returned, pending) })
    }
}

impl<M: Started, C: Callable> Future for LibraryTask<'_, M, C> {
    type Output = M::Outcome;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<M::Outcome> {
        // SAFETY: nothing is moved out of it, and it is pinned.
        unsafe { self.get_unchecked_mut().advance(context.waker()) }
    }
}

impl<M: Started, C> Drop for LibraryTask<'_, M, C> {
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

#[cfg(test)]
mod tests {
    use std::fmt::Display;
    use std::ptr;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::abi::table::{CallFn, DONE};
    use crate::interface::{Declaration, Interface};
    use crate::library::caller::Owner;
    use crate::portable::method::Method;
    use crate::portable::method::{Boundary, PortableInterface, VisitMethods};
    use crate::portable::signature::Signature;
    use crate::task::Task;

    trait Broken: Send + Sync {}

    impl Interface for dyn Broken {
        const DECLARATION: Declaration = Declaration { path: "a::Broken", version: "1", place: "", is_generic: false };
    }

    impl PortableInterface for dyn Broken {
        const SERVICE: &'static str = "a.Broken";
        const DOCS: &'static str = "";
        const SIGNATURES: &'static [Signature] = &[];
        const CALLS: &'static [CallFn] = &[];

        type Of<'o> = dyn Broken + 'o;

        fn borrow<'o>(object: &'o Self) -> &'o Self::Of<'o> {
            object
        }

        fn methods<V: VisitMethods<Self>>(_: &mut V) {}

        fn remote<B: Boundary + 'static>(_: B) -> Box<Self> {
            struct Nothing;
            impl Broken for Nothing {}
            Box::new(Nothing)
        }
    }

    /// Its method returns a text.
    struct Text;

    impl Method for Text {
        type Interface = dyn Broken;
        type Arguments = ();
        type Outcome = Result<String, Error>;
        type Ok = String;
        type Returns = crate::portable::forms::Own<String>;
        type Error = Error;
        const NAME: &'static str = "text";
        const WIRE_NAME: &'static str = "Text";
        const ARGUMENT_NAMES: &'static [&'static str] = &[];
        const DOCS: &'static str = "";
        const INDEX: usize = 0;
        const HAS_DEFAULT: bool = false;
        const IS_IDEMPOTENT: bool = false;
        const IS_ASYNC: bool = true;

        fn tell(error: &Error, text: &mut dyn FnMut(&dyn Display)) {
            text(error);
        }
    }

    impl Started for Text {
        fn start<'a>(_: &'a (dyn Broken + '_), (): ()) -> Task<'a, Result<String, Error>> {
            Box::pin(async { Ok(String::new()) })
        }
    }

    /// Returns this status, and does nothing else.
    ///
    /// # Safety
    ///
    /// None: it uses none of its arguments.
    unsafe extern "C" fn returns<const STATUS: u64>(_: Object, _: *const (), _: *mut ()) -> CallStatus {
        CallStatus::of(STATUS)
    }

    /// Makes a task of a table in which `poll` returns this status.
    ///
    /// # Safety
    ///
    /// `arguments` points to a `Start`.
    unsafe extern "C" fn starts<const STATUS: u64>(object: Object, arguments: *const (), _: *mut ()) -> CallStatus {
        let table =
            const { &TaskTable { size: size_of::<TaskTable>() as u32, poll: returns::<STATUS>, close: counts } };
        // SAFETY: the caller's promise.
        unsafe {
            let start = arguments.cast::<Start>().cast_mut();
            assert_eq!((*start).size as usize, size_of::<Start>());
            assert_eq!((*(*start).waker).table.size as usize, size_of::<crate::abi::table::WakerTable>());
            (*start).task.write(object);
            (*start).table = Some(table);
        }
        CallStatus::of(PENDING)
    }

    static CLOSED: AtomicU32 = AtomicU32::new(0);

    /// # Safety
    ///
    /// None: it uses none of its arguments.
    unsafe extern "C" fn counts(_: Object, _: *const (), _: *mut ()) -> CallStatus {
        CLOSED.fetch_add(1, Ordering::SeqCst);
        CallStatus::of(DONE)
    }

    /// An object whose only method is this function.
    struct Called(CallFn);

    // SAFETY: it is a function.
    unsafe impl Sync for Called {}

    impl Callable for Called {
        fn object(&self) -> Object {
            Object::of(&())
        }

        fn function<M: Method>(&self) -> CallFn {
            self.0
        }

        fn owner(&self) -> Owner<'_> {
            Owner::Object("a::Broken")
        }
    }

    fn start(object: &Called) -> Task<'_, Result<String, Error>> {
        // SAFETY: the functions of these tests take what they are called with.
        Box::pin(unsafe { LibraryTask::<Text, _>::new(object, ()) })
    }

    fn poll(task: &mut Task<'_, Result<String, Error>>) -> Poll<String> {
        let polled = task.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        polled.map(|outcome| outcome.expect_err("it is broken").to_string())
    }

    fn broke(status: u64) -> Poll<String> {
        let text = "the owner of the `a::Broken` broke the rules of a call to `text`: it returned with status";
        Poll::Ready(format!("{text} {status} and no such reply"))
    }

    #[test]
    fn a_library_that_breaks_the_rules_of_a_task_is_an_error() {
        let over = Poll::Ready("the task of `text` was polled after its end".to_owned());
        for (call, status) in
            [(returns::<PENDING> as CallFn, PENDING), (returns::<DONE>, DONE), (returns::<77>, 77), (returns::<2>, 2)]
        {
            let object = Called(call);
            let mut task = start(&object);
            assert_eq!(poll(&mut task), broke(status));
            assert_eq!(poll(&mut task), over);
            // A method that is not asynchronous.
            // SAFETY: the same.
            let error = unsafe { caller::call::<Text>(&object, &()) }.expect_err("it is broken");
            assert_eq!(Poll::Ready(error.to_string()), broke(status));
        }
        for (call, status) in [(starts::<DONE> as CallFn, DONE), (starts::<77>, 77)] {
            let object = Called(call);
            let mut task = start(&object);
            assert_eq!(
                (poll(&mut task), poll(&mut task), poll(&mut task)),
                (Poll::Pending, broke(status), over.clone())
            );
        }
        // With another status than `PENDING`, the task is gone, and so none of these was ended.
        assert_eq!(CLOSED.load(Ordering::SeqCst), 0);
        let object = Called(starts::<PENDING>);
        let mut task = start(&object);
        assert!((0..3).all(|_| poll(&mut task).is_pending()));
        drop((task, start(&object)));
        assert_eq!(CLOSED.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_waker_that_was_not_lent_is_dropped_without_harm() {
        let mut waker = TaskWaker::new();
        waker.end();
        let lent = waker.lend(Waker::noop());
        // SAFETY: it is lent, and this program's own.
        let clone = unsafe { ((*lent).table.clone)(lent) };
        assert!(!ptr::eq(lent, clone) && ptr::eq(waker.lend(Waker::noop()), clone));
        waker.end();
        // SAFETY: it is a clone, which outlives the task. The last use of it is the last here.
        unsafe {
            ((*clone).table.wake_by_ref)(clone);
            assert!(ptr::eq(((*clone).table.clone)(clone), clone));
            ((*clone).table.wake)(clone);
            ((*clone).table.drop)(clone);
        }
    }
}
