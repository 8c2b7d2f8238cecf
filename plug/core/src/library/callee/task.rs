//! The library's half of an asynchronous method: its start, its polls and its end.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::abi::table::{CallStatus, DONE, LentWaker, Object, PENDING, ReplySlot, StartedTask};
use crate::library::callee::{caught, replied};
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

/// # Safety
///
/// `object` is one of `M::Interface` that this library made and has not destroyed, and `arguments`
/// points to the views of M's arguments. Neither is destroyed before the task is gone.
/// `reply` points to a reply for a `StartedTask`.
pub unsafe extern "C" fn start<M: Started>(object: Object, arguments: *const (), reply: *mut ()) -> CallStatus {
    let work = || {
        // SAFETY: the caller's promise.
        let (object, views) = unsafe { (object.get::<ObjectOf<'_, M>>(), *arguments.cast()) };
        let task = begin::<M>(object, views);
        // SAFETY: the box stays where it is, since only `poll` and `close` use it.
        // The object and the arguments live as long as it does, by the caller's promise.
        let task: Box<Erased<M>> = unsafe { std::mem::transmute(Pin::into_inner_unchecked(task)) };
        let started = StartedTask { task: Object::new(task), poll: poll::<M>, close: close::<M> };
        // SAFETY: the caller's promise.
        unsafe { (*reply.cast::<ReplySlot<StartedTask>>()).value.write(started) };
        CallStatus::of(DONE)
    };
    // SAFETY: the caller's promise.
    unsafe { caught(reply, work) }
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
/// `arguments` points to its waker, and `reply` to a reply for M's result.
unsafe extern "C" fn poll<M: Started>(task: Object, arguments: *const (), reply: *mut ()) -> CallStatus {
    // SAFETY: the caller's promise.
    let lent = unsafe { &*arguments.cast::<LentWaker>() };
    let work = || {
        // SAFETY: the caller's promise. The box stays where it is.
        let task = unsafe { Pin::new_unchecked(task.get_mut::<Erased<M>>()) };
        // SAFETY: the waker is lent for this call.
        let waker = unsafe { lent.waker() };
        match task.poll(&mut Context::from_waker(&waker)) {
            Poll::Pending => CallStatus::of(PENDING),
            // SAFETY: the caller's promise.
            Poll::Ready(outcome) => unsafe { replied::<M>(outcome, reply) },
        }
    };
    // SAFETY: the caller's promise.
    let status = unsafe { caught(reply, work) };
    if status.status == PENDING {
        return status;
    }
    // SAFETY: the caller's promise. The task is ready or has panicked, and is not used again.
    let ended = unsafe { close::<M>(task, arguments, reply) };
    if ended.status == DONE { status } else { ended }
}

/// # Safety
///
/// `task` is one of `start::<M>` that is not gone, and is not used again.
/// `arguments` points to its waker, and `reply` to a reply.
unsafe extern "C" fn close<M: Started>(task: Object, arguments: *const (), reply: *mut ()) -> CallStatus {
    let work = || {
        // SAFETY: the caller's promise.
        drop(unsafe { task.into_box::<Erased<M>>() });
        CallStatus::of(DONE)
    };
    // SAFETY: the caller's promise.
    unsafe {
        let status = caught(reply, work);
        (*arguments.cast::<LentWaker>()).end();
        status
    }
}
