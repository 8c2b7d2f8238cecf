//! `plug/core/src/sync.rs` with shuttle's threads and locks.
//!
//! shuttle knows no time, so each limit ends at once or never.
//! A short one always ends at once: that is when most can go wrong.
//! A long one ends at once in one of four cases.

use std::cell::Cell;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use shuttle::rand::{Rng, thread_rng};

pub(crate) use shuttle::sync::atomic::{AtomicU8, AtomicUsize, Ordering::SeqCst};
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard};

/// A limit below this is short.
const SHORT: Duration = Duration::from_millis(100);

/// A thread that parks. shuttle's own may wake without a reason, which would hide a lost wake-up.
#[derive(Debug, Clone)]
pub(crate) struct Thread(Arc<(Mutex<bool>, Condvar)>);

shuttle::thread_local! {
    static CURRENT: Cell<Option<Thread>> = Cell::new(None);
}

impl Thread {
    pub(crate) fn new() -> Self {
        Self(Arc::new((Mutex::new(false), Condvar::new())))
    }

    /// Makes it the one that this thread of shuttle's parks as.
    pub(crate) fn enter(self) {
        CURRENT.with(|current| current.set(Some(self)));
    }

    pub(crate) fn unpark(&self) {
        *lock(&self.0.0) = true;
        self.0.1.notify_one();
    }
}

pub(crate) fn park() {
    let thread = CURRENT.with(Cell::take).expect("this thread was entered");
    *wait_while(&thread.0.1, lock(&thread.0.0), |is_unparked| !*is_unparked) = false;
    thread.enter();
}

pub(crate) fn park_timeout(_: Duration) {
    shuttle::thread::yield_now();
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn wait_while<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    condition: impl FnMut(&mut T) -> bool,
) -> MutexGuard<'a, T> {
    condvar.wait_while(guard, condition).unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    static ENDS: Cell<bool> = const { Cell::new(true) };
}

/// For the rest of the test, long limits never end. All threads of a test are one of the system's.
pub(crate) fn limits_never_end() {
    ENDS.set(false);
}

pub(crate) fn wait_while_for<'a, T>(
    mutex: &'a Mutex<T>,
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    limit: Duration,
    condition: impl FnMut(&mut T) -> bool,
) -> MutexGuard<'a, T> {
    if limit < SHORT || (ENDS.get() && thread_rng().gen_ratio(1, 4)) {
        drop(guard);
        shuttle::thread::yield_now();
        return lock(mutex);
    }
    wait_while(condvar, guard, condition)
}
