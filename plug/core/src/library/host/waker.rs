//! The waker that a host lends to a task in a library.
//!
//! The executor's own waker wakes the task during a poll.
//! A clone leads to the executor's waker of the latest poll, and later polls get that clone, so that
//! `will_wake` holds.

use std::panic::{self, AssertUnwindSafe};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::abi::table::{HostWaker, WakerTable};
use crate::panic::dispose;

/// The waker of one task.
#[repr(C)]
pub(super) struct TaskWaker {
    lent: HostWaker,
    /// The executor's waker, during a poll.
    current: AtomicPtr<Waker>,
    /// Of `Arc::into_raw`. Null before the first clone, and after the task.
    kept: AtomicPtr<KeptWaker>,
}

/// The clone, which is one for all of a task.
#[repr(C)]
struct KeptWaker {
    kept: HostWaker,
    /// The executor's waker of the latest poll, unless it has been woken since.
    /// None when the task is over.
    latest: Mutex<Option<Waker>>,
    /// Whether `latest` is `None`, for a read without the lock. It may be out of date.
    is_woken: AtomicBool,
}

impl TaskWaker {
    #[inline]
    pub(super) fn new() -> Self {
        Self { lent: HostWaker { table: &LENT }, current: AtomicPtr::default(), kept: AtomicPtr::default() }
    }

    /// Lends it for a poll of which this is the executor's waker.
    /// `self` does not move before the task is gone.
    #[inline]
    pub(super) fn lend(&mut self, waker: &Waker) -> *const HostWaker {
        let kept = *self.kept.get_mut();
        // SAFETY: it is of `Arc::into_raw`, and `end` has not dropped it.
        if let Some(clone) = unsafe { kept.as_ref() } {
            clone.renew(waker);
            return kept.cast();
        }
        *self.current.get_mut() = ptr::from_ref(waker).cast_mut();
        (&raw const *self).cast()
    }

    /// Drops the executor's waker, since the task is over.
    #[inline]
    pub(super) fn end(&mut self) {
        let kept = std::mem::take(self.kept.get_mut());
        if !kept.is_null() {
            // SAFETY: it is of `Arc::into_raw`, and only this drops it.
            unsafe { Arc::from_raw(kept) }.end();
        }
    }
}

impl Drop for TaskWaker {
    #[inline]
    fn drop(&mut self) {
        self.end();
    }
}

// The executor's code does not run while the lock is held, since it may use this waker.
impl KeptWaker {
    fn lock(&self) -> MutexGuard<'_, Option<Waker>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn renew(&self, waker: &Waker) {
        if !self.is_woken.load(Ordering::Relaxed) && self.lock().as_ref().is_some_and(|latest| latest.will_wake(waker))
        {
            return;
        }
        let waker = waker.clone();
        let old = {
            let mut latest = self.lock();
            self.is_woken.store(false, Ordering::Relaxed);
            latest.replace(waker)
        };
        drop(old);
    }

    fn wake(&self) {
        // As a rule of wakers, a poll follows, and that renews it.
        let latest = {
            let mut latest = self.lock();
            self.is_woken.store(true, Ordering::Relaxed);
            latest.take()
        };
        caught(|| latest.map(Waker::wake));
    }

    #[cold]
    fn end(self: Arc<Self>) {
        if Arc::strong_count(&self) > 1 {
            let latest = self.lock().take();
            drop(latest);
        }
        // Else there is no clone, and the waker is dropped with the last of these.
    }
}

static LENT: WakerTable = WakerTable {
    size: size_of::<WakerTable>() as u32,
    clone: keep,
    wake: wake_lent,
    wake_by_ref: wake_lent,
    drop: drop_lent,
};

static KEPT: WakerTable = WakerTable {
    size: size_of::<WakerTable>() as u32,
    clone: clone_kept,
    wake: wake_kept,
    wake_by_ref: wake_kept_by_ref,
    drop: drop_kept,
};

/// Runs code of an executor, which may panic.
fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(dispose).ok()
}

/// The waker, and that of the executor.
///
/// # Safety
///
/// `lent` points to a `TaskWaker` that is lent for a poll, which goes on during `'a`.
unsafe fn current<'a>(lent: *const HostWaker) -> (&'a TaskWaker, &'a Waker) {
    // SAFETY: the caller's promise. The executor's waker lives for the poll.
    unsafe {
        let task = &*lent.cast::<TaskWaker>();
        (task, &*task.current.load(Ordering::Relaxed))
    }
}

/// # Safety
///
/// `lent` points to a `TaskWaker` that is lent for a poll.
unsafe extern "C" fn wake_lent(lent: *const HostWaker) {
    // SAFETY: the caller's promise.
    let (_, waker) = unsafe { current(lent) };
    caught(|| waker.wake_by_ref());
}

/// # Safety
///
/// The same.
unsafe extern "C" fn keep(lent: *const HostWaker) -> *const HostWaker {
    // SAFETY: the caller's promise.
    let (task, waker) = unsafe { current(lent) };
    let mut kept = task.kept.load(Ordering::Acquire);
    if kept.is_null() {
        let latest = caught(|| waker.clone());
        if latest.is_none() {
            // At the next poll, the executor gets its panic itself.
            caught(|| waker.wake_by_ref());
        }
        let new = Arc::new(KeptWaker {
            kept: HostWaker { table: &KEPT },
            latest: Mutex::new(latest),
            is_woken: AtomicBool::new(false),
        });
        let new = Arc::into_raw(new).cast_mut();
        kept = match task.kept.compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => new,
            Err(other) => {
                // Another thread of this poll was faster.
                // SAFETY: nothing else has this pointer.
                let new = unsafe { Arc::from_raw(new) };
                caught(|| drop(new));
                other
            }
        };
    }
    // SAFETY: it is of `Arc::into_raw`, and the task holds it.
    unsafe { Arc::increment_strong_count(kept) };
    kept.cast()
}

/// A lent waker is not dropped, and so this is not called.
///
/// # Safety
///
/// None: it does nothing.
unsafe extern "C" fn drop_lent(_: *const HostWaker) {}

/// # Safety
///
/// `kept` is one of `keep` or `clone_kept` that has not been dropped, or the one of its task.
unsafe extern "C" fn clone_kept(kept: *const HostWaker) -> *const HostWaker {
    // SAFETY: the caller's promise. It points into an `Arc`.
    unsafe { Arc::increment_strong_count(kept.cast::<KeptWaker>()) };
    kept
}

/// # Safety
///
/// `kept` is one of `keep` or `clone_kept`, and is not used again.
unsafe extern "C" fn wake_kept(kept: *const HostWaker) {
    // SAFETY: the caller's promise.
    let kept = unsafe { Arc::from_raw(kept.cast::<KeptWaker>()) };
    kept.wake();
}

/// # Safety
///
/// `kept` is one of `keep` or `clone_kept` that has not been dropped, or the one of its task.
unsafe extern "C" fn wake_kept_by_ref(kept: *const HostWaker) {
    // SAFETY: the caller's promise.
    unsafe { (*kept.cast::<KeptWaker>()).wake() };
}

/// # Safety
///
/// `kept` is one of `keep` or `clone_kept`, and is not used again.
unsafe extern "C" fn drop_kept(kept: *const HostWaker) {
    // The executor's waker is not in the last one, since its task is over.
    // SAFETY: the caller's promise.
    drop(unsafe { Arc::from_raw(kept.cast::<KeptWaker>()) });
}
