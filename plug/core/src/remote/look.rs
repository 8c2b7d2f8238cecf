//! Waiting for what comes soon: a thread that sleeps is woken up late, by more than a short call takes, above all on a virtual machine. So whoever waits looks for
//! it again and again for a moment, as long as it came soon the last time, and lets others have the processor in between.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
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
