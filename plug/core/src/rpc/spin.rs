//! Waiting for what comes soon: a thread that sleeps is woken up late, by more than a short call takes, above all on a virtual machine. So whoever waits looks for
//! it again and again for a moment, as long as it came soon the last time, and lets others have the processor in between.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::thread;
use std::time::{Duration, Instant};

use once_cell::sync::Lazy;

/// How long is looked at most.
const MOMENT: Duration = Duration::from_micros(50);
/// What came so soon would have been worth it to look for.
const SOON: Duration = Duration::from_micros(150);

/// Where there is one processor alone, who looks keeps it from the one who answers.
static HAS_OTHERS: Lazy<bool> = Lazy::new(|| thread::available_parallelism().is_ok_and(|count| count.get() > 1));

/// How soon something came the last time.
#[derive(Debug)]
pub(crate) struct Looking {
    came_soon: AtomicBool,
}

/// What was just started is asked something soon, and who was just asked answers soon.
impl Default for Looking {
    fn default() -> Self {
        Self { came_soon: AtomicBool::new(true) }
    }
}

impl Looking {
    /// Waits for the future, in a thread that drives the runtime of what it waits for.
    pub(crate) async fn wait<F: Future>(&self, future: F) -> F::Output {
        let start = Instant::now();
        let mut is_looking = self.came_soon.load(Relaxed) && *HAS_OTHERS;
        let mut future = pin!(future);
        let output = poll_fn(|context| {
            let polled = future.as_mut().poll(context);
            if polled.is_pending() && is_looking {
                is_looking = start.elapsed() < MOMENT;
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

/// What comes again and again.
#[derive(Debug, Default)]
pub(crate) struct Coming {
    /// How much has come.
    count: AtomicUsize,
    /// Whether somebody looks for it.
    is_looked_for: AtomicBool,
}

impl Coming {
    /// One more has come. Whether nobody looks for it.
    pub(crate) fn came(&self) -> bool {
        self.count.fetch_add(1, Relaxed);
        !self.is_looked_for.load(Relaxed)
    }
}

/// Who looks for what is coming, and how soon it did the last time.
#[derive(Debug)]
pub(crate) struct Lookout<'a> {
    coming: &'a Coming,
    seen: usize,
    since: Instant,
    came_soon: bool,
}

impl<'a> Lookout<'a> {
    pub(crate) fn new(coming: &'a Coming) -> Self {
        Self { coming, seen: 0, since: Instant::now(), came_soon: false }
    }

    /// Waits for the future, in the thread that drives the runtime, and looks for what else there is to do for as long as it comes soon.
    pub(crate) async fn wait<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        let output = poll_fn(|context| {
            let polled = future.as_mut().poll(context);
            let is_looking = polled.is_pending() && self.is_worth_it();
            self.coming.is_looked_for.store(is_looking, Relaxed);
            if is_looking {
                thread::yield_now();
                context.waker().wake_by_ref();
            }
            polled
        });
        output.await
    }

    fn is_worth_it(&mut self) -> bool {
        let (count, waited) = (self.coming.count.load(Relaxed), self.since.elapsed());
        if count != self.seen {
            (self.seen, self.came_soon) = (count, waited < SOON);
            self.since += waited;
            return self.came_soon && *HAS_OTHERS;
        }
        self.came_soon && waited < MOMENT && *HAS_OTHERS
    }
}
