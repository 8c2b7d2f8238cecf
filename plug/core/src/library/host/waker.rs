//! The waker that a host lends to a task in a library.
//!
//! The executor's own waker wakes the task during a poll.
//! If the library keeps a waker for later, that leads to the executor's waker of the latest poll.

use std::panic::{self, AssertUnwindSafe};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;

use crate::abi::table::{LentWaker, WakerTable};
use crate::panic::dispose;

/// The waker of one task.
pub(super) struct TaskWaker {
    lent: LentWaker,
    shared: Shared,
}

/// The part that the library's calls use.
struct Shared {
    /// The executor's waker, during a poll.
    current: AtomicPtr<Waker>,
    /// Made when the library keeps one.
    kept: OnceLock<Arc<LatestWaker>>,
}

/// The executor's waker of the latest poll. None when the task is over.
struct LatestWaker(Mutex<Option<Waker>>);

impl TaskWaker {
    pub(super) fn new() -> Self {
        let lent = LentWaker {
            size: size_of::<LentWaker>() as u32,
            table: &TABLE,
            data: ptr::null(),
            own: AtomicPtr::new(ptr::null_mut()),
        };
        Self { lent, shared: Shared { current: AtomicPtr::new(ptr::null_mut()), kept: OnceLock::new() } }
    }

    /// Lends it for a poll of which this is the executor's waker.
    /// `self` does not move before the task is gone.
    pub(super) fn lend(&mut self, waker: &Waker) -> *const () {
        self.shared.current.store(ptr::from_ref(waker).cast_mut(), Ordering::Relaxed);
        if let Some(kept) = self.shared.kept.get() {
            kept.replace(waker);
        }
        self.lent.data = (&raw const self.shared).cast();
        (&raw const self.lent).cast()
    }

    /// Lends it to end the task.
    pub(super) fn lend_to_end(&mut self) -> *const () {
        (&raw const self.lent).cast()
    }

    /// Drops the executor's waker, since the task is over.
    pub(super) fn end(&mut self) {
        if let Some(kept) = self.shared.kept.take() {
            let waker = kept.lock().take();
            drop(waker);
        }
    }
}

impl LatestWaker {
    fn lock(&self) -> MutexGuard<'_, Option<Waker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(&self, waker: &Waker) {
        let mut latest = self.lock();
        if !latest.as_ref().is_some_and(|latest| latest.will_wake(waker)) {
            let old = latest.replace(waker.clone());
            // It runs code of the executor.
            drop(latest);
            drop(old);
        }
    }
}

static TABLE: WakerTable = WakerTable { size: size_of::<WakerTable>() as u32, wake, keep, wake_kept, drop_kept };

/// Runs code of an executor, which may panic.
fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(dispose).ok()
}

/// # Safety
///
/// `data` points to the `Shared` of a waker that is lent for a poll.
unsafe extern "C" fn wake(data: *const ()) {
    // SAFETY: the caller's promise. The executor's waker lives for the poll.
    let waker = unsafe { &*(*data.cast::<Shared>()).current.load(Ordering::Relaxed) };
    caught(|| waker.wake_by_ref());
}

/// # Safety
///
/// `data` points to the `Shared` of a waker that is lent for a poll.
unsafe extern "C" fn keep(data: *const ()) -> *const () {
    // SAFETY: the caller's promise. The executor's waker lives for the poll.
    let (shared, waker) = unsafe {
        let shared = &*data.cast::<Shared>();
        (shared, &*shared.current.load(Ordering::Relaxed))
    };
    let kept = shared.kept.get_or_init(|| Arc::new(LatestWaker(Mutex::new(caught(|| waker.clone())))));
    Arc::into_raw(Arc::clone(kept)).cast()
}

/// # Safety
///
/// `kept` is one of `keep`, and has not been dropped.
unsafe extern "C" fn wake_kept(kept: *const ()) {
    // SAFETY: the caller's promise.
    let latest = unsafe { &*kept.cast::<LatestWaker>() };
    caught(|| {
        // Not while the lock is held: an executor may poll the task at once.
        let waker = latest.lock().clone();
        waker.inspect(Waker::wake_by_ref);
    });
}

/// # Safety
///
/// `kept` is one of `keep`, and is not used again.
unsafe extern "C" fn drop_kept(kept: *const ()) {
    // SAFETY: the caller's promise.
    let kept = unsafe { Arc::from_raw(kept.cast::<LatestWaker>()) };
    caught(|| drop(kept));
}
