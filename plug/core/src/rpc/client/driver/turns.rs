//! The turns that callers and the background thread take at driving the runtime.
//!
//! This file uses no runtime, so `tests/models` runs it under the interleavings that shuttle tries.
//! Each atomic access is `SeqCst`: two sides that each write one atomic and read the other's must
//! not both miss, and shuttle checks no weaker order.
//! A weaker order would gain nothing: a call's three read-modify-writes take nanoseconds, and the
//! call 20 µs.

use std::time::Duration;

use once_cell::sync::OnceCell;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::sync::{AtomicU8, AtomicUsize, SeqCst, Thread, park, park_timeout};

/// The thread waits this long for another call before it drives.
/// An event that nobody requested waits as long if it comes right after a call.
const NAP: Duration = Duration::from_millis(2);
/// From this number of concurrent calls on, the thread drives for all of them.
/// Callers would otherwise hand the runtime to each other at every reply.
const CROWD: usize = 2;

/// The thread drives, or is about to.
const DRIVING: u8 = 0;
/// The thread looks at the counters again within a nap.
const NAPPING: u8 = 1;
/// The thread waits until it is unparked.
const SLEEPING: u8 = 2;

/// Who drives.
#[derive(Debug)]
pub(crate) struct Turns {
    /// Callers that drive, or wait for the caller that drives.
    callers: AtomicUsize,
    /// All calls of such callers so far.
    calls: AtomicUsize,
    /// Callers for which the thread drives.
    guests: AtomicUsize,
    /// What the thread does.
    state: AtomicU8,
    /// Makes the thread look at the counters while it drives.
    aside: Notify,
    /// After this many naps beside one long call, the thread sleeps until the call ends.
    naps: usize,
    /// The thread, once it has been started.
    pub(crate) thread: OnceCell<Thread>,
}

/// What the thread remembers from one turn to the next.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    calls: usize,
    naps: usize,
}

impl Turns {
    pub(crate) fn new(naps: usize) -> Self {
        Self {
            naps,
            callers: AtomicUsize::new(0),
            calls: AtomicUsize::new(0),
            guests: AtomicUsize::new(0),
            state: AtomicU8::new(NAPPING),
            aside: Notify::new(),
            thread: OnceCell::new(),
        }
    }

    /// Whether the thread should drive for one more call.
    pub(crate) fn is_crowded(&self) -> bool {
        self.callers.load(SeqCst) + self.guests.load(SeqCst) >= CROWD
    }

    /// Has the thread poll its future again, if it drives.
    pub(crate) fn nudge(&self) {
        self.aside.notify_one();
    }

    /// One turn of the thread: it drives if it should, and then waits until it may have to again.
    /// `drive` blocks on the future, and drives the runtime meanwhile.
    pub(crate) fn turn(&self, seen: &mut Seen, mut drive: impl FnMut(Notified<'_>)) {
        let calls = self.calls.load(SeqCst);
        let is_quiet = self.callers.load(SeqCst) == 0 && calls == seen.calls;
        if is_quiet || self.guests.load(SeqCst) > 0 {
            self.state.store(DRIVING, SeqCst);
            // A caller that saw another state did not notify: its count shows it.
            while self.callers.load(SeqCst) == 0 || self.guests.load(SeqCst) > 0 {
                drive(self.aside.notified());
            }
            self.state.store(NAPPING, SeqCst);
            seen.naps = 0;
        }
        seen.naps = if self.calls.load(SeqCst) == seen.calls { seen.naps + 1 } else { 0 };
        seen.calls = self.calls.load(SeqCst);
        if seen.naps < self.naps {
            park_timeout(NAP);
            return;
        }
        self.state.store(SLEEPING, SeqCst);
        if self.callers.load(SeqCst) > 0 && self.guests.load(SeqCst) == 0 {
            park();
        }
        *seen = Seen { naps: 0, calls: self.calls.load(SeqCst) };
        self.state.store(NAPPING, SeqCst);
    }

    #[cfg(test)]
    #[allow(dead_code, reason = "a model looks")]
    pub(crate) fn is_asleep(&self) -> bool {
        self.state.load(SeqCst) == SLEEPING
    }

    fn unpark(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}

/// A caller that drives.
pub(crate) struct Caller<'a>(&'a Turns);

impl<'a> Caller<'a> {
    pub(crate) fn enter(turns: &'a Turns) -> Self {
        turns.calls.fetch_add(1, SeqCst);
        turns.callers.fetch_add(1, SeqCst);
        if turns.state.load(SeqCst) == DRIVING && turns.guests.load(SeqCst) == 0 {
            turns.aside.notify_one();
        }
        Self(turns)
    }
}

impl Drop for Caller<'_> {
    fn drop(&mut self) {
        if self.0.callers.fetch_sub(1, SeqCst) == 1 && self.0.state.load(SeqCst) == SLEEPING {
            self.0.unpark();
        }
    }
}

/// A caller for which the thread drives.
pub(crate) struct Guest<'a>(&'a Turns);

impl<'a> Guest<'a> {
    pub(crate) fn enter(turns: &'a Turns) -> Self {
        turns.guests.fetch_add(1, SeqCst);
        if turns.state.load(SeqCst) != DRIVING {
            turns.unpark();
        }
        Self(turns)
    }
}

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        // The thread has no reason to drive any more, and callers wait for the runtime.
        if self.0.guests.fetch_sub(1, SeqCst) == 1 && self.0.callers.load(SeqCst) > 0 {
            self.0.aside.notify_one();
        }
    }
}
