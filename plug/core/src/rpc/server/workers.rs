//! The threads of a server, which read the sockets, call methods and send the answers.
//!
//! Most of a short call's time is spent waking threads.
//! So a single thread does all three while it can: it drives the runtime until a call has arrived,
//! makes the call itself, and drives on.
//! A watchman looks every millisecond while calls are under way.
//! If a call takes longer than that, the watchman has another thread drive and call.
//! So a method may block for ever: it takes a thread, and delays others by a millisecond.
//! [`Pool`] decides what each thread does.
//!
//! tokio's own means were measured against this and Go in turns, on 2026-11-29 (two busy cores),
//! as the time of a gRPC call relative to Go's from 1, 8 and 64 threads:
//!
//! | | 1 | 8 | 64 | memory after calls from 64 |
//! |---|---|---|---|---|
//! | this file | 0.49 | 0.57 | 0.69 | 0.39 |
//! | `new_multi_thread`, 1 worker, `block_in_place` | 0.59 | 1.11 | 1.60 | 1.12 |
//! | `new_multi_thread`, 2 workers, `block_in_place` | 0.57 | 0.98 | 1.69 | 1.17 |
//! | `new_current_thread`, `spawn_blocking` | 0.49 | 1.21 | 1.64 | 0.51 |
//!
//! `block_in_place` wakes another thread for each call, which this file does for long calls alone.

pub(crate) mod pool;

use std::collections::HashMap;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, mpsc};
use std::time::{Duration, Instant};
use std::{io, thread};

use tokio::runtime::Runtime;

use crate::rpc::server::workers::pool::{MOMENT, Pool, Watchman, Worker};
use crate::rpc::spin::Spin;
use crate::rpc::thread::{is_outside, spawn};
use crate::task::park_on;

/// The most calls at once, each of which may never end.
/// As many more may wait; the server refuses those that follow.
const MOST: usize = 10_000;
/// Calls are made one after another for this long, before answers are sent and requests read.
const ROUND: Duration = Duration::from_micros(200);

/// A call, which may take any time, and its answer, which takes none.
struct Job {
    since: Instant,
    work: Box<dyn FnOnce() -> Answer + Send>,
}
type Answer = Box<dyn FnOnce() + Send>;

/// The threads of one server.
pub(crate) struct Workers(Arc<Inner>);

/// Takes calls, and does not keep the threads alive. Cheap to clone.
#[derive(Clone)]
pub(crate) struct CallQueue(Weak<Inner>);

struct Inner {
    runtime: Runtime,
    pool: Pool<Job>,
    /// How soon one call follows another.
    spin: Spin,
    /// How soon a call has what it waits for.
    replies: Spin,
    /// How many of the jobs are polls of calls that have begun.
    polls: AtomicUsize,
    /// The calls that wait for a wake-up or are polled, by their address. `None` after the end.
    unfinished: Mutex<Option<Unended>>,
}

type Unended = HashMap<usize, Arc<dyn Unfinished>>;

/// The call of an asynchronous method.
pub(crate) trait Unfinished: Send + Sync {
    /// Ends the call without a reply.
    fn end(&self);
}

impl Workers {
    pub(crate) fn new(runtime: Runtime) -> Self {
        Self::with_limit(runtime, MOST)
    }

    fn with_limit(runtime: Runtime, limit: usize) -> Self {
        let (spin, replies, polls) = Default::default();
        let unfinished = Mutex::new(Some(HashMap::new()));
        Self(Arc::new(Inner { runtime, pool: Pool::new(limit), spin, replies, polls, unfinished }))
    }

    pub(crate) fn calls(&self) -> CallQueue {
        CallQueue(Arc::downgrade(&self.0))
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.0.runtime
    }

    /// Works until the future is ready. Calls that are still under way then go on, unanswered, and
    /// those of asynchronous methods end.
    ///
    /// # Errors
    ///
    /// If the system has no thread left.
    pub(crate) fn run(self, until: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let inner = self.0;
        let (end, ended) = mpsc::channel();
        inner.runtime.spawn(async move {
            until.await;
            let _ = end.send(());
        });
        let watched = Arc::clone(&inner);
        let watch = move || {
            let cores = thread::available_parallelism().map_or(1, usize::from);
            watched.pool.watch(&mut Watch { inner: &watched, cores, spent: Spent::now() });
        };
        spawn("plug-watchman", watch)?;
        // This thread cannot be the first one: it has to return while a call is under way.
        if let Err(error) = inner.start() {
            inner.pool.end();
            return Err(error);
        }
        let _ = ended.recv();
        inner.pool.end();
        let unfinished = inner.unfinished().take();
        let _context = inner.runtime.enter();
        for call in unfinished.into_iter().flat_map(HashMap::into_values) {
            call.end();
        }
        Ok(())
    }
}

impl CallQueue {
    /// Has a thread run `job`, outside of the runtime, and then `then` with its result, within it.
    /// Neither runs if the server ends first.
    pub(crate) fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
        then: impl FnOnce(T) + Send + 'static,
    ) {
        let Some(inner) = self.0.upgrade() else { return };
        let work = Box::new(|| {
            let done = job();
            Box::new(|| then(done)) as Answer
        });
        inner.pool.submit(Job { since: Instant::now(), work });
    }

    /// The same for a poll of a call that has begun.
    pub(super) fn poll<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
        then: impl FnOnce(T) + Send + 'static,
    ) {
        let Some(inner) = self.0.upgrade() else { return };
        inner.polls.fetch_add(1, SeqCst);
        let queue = self.clone();
        let job = move || {
            if let Some(inner) = queue.0.upgrade() {
                inner.polls.fetch_sub(1, SeqCst);
            }
            job()
        };
        self.work(job, then);
    }

    /// The queue of a program that serves no plugins.
    #[cfg_attr(not(feature = "netrpc"), allow(dead_code, reason = "only a host by net/rpc serves nothing but objects"))]
    pub(crate) fn none() -> Self {
        Self(Weak::new())
    }

    /// Waits for the future in the thread of a call, which drives the runtime meanwhile.
    pub(crate) fn wait(&self, future: Pin<&mut (dyn Future<Output = ()> + Send)>) {
        match self.0.upgrade().filter(|_| is_outside()) {
            Some(inner) => inner.runtime.block_on(inner.replies.wait(future)),
            None => park_on(future),
        }
    }

    /// Runs `work` within the runtime, unless the server has ended.
    pub(super) fn within<R>(&self, work: impl FnOnce() -> R) -> R {
        let inner = self.0.upgrade();
        let _context = inner.as_ref().map(|inner| inner.runtime.enter());
        work()
    }

    /// Ends the call with the server, unless it is forgotten before.
    /// False if the server has ended.
    pub(super) fn keep(&self, call: Arc<dyn Unfinished>) -> bool {
        let Some(inner) = self.0.upgrade() else { return false };
        let key = Arc::as_ptr(&call).addr();
        inner.unfinished().as_mut().map(|unfinished| unfinished.insert(key, call)).is_some()
    }

    /// The call at this address is over.
    pub(super) fn forget<T>(&self, call: *const T) {
        let Some(inner) = self.0.upgrade() else { return };
        let forgotten = inner.unfinished().as_mut().and_then(|unfinished| unfinished.remove(&call.addr()));
        // Outside of the lock.
        drop(forgotten);
    }

    /// Whether too many calls wait to add another.
    pub(crate) fn is_full(&self) -> bool {
        let waiting = |inner: Arc<Inner>| inner.pool.waiting().saturating_sub(inner.polls.load(SeqCst));
        self.0.upgrade().is_none_or(|inner| waiting(inner) >= MOST)
    }
}

impl Inner {
    fn unfinished(&self) -> MutexGuard<'_, Option<Unended>> {
        self.unfinished.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(self: &Arc<Self>) -> io::Result<()> {
        let inner = Arc::clone(self);
        let work = move || inner.pool.work(&mut Thread { inner: &inner, answer: None, round: Instant::now() });
        spawn("plug-call", work)?;
        Ok(())
    }
}

/// A thread that drives and calls.
struct Thread<'a> {
    inner: &'a Inner,
    /// Of the last call.
    answer: Option<Answer>,
    /// When requests were read the last time.
    round: Instant,
}

impl Worker<Job> for Thread<'_> {
    fn drive<O>(&mut self, until: impl Future<Output = O>) -> O {
        let Self { inner, answer, round } = self;
        inner.runtime.block_on(async {
            // Sent while it drives, an answer does not have to wake the runtime.
            if let Some(answer) = answer.take() {
                answer();
            }
            // While job follows job, the sockets would be neither read nor written.
            if round.elapsed() >= ROUND {
                tokio::task::yield_now().await;
                *round = Instant::now();
            }
            inner.spin.wait(until).await
        })
    }

    fn call(&mut self, job: Job, has_waited: bool) {
        if has_waited {
            self.round = Instant::now();
        }
        // The panic of a method is its error already. Another one must not take the thread along.
        self.answer = panic::catch_unwind(AssertUnwindSafe(job.work)).ok();
    }

    fn leave(&mut self) {
        if let Some(answer) = self.answer.take() {
            let _context = self.inner.runtime.enter();
            answer();
        }
    }
}

/// Has more threads drive and call when calls block.
struct Watch<'a> {
    inner: &'a Arc<Inner>,
    /// All processors.
    cores: usize,
    spent: Spent,
}

impl Watchman<Job> for Watch<'_> {
    fn is_needed(&mut self, next: Option<&Job>) -> bool {
        let busy = self.spent.cores();
        next.is_some_and(|job| job.since.elapsed() >= MOMENT) && busy + 0.5 < self.cores as f64
    }

    fn start(&mut self) -> io::Result<()> {
        self.inner.start()
    }
}

/// The processor time of this process up to an instant.
struct Spent {
    at: Instant,
    processor: Duration,
}

impl Spent {
    fn now() -> Self {
        Self { at: Instant::now(), processor: processor_time() }
    }

    /// How many processors were used on average since the last time.
    fn cores(&mut self) -> f64 {
        let before = std::mem::replace(self, Self::now());
        let span = self.at - before.at;
        self.processor.saturating_sub(before.processor).as_secs_f64() / span.as_secs_f64().max(1e-6)
    }
}

#[cfg(unix)]
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Unknown on this system: every processor counts as idle.
#[cfg(not(unix))]
fn processor_time() -> Duration {
    Duration::ZERO
}

#[cfg(test)]
mod tests;
