//! Spinning: a waiting thread polls for a moment before it sleeps.
//!
//! The kernel takes longer to wake a sleeping thread than a short call takes, above all on a
//! virtual machine.
//! So a waiting thread polls again and again for up to 50 µs, and yields the processor in between.
//! It does so only if the last event came soon enough to be caught that way.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::thread;
use std::time::{Duration, Instant};

use once_cell::sync::Lazy;

/// The longest spin.
const MOMENT: Duration = Duration::from_micros(50);
/// The next wait spins if the last one took less than this.
const SOON: Duration = Duration::from_micros(150);

/// On a single processor, a thread that spins keeps the peer from answering.
static HAS_OTHERS: Lazy<bool> = Lazy::new(|| thread::available_parallelism().is_ok_and(|count| count.get() > 1));

/// Spins for one event at a time.
#[derive(Debug)]
pub(crate) struct Spin {
    came_soon: AtomicBool,
}

/// A new peer is expected to answer soon.
impl Default for Spin {
    fn default() -> Self {
        Self { came_soon: AtomicBool::new(true) }
    }
}

impl Spin {
    /// Waits for the future, in a thread that drives the runtime of the event.
    pub(crate) async fn wait<F: Future>(&self, future: F) -> F::Output {
        let start = Instant::now();
        let mut spins = self.came_soon.load(Relaxed) && *HAS_OTHERS;
        let mut future = pin!(future);
        let output = poll_fn(|context| {
            let polled = future.as_mut().poll(context);
            if polled.is_pending() && spins {
                spins = start.elapsed() < MOMENT;
                thread::yield_now();
                context.waker().wake_by_ref();
            }
            polled
        });
        let output = output.await;
        self.came_soon.store(start.elapsed() < SOON, Relaxed);
        output
    }
}

/// Counts events that other threads announce.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    count: AtomicUsize,
    /// Whether a thread spins for them.
    is_awaited: AtomicBool,
}

impl Arrivals {
    /// Counts one. Returns whether no thread spins for it, which then has to be notified.
    ///
    /// A thread that stops spinning at this moment is not notified.
    /// That costs it one spin, and no event: the events themselves wake the runtime.
    pub(crate) fn add(&self) -> bool {
        self.count.fetch_add(1, Relaxed);
        !self.is_awaited.load(Relaxed)
    }
}

/// Spins for as long as events keep arriving soon.
#[derive(Debug)]
pub(crate) struct SpinFor<'a> {
    arrivals: &'a Arrivals,
    seen: usize,
    since: Instant,
    came_soon: bool,
}

impl<'a> SpinFor<'a> {
    pub(crate) fn new(arrivals: &'a Arrivals) -> Self {
        Self { arrivals, seen: 0, since: Instant::now(), came_soon: false }
    }

    /// Waits for the future, in the thread that drives the runtime.
    pub(crate) async fn wait<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        let output = poll_fn(|context| {
            let polled = future.as_mut().poll(context);
            let spins = polled.is_pending() && self.is_worth_it();
            self.arrivals.is_awaited.store(spins, Relaxed);
            if spins {
                thread::yield_now();
                context.waker().wake_by_ref();
            }
            polled
        });
        output.await
    }

    fn is_worth_it(&mut self) -> bool {
        let (count, waited) = (self.arrivals.count.load(Relaxed), self.since.elapsed());
        if count != self.seen {
            (self.seen, self.came_soon) = (count, waited < SOON);
            self.since += waited;
            return self.came_soon && *HAS_OTHERS;
        }
        self.came_soon && waited < MOMENT && *HAS_OTHERS
    }
}
