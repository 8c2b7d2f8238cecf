//! The threads of a server: who reads the sockets, and who calls the methods. It knows no service.
//!
//! Most of what a short call costs is waking threads up. So there is one thread for both, where that does: it drives the runtime until there is a call
//! to be made, makes it itself, and drives on. Meanwhile nobody reads the sockets; so a watchman looks after a moment, and where a call takes longer, or others
//! wait, it has another thread drive and call. A method may block for ever: it costs a thread, and delays others by that moment.
//!
//! Threads that there is no more need for rest, ready to be called again, and are gone after a while.

use std::collections::VecDeque;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak, mpsc};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use once_cell::sync::OnceCell;
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use crate::rpc::spin::Looking;

/// How often the watchman looks, while there are calls.
const MOMENT: Duration = Duration::from_millis(1);
/// How many times it finds nothing to do before it sleeps.
const QUIET: usize = 100;
/// How long a thread rests before it is gone.
const REST: Duration = Duration::from_secs(10);
/// The most calls that are made at once, each of which may not end; and that wait, behind which others are turned away.
const MOST: usize = 10_000;
/// How long calls are made one after another, before what they answered is sent and more is read.
const ROUND: Duration = Duration::from_micros(200);

/// A call, which may take any time; and what is done after it, which takes none.
struct Job {
    since: Instant,
    work: Box<dyn FnOnce() -> Then + Send>,
}
type Then = Box<dyn FnOnce() + Send>;

/// The threads of one server.
pub(crate) struct Workers(Arc<Inner>);

/// What has jobs done, and does not keep the threads. Cheap to clone.
#[derive(Clone)]
pub(crate) struct CallQueue(Weak<Inner>);

struct Inner {
    runtime: Runtime,
    /// The most threads there are beside the one that drives.
    limit: usize,
    jobs: Mutex<VecDeque<Job>>,
    /// Told of a job, and of the end.
    told: Notify,
    is_over: AtomicBool,
    /// How many threads drive the runtime, or wait for the one that does.
    driving: AtomicUsize,
    /// How many are in a call.
    calling: AtomicUsize,
    /// How many may be: fewer, where the system has no more threads.
    max_len: AtomicUsize,
    /// How many calls have been made.
    made: AtomicUsize,
    /// How soon one call comes after another.
    looking: Looking,
    resting: Mutex<Resting>,
    called: Condvar,
    watchman: OnceCell<Thread>,
    watchman_sleeps: AtomicBool,
}

/// The threads that have nothing to do.
#[derive(Default)]
struct Resting {
    /// How many there are.
    threads: usize,
    /// How many of them are called.
    called: usize,
    /// How many threads there are beside the first.
    all: usize,
}

impl Workers {
    pub(crate) fn new(runtime: Runtime) -> Self {
        Self::with_limit(runtime, MOST)
    }

    fn with_limit(runtime: Runtime, limit: usize) -> Self {
        Self(Arc::new(Inner {
            runtime,
            limit,
            jobs: Mutex::default(),
            told: Notify::new(),
            is_over: AtomicBool::new(false),
            driving: AtomicUsize::new(0),
            calling: AtomicUsize::new(0),
            max_len: AtomicUsize::new(limit),
            made: AtomicUsize::new(0),
            looking: Looking::default(),
            resting: Mutex::default(),
            called: Condvar::new(),
            watchman: OnceCell::new(),
            watchman_sleeps: AtomicBool::new(false),
        }))
    }

    pub(crate) fn calls(&self) -> CallQueue {
        CallQueue(Arc::downgrade(&self.0))
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.0.runtime
    }

    /// Works until the future is done. What is still called then goes on, and nobody waits for it.
    ///
    /// # Errors
    ///
    /// Where the system has no thread for it.
    pub(crate) fn run(self, until: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let inner = self.0;
        let (end, ended) = mpsc::channel();
        inner.runtime.spawn(async move {
            until.await;
            let _ = end.send(());
        });
        let watched = Arc::clone(&inner);
        let watchman = thread::Builder::new().name("plug-watchman".to_owned()).spawn(move || watched.watch())?;
        let _ = inner.watchman.set(watchman.thread().clone());
        let first = Arc::clone(&inner);
        // Not this thread, which would be in a call when all is over.
        thread::Builder::new().name("plug-call".to_owned()).spawn(move || first.work())?;
        let _ = ended.recv();
        inner.is_over.store(true, SeqCst);
        inner.told.notify_one();
        inner.wake_resting();
        watchman.thread().unpark();
        Ok(())
    }
}

impl CallQueue {
    /// Has the job done, in no task, and then what is done with its result, within the runtime. At the end of all it is not.
    pub(crate) fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
        then: impl FnOnce(T) + Send + 'static,
    ) {
        let Some(inner) = self.0.upgrade() else { return };
        let work = Box::new(|| {
            let done = job();
            Box::new(|| then(done)) as Then
        });
        lock(&inner.jobs).push_back(Job { since: Instant::now(), work });
        inner.told.notify_one();
        inner.wake_watchman();
    }

    /// Whether so many jobs wait already that there is no use in one more.
    pub(crate) fn is_full(&self) -> bool {
        self.0.upgrade().is_none_or(|inner| lock(&inner.jobs).len() >= MOST)
    }
}

impl Inner {
    /// What a thread does until the end, or until there is no more need for it.
    fn work(self: &Arc<Self>) {
        let (mut then, mut round): (Option<Then>, _) = (None, Instant::now());
        loop {
            self.driving.fetch_add(1, SeqCst);
            // A thread that drives needs not be woken for what it does itself.
            let next = self.runtime.block_on(async {
                if let Some(then) = then.take() {
                    then();
                }
                // Where job comes after job, nothing would be read or sent in between.
                if round.elapsed() >= ROUND {
                    tokio::task::yield_now().await;
                    round = Instant::now();
                }
                self.looking.wait(self.next()).await
            });
            self.driving.fetch_sub(1, SeqCst);
            let Some((job, has_waited)) = next else { return };
            if has_waited {
                round = Instant::now();
            }
            // A method's panic has become its error; whatever else panics must not take the thread with it.
            then = panic::catch_unwind(AssertUnwindSafe(job.work)).ok();
            let before = self.calling.fetch_sub(1, SeqCst);
            self.made.fetch_add(1, SeqCst);
            if before == self.max_len.load(SeqCst) {
                // There is room for one more again.
                self.told.notify_one();
            }
            // Two that drive would have each other woken for every call.
            if self.driving.load(SeqCst) > 0 && lock(&self.jobs).is_empty() {
                if let Some(then) = then.take() {
                    let _context = self.runtime.enter();
                    then();
                }
                if !self.rest() {
                    return;
                }
            }
        }
    }

    /// The next job, which counts as being called from now on, and whether the runtime was driven for it. None at the end.
    async fn next(&self) -> Option<(Job, bool)> {
        let mut has_waited = false;
        loop {
            let told = self.told.notified();
            if self.is_over.load(SeqCst) {
                // So that the next one is told too.
                self.told.notify_one();
                return None;
            }
            let (job, are_more) = {
                let mut jobs = lock(&self.jobs);
                // Whoever takes the last thread would leave nobody to drive.
                let has_room = self.calling.load(SeqCst) < self.max_len.load(SeqCst);
                let job = if has_room { jobs.pop_front() } else { None };
                if job.is_some() {
                    self.calling.fetch_add(1, SeqCst);
                }
                (job, has_room && !jobs.is_empty())
            };
            if let Some(job) = job {
                if are_more {
                    self.told.notify_one();
                }
                return Some((job, has_waited));
            }
            told.await;
            has_waited = true;
        }
    }

    fn wake_resting(&self) {
        // Under the lock, so that none begins to rest without having seen why.
        let _resting = lock(&self.resting);
        self.called.notify_all();
    }

    /// Rests until it is called, if another thread drives. False when there was no call for long.
    fn rest(&self) -> bool {
        let mut resting = lock(&self.resting);
        if self.driving.load(SeqCst) == 0 {
            return true;
        }
        resting.threads += 1;
        let until = Instant::now() + REST;
        loop {
            if resting.called > 0 {
                resting.called -= 1;
                resting.threads -= 1;
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.is_over.load(SeqCst) {
                resting.threads -= 1;
                return false;
            }
            resting = self.called.wait_timeout(resting, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Has more threads drive and call: those that rest, and then new ones.
    fn call_up(self: &Arc<Self>, count: usize) {
        let mut resting = lock(&self.resting);
        for _ in 0..count {
            if resting.called < resting.threads {
                resting.called += 1;
                self.called.notify_one();
            } else if resting.all < self.limit {
                let inner = Arc::clone(self);
                let started = thread::Builder::new().name("plug-call".to_owned()).spawn(move || {
                    inner.work();
                    lock(&inner.resting).all -= 1;
                });
                // Where the system has none left, those that there are go on: one drives, the first or another, and the others call.
                if started.is_err() {
                    self.max_len.store(resting.all.max(1), SeqCst);
                    return;
                }
                resting.all += 1;
                self.max_len.store(self.limit, SeqCst);
            }
        }
    }

    fn wake_watchman(&self) {
        if self.watchman_sleeps.load(SeqCst)
            && let Some(watchman) = self.watchman.get()
        {
            self.watchman_sleeps.store(false, SeqCst);
            watchman.unpark();
        }
    }

    /// What the watchman does.
    fn watch(self: &Arc<Self>) {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let (mut made, mut quiet, mut spent) = (0, 0, Spent::now());
        while !self.is_over.load(SeqCst) {
            thread::park_timeout(MOMENT);
            let now = self.made.load(SeqCst);
            let (waiting, is_late) = {
                let jobs = lock(&self.jobs);
                (jobs.len(), jobs.front().is_some_and(|job| job.since.elapsed() >= MOMENT))
            };
            let (driving, calling) = (self.driving.load(SeqCst), self.calling.load(SeqCst));
            let busy = spent.cores();
            if driving == 0 && calling > 0 && now == made {
                // All are in calls that take longer than a moment.
                self.call_up(waiting.max(1));
            } else if is_late && busy + 0.5 < cores as f64 {
                // CallQueue wait, and not for the processor: those that are made are blocked. Each time there may be twice as many.
                self.call_up(waiting.min(calling.max(1)));
            }
            quiet = if now == made && waiting == 0 && calling == 0 { quiet + 1 } else { 0 };
            made = now;
            if quiet == QUIET {
                quiet = 0;
                self.watchman_sleeps.store(true, SeqCst);
                // What came before that was seen has woken nobody.
                if lock(&self.jobs).is_empty() && self.calling.load(SeqCst) == 0 && !self.is_over.load(SeqCst) {
                    thread::park();
                }
                self.watchman_sleeps.store(false, SeqCst);
            }
        }
        self.wake_resting();
    }
}

/// What this process has used of the processors.
struct Spent {
    at: Instant,
    processor: Duration,
}

impl Spent {
    fn now() -> Self {
        Self { at: Instant::now(), processor: processor() }
    }

    /// How many of them it has used since the last time.
    fn cores(&mut self) -> f64 {
        let before = std::mem::replace(self, Self::now());
        let span = self.at - before.at;
        self.processor.saturating_sub(before.processor).as_secs_f64() / span.as_secs_f64().max(1e-6)
    }
}

#[cfg(unix)]
fn processor() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Nobody says, so nothing is used.
#[cfg(not(unix))]
fn processor() -> Duration {
    Duration::ZERO
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
