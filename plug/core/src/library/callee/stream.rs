//! The half of a stream that has its source.

use std::marker::PhantomData;
use std::task::{Context, Poll};

use crate::abi::table::{CallStatus, DONE, FAILED, Object, PENDING, TaskTable};
use crate::error::Error;
use crate::library::callee::waker::waker;
use crate::library::callee::{caught, fail, reply_with};
use crate::portable::Portable;
use crate::portable::arguments::Crosses;
use crate::portable::chain::{Chain, ChainTexts};
use crate::portable::check::{REPLY, refused_result};
use crate::portable::forms::Own;
use crate::portable::outcome::Fails;

/// A source of items of this type.
trait Polled: Send + 'static {
    type Item: Portable;

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Self::Item, Error>>>;
}

impl<T: Portable, E: Fails + 'static> Polled for Box<dyn Iterator<Item = Result<T, E>> + Send> {
    type Item = T;

    #[inline]
    fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        Poll::Ready(self.next().map(|item| item.map_err(Fails::into_error)))
    }
}

#[cfg(feature = "stream")]
impl<T: Portable, E: Fails + 'static> Polled for std::pin::Pin<Box<crate::portable::streams::polled::Source<T, E>>> {
    type Item = T;

    #[inline]
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        let next = futures_core::Stream::poll_next(self.as_mut(), context);
        next.map(|next| next.map(|item| item.map_err(Fails::into_error)))
    }
}

/// The functions of a stream with this source.
struct Functions<S>(PhantomData<S>);

impl<S: Polled> Functions<S> {
    const TABLE: &'static TaskTable =
        &TaskTable { size: size_of::<TaskTable>() as u32, poll: poll::<S>, close: close::<S> };
}

/// The functions of a stream whose source is an iterator.
pub(crate) fn items<T: Portable, E: Fails + 'static>() -> &'static TaskTable {
    Functions::<Box<dyn Iterator<Item = Result<T, E>> + Send>>::TABLE
}

/// The functions of a stream whose source is a stream.
#[cfg(feature = "stream")]
pub(crate) fn polled<T: Portable, E: Fails + 'static>() -> &'static TaskTable {
    Functions::<std::pin::Pin<Box<crate::portable::streams::polled::Source<T, E>>>>::TABLE
}

/// Replies with the next item.
///
/// # Safety
///
/// `stream` is a source of this type that is not gone, and nothing else uses it during the call.
/// `arguments` points to a waker that is lent for the call, and `reply` to a reply for an optional item.
unsafe extern "C" fn poll<S: Polled>(stream: Object, arguments: *const (), reply: *mut ()) -> CallStatus {
    let work = || {
        // SAFETY: the caller's promise.
        let (source, waker) = unsafe { (stream.thin_mut::<S>(), waker(arguments.cast())) };
        match source.poll_next(&mut Context::from_waker(&waker)) {
            Poll::Pending => CallStatus::of(PENDING),
            // SAFETY: the caller's promise.
            Poll::Ready(next) => unsafe { replied(next, reply) },
        }
    };
    // SAFETY: the caller's promise.
    unsafe { caught(reply, work) }
}

/// Writes the next item, or the error that ends the stream, to the reply.
///
/// # Safety
///
/// `reply` points to a reply for an optional T.
#[inline]
unsafe fn replied<T: Portable>(next: Option<Result<T, Error>>, reply: *mut ()) -> CallStatus {
    match next.transpose() {
        Ok(item) => match <Own<Option<T>> as Crosses>::check(&item, REPLY) {
            // SAFETY: the caller's promise.
            Ok(()) => unsafe { reply_with::<Own<Option<T>>>(&item, reply) },
            // SAFETY: the caller's promise.
            Err(flaw) => unsafe { fail(reply, &[refused_result("next", &flaw)], "", FAILED) },
        },
        // SAFETY: the caller's promise.
        Err(error) => unsafe { fail(reply, &Chain(&error).texts(), "", FAILED) },
    }
}

/// Ends a stream.
///
/// # Safety
///
/// `stream` is a source of this type, and is not used again. `reply` points to a reply for nothing.
unsafe extern "C" fn close<S>(stream: Object, _: *const (), reply: *mut ()) -> CallStatus {
    let work = || {
        // SAFETY: the caller's promise.
        drop(unsafe { stream.thin_box::<S>() });
        CallStatus::of(DONE)
    };
    // SAFETY: the caller's promise.
    unsafe { caught(reply, work) }
}
