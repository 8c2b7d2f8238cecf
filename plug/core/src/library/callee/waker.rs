//! The waker of a task in a library, which wakes the host's.
//!
//! A future gets the lent waker, which allocates nothing.
//! Once it clones that, it gets the clone at each further poll, so that `will_wake` holds.

use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{RawWaker, RawWakerVTable, Wake, Waker};

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
        ManuallyDrop::new(Waker::from(unsafe { Arc::from_raw(own) }))
    }

    /// Drops the library's word, when the task is gone.
    pub(super) fn end(&self) {
        let own = self.own.swap(ptr::null_mut(), Ordering::AcqRel).cast::<KeptWaker>();
        if !own.is_null() {
            // SAFETY: `clone` made it, and only one thread gets it here.
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
    let waker = ManuallyDrop::new(Waker::from(kept));
    RawWaker::new(waker.data(), waker.vtable())
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

impl Wake for KeptWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // SAFETY: the host made it by `keep`, and it has not been dropped.
        unsafe { (self.table.wake_kept)(self.kept) };
    }
}

impl Drop for KeptWaker {
    fn drop(&mut self) {
        // SAFETY: the host made it by `keep`, and this is the last use of it.
        unsafe { (self.table.drop_kept)(self.kept) };
    }
}
