//! The waker of a task in a library, which is the host's.
//! Nothing is allocated for it on this side.

use std::mem::ManuallyDrop;
use std::task::{RawWaker, RawWakerVTable, Waker};

use crate::abi::table::{HostWaker, WakerTable};

/// The waker for a poll.
///
/// # Safety
///
/// `lent` is a host's waker that is lent for the poll, and the waker is not used after that.
pub(super) unsafe fn waker(lent: *const HostWaker) -> ManuallyDrop<Waker> {
    // SAFETY: the functions forward to the host's, which do as a waker does, in any thread.
    // It is not dropped, since it is lent.
    ManuallyDrop::new(unsafe { Waker::new(lent.cast(), &VTABLE) })
}

// Not by `Wake`, whose table can have several addresses, so that `will_wake` fails.
static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop);

/// # Safety
///
/// `data` points to a `HostWaker` that is lent or owned.
unsafe fn table(data: *const ()) -> &'static WakerTable {
    // SAFETY: the caller's promise. The pointer keeps its reach over the fields that follow.
    unsafe { (*data.cast::<HostWaker>()).table }
}

/// # Safety
///
/// The same.
unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: the caller's promise.
    let owned = unsafe { (table(data).clone)(data.cast()) };
    RawWaker::new(owned.cast(), &VTABLE)
}

/// # Safety
///
/// `data` points to a `HostWaker` that is owned, and is not used again.
unsafe fn wake(data: *const ()) {
    // SAFETY: the caller's promise.
    unsafe { (table(data).wake)(data.cast()) };
}

/// # Safety
///
/// `data` points to a `HostWaker` that is lent or owned.
unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: the caller's promise.
    unsafe { (table(data).wake_by_ref)(data.cast()) };
}

/// # Safety
///
/// `data` points to a `HostWaker` that is owned, and is not used again.
unsafe fn drop(data: *const ()) {
    // SAFETY: the caller's promise.
    unsafe { (table(data).drop)(data.cast()) };
}
