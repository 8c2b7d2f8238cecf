//! The library's half of an asynchronous method: its start, its polls and its end.

use std::marker::PhantomData;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::abi::table::{CallStatus, HostWaker, Object, PENDING, Start, TaskTable};
use crate::library::callee::waker::waker;
use crate::library::callee::{caught, close, replied};
use crate::panic::dispose;
use crate::portable::arguments::Arguments;
use crate::portable::method::{Method, ObjectOf, Started};

type View<'a, M> = <<M as Method>::Arguments as Arguments>::View<'a>;
type Owners<'a, M> = <<M as Method>::Arguments as Arguments>::Owners<'a>;

/// A future that is polled in any thread, one after the other.
///
/// It consists of the method's task, which is `Send`, and of owners of arguments.
/// Those are views and portable values, which are made of types that are `Send` and `Sync`.
type Pinned<'a, M> = Pin<Box<dyn Future<Output = <M as Method>::Outcome> + 'a>>;

/// The same without its lifetime.
type Erased<M> = dyn Future<Output = <M as Method>::Outcome>;

/// Makes a task, and polls it once.
///
/// # Safety
///
/// `object` is one of `M::Interface` that this library made and has not destroyed, `arguments`
/// points to a `Start` with the views of M's arguments, and `reply` to a reply for M's result.
/// The object and the values behind the views are not destroyed before the task is gone.
pub unsafe extern "C" fn start<M: Started>(object: Object, arguments: *const (), reply: *mut ()) -> CallStatus {
    let start: *mut Start = arguments.cast::<Start>().cast_mut();
    // SAFETY: the caller's promise. The object and the arguments live as long as the task.
    let begin = || unsafe { erased::<M>(begin::<M>(object.get::<ObjectOf<'_, M>>(), *(*start).views.cast())) };
    // SAFETY: the caller's promise.
    let (status, task) = unsafe { advance::<M>(begin, (*start).waker, reply) };
    if let Some(task) = task {
        // SAFETY: the caller's promise. Nothing refers to these fields.
        unsafe {
            (*start).task.write(task);
            (*start).table = Some(Functions::<M>::TABLE);
        }
    }
    status
}

/// The functions of a task of M.
struct Functions<M>(PhantomData<M>);

impl<M: Started> Functions<M> {
    const TABLE: &'static TaskTable =
        &TaskTable { size: size_of::<TaskTable>() as u32, poll: poll::<M>, close: close::<Erased<M>> };
}

/// Takes the box apart. The future stays where it is, since only `advance` and `close` use it.
///
/// # Safety
///
/// The future's borrows live as long as the task.
#[inline(always)]
unsafe fn erased<'a, M: Started>(future: Pinned<'a, M>) -> Object {
    // SAFETY: the caller's promise for the lifetime, and the box does not move its future.
    Object::new(unsafe {
        std::mem::transmute::<Box<dyn Future<Output = M::Outcome> + 'a>, Box<Erased<M>>>(Pin::into_inner_unchecked(
            future,
        ))
    })
}

/// Makes the future, which owns the owners of the method's arguments.
fn begin<'a, M: Started>(object: &'a ObjectOf<'_, M>, views: View<'a, M>) -> Pinned<'a, M> {
    if const { size_of::<Owners<'static, M>>() == 0 } {
        // Nothing is allocated, and so nothing leaks.
        return M::start(object, M::Arguments::give(views, Box::leak(Box::default())));
    }
    Box::pin(async move {
        let mut owners = Owners::<M>::default();
        M::start(object, M::Arguments::give(views, &mut owners)).await
    })
}

/// # Safety
///
/// `task` is one of `start::<M>` that is not gone, and nothing else uses it during the call.
/// `arguments` points to a waker that is lent for the call, and `reply` to a reply for M's result.
unsafe extern "C" fn poll<M: Started>(task: Object, arguments: *const (), reply: *mut ()) -> CallStatus {
    // SAFETY: the caller's promise.
    unsafe { advance::<M>(|| task, arguments.cast(), reply) }.0
}

/// Polls a task, and drops it unless it is pending. Then it returns it.
///
/// # Safety
///
/// `begin` gives a task of M that nothing else uses. `lent` is a waker that is lent for the call,
/// and `reply` points to a reply for M's result.
#[inline(always)]
unsafe fn advance<M: Started>(
    begin: impl FnOnce() -> Object,
    lent: *const HostWaker,
    reply: *mut (),
) -> (CallStatus, Option<Object>) {
    // The task that is to be dropped if there is a panic.
    let mut left = None;
    let work = || {
        let task = begin();
        left = Some(task);
        // SAFETY: the caller's promise. The future does not move.
        let future = unsafe { Pin::new_unchecked(task.get_mut::<Erased<M>>()) };
        // SAFETY: the caller's promise.
        let waker = unsafe { waker(lent) };
        match future.poll(&mut Context::from_waker(&waker)) {
            Poll::Pending => CallStatus::of(PENDING),
            Poll::Ready(outcome) => {
                // SAFETY: the caller's promise.
                let status = unsafe { replied::<M>(outcome, reply) };
                left = None;
                // SAFETY: it is ready, and not used again. A panic supersedes the reply.
                drop(unsafe { task.into_box::<Erased<M>>() });
                status
            }
        }
    };
    // SAFETY: the caller's promise.
    let status = unsafe { caught(reply, work) };
    if status.status != PENDING
        && let Some(task) = left.take()
    {
        // SAFETY: it has panicked, and is not used again.
        unsafe { discard::<M>(task) };
    }
    (status, left)
}

/// Drops a task that has panicked. The reply has that panic, and gets no further one.
///
/// # Safety
///
/// `task` is one of M, and is not used again.
#[cold]
unsafe fn discard<M: Started>(task: Object) {
    // SAFETY: the caller's promise.
    let work = || drop(unsafe { task.into_box::<Erased<M>>() });
    if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(work)) {
        dispose(payload);
    }
}
