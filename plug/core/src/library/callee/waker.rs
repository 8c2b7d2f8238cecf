//! The waker of a task in a library, which wakes the host's.
//!
//! A future gets the lent waker, which allocates nothing.
//! Once it clones that, it gets the clone at each further poll, so that `will_wake` holds.

use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{RawWaker, RawWakerVTable, Waker};

use crate::abi::table::{LentWaker, WakerTable};

impl LentWaker {
    /// The waker for a poll.
    ///
    /// # Safety
    ///
    /// It is lent for the poll, and the waker is dropped before that ends.
    pub(super) unsafe fn waker(&self) -> ManuallyDrop<Waker> {
        let own = self.own.load(Ordering::Acquire).cast::<KeptWaker>();
        if own.is_null() {
            // SAFETY: the functions of the table treat the data as a `LentWaker`, which lives for
            // the poll.
            return ManuallyDrop::new(unsafe { Waker::new(ptr::from_ref(self).cast(), &LENT) });
        }
        // SAFETY: `clone` made it, and `end` has not taken it. It is not dropped here.
        ManuallyDrop::new(unsafe { Waker::new(own.cast(), &KEPT) })
    }

    /// Drops the library's word, when the task is gone, and nothing else uses this waker.
    pub(super) fn end(&self) {
        let own = self.own.load(Ordering::Acquire).cast::<KeptWaker>();
        if !own.is_null() {
            self.own.store(ptr::null_mut(), Ordering::Relaxed);
            // SAFETY: `clone` made it, and only this gets it.
            drop(unsafe { Arc::from_raw(own) });
        }
    }
}

static LENT: RawWakerVTable = RawWakerVTable::new(clone, wake, wake, |_| {});

/// # Safety
///
/// `data` points to a `LentWaker`, during a poll.
unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: the caller's promise.
    let lent = unsafe { &*data.cast::<LentWaker>() };
    let own = lent.own.load(Ordering::Acquire).cast::<KeptWaker>();
    let kept = if own.is_null() {
        // SAFETY: it is a poll.
        let kept = unsafe { (lent.table.keep)(lent.data) };
        let kept = Arc::new(KeptWaker { kept, table: lent.table });
        let own = Arc::into_raw(Arc::clone(&kept)).cast_mut().cast();
        if lent.own.compare_exchange(ptr::null_mut(), own, Ordering::AcqRel, Ordering::Acquire).is_err() {
            // Another thread of this poll was faster.
            // SAFETY: nothing else has this pointer.
            drop(unsafe { Arc::from_raw(own.cast::<KeptWaker>()) });
        }
        kept
    } else {
        // SAFETY: it is one of `Arc::into_raw`, and lives until the task is gone.
        unsafe {
            Arc::increment_strong_count(own);
            Arc::from_raw(own)
        }
    };
    RawWaker::new(Arc::into_raw(kept).cast(), &KEPT)
}

/// # Safety
///
/// `data` points to a `LentWaker`, during a poll.
unsafe fn wake(data: *const ()) {
    // SAFETY: the caller's promise.
    unsafe {
        let lent = &*data.cast::<LentWaker>();
        (lent.table.wake)(lent.data);
    }
}

/// A waker that outlives its poll.
struct KeptWaker {
    kept: *const (),
    table: &'static WakerTable,
}

// SAFETY: the host's functions take it in any thread.
unsafe impl Send for KeptWaker {}
// SAFETY: the same.
unsafe impl Sync for KeptWaker {}

// Not by `Wake`, whose table can have several addresses, so that `will_wake` fails.
static KEPT: RawWakerVTable = RawWakerVTable::new(clone_kept, wake_kept, wake_kept_by_ref, drop_kept);

/// # Safety
///
/// `data` is of `Arc::<KeptWaker>::into_raw`, and has not been dropped.
unsafe fn clone_kept(data: *const ()) -> RawWaker {
    // SAFETY: the caller's promise.
    unsafe { Arc::increment_strong_count(data.cast::<KeptWaker>()) };
    RawWaker::new(data, &KEPT)
}

/// # Safety
///
/// `data` is of `Arc::<KeptWaker>::into_raw`, and is not used again.
unsafe fn wake_kept(data: *const ()) {
    // SAFETY: the caller's promise.
    unsafe {
        wake_kept_by_ref(data);
        drop_kept(data);
    }
}

/// # Safety
///
/// `data` is of `Arc::<KeptWaker>::into_raw`, and has not been dropped.
unsafe fn wake_kept_by_ref(data: *const ()) {
    // SAFETY: the caller's promise. The host made `kept` by `keep`, and it has not been dropped.
    unsafe {
        let waker = &*data.cast::<KeptWaker>();
        (waker.table.wake_kept)(waker.kept);
    }
}

/// # Safety
///
/// `data` is of `Arc::<KeptWaker>::into_raw`, and is not used again.
unsafe fn drop_kept(data: *const ()) {
    // SAFETY: the caller's promise.
    drop(unsafe { Arc::from_raw(data.cast::<KeptWaker>()) });
}

impl Drop for KeptWaker {
    fn drop(&mut self) {
        // SAFETY: the host made it by `keep`, and this is the last use of it.
        unsafe { (self.table.drop_kept)(self.kept) };
    }
}
