//! The threads of a server: which of them drive the runtime, call methods or rest.
//!
//! This file uses neither a runtime nor a clock, so `tests/models` runs it under the interleavings
//! that shuttle tries.
//! All of the state is under one lock, which is held for a few instructions.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::sync::Notify;

use crate::sync::{Condvar, Mutex, MutexGuard, lock, wait_while, wait_while_for};

/// How often the watchman looks, while there are jobs.
pub(crate) const MOMENT: Duration = Duration::from_millis(1);
/// The watchman sleeps after this many looks at which no job waited and no call ended.
/// The next job wakes it.
const QUIET: usize = 100;
/// A thread that rests longer than this ends.
const REST: Duration = Duration::from_secs(10);

/// The jobs of one server, and its threads by what they do.
pub(crate) struct Pool<J> {
    state: Mutex<State<J>>,
    /// The most calls at once. One thread more may exist, which drives.
    limit: usize,
    /// Notifies a driving thread of a job, or of the end.
    changed: Notify,
    /// Wakes threads that rest.
    recall: Condvar,
    /// Wakes the watchman.
    alarm: Condvar,
}

struct State<J> {
    jobs: VecDeque<J>,
    /// Threads that are about to drive, if the system has them.
    starting: usize,
    /// Threads that drive the runtime, or wait for the one that does.
    driving: usize,
    /// Threads that are in a call.
    calling: usize,
    /// Threads that rest.
    resting: usize,
    /// Threads that rest and are to drive. They count as driving.
    recalled: usize,
    /// All threads.
    threads: usize,
    /// The most calls at once: fewer than the limit if the system has no more threads.
    places: usize,
    /// All calls that have ended.
    ended: usize,
    watchman_sleeps: bool,
    is_over: bool,
}

/// What a thread of the pool can do.
pub(crate) trait Worker<J> {
    /// Drives the runtime until the future is ready. Before that, it sends the last call's answer.
    fn drive<O>(&mut self, until: impl Future<Output = O>) -> O;

    /// Calls the method of a job. `has_waited` says whether the runtime was driven before.
    fn call(&mut self, job: J, has_waited: bool);

    /// Sends the last call's answer without driving the runtime.
    fn leave(&mut self);
}

/// What the watchman can do.
pub(crate) trait Watchman<J> {
    /// Whether a job has waited for longer than a [`MOMENT`] while a processor was idle.
    /// `next` is the oldest job. The watchman asks at each look.
    fn is_needed(&mut self, next: Option<&J>) -> bool;

    /// Starts a thread that runs [`Pool::work`].
    ///
    /// # Errors
    ///
    /// If the system has no thread left.
    fn start(&mut self) -> io::Result<()>;
}

impl<J> Pool<J> {
    /// A pool whose first thread is about to be started, and drives.
    pub(crate) fn new(limit: usize) -> Self {
        let state = State {
            jobs: VecDeque::new(),
            starting: 1,
            driving: 0,
            calling: 0,
            resting: 0,
            recalled: 0,
            threads: 1,
            places: limit,
            ended: 0,
            watchman_sleeps: false,
            is_over: false,
        };
        let (state, changed) = (Mutex::new(state), Notify::new());
        Self { state, limit, changed, recall: Condvar::new(), alarm: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<J>> {
        lock(&self.state)
    }

    pub(crate) fn submit(&self, job: J) {
        let mut state = self.state();
        state.jobs.push_back(job);
        let wakes = std::mem::take(&mut state.watchman_sleeps);
        drop(state);
        self.changed.notify_one();
        if wakes {
            self.alarm.notify_one();
        }
    }

    /// How many jobs wait.
    pub(crate) fn waiting(&self) -> usize {
        self.state().jobs.len()
    }

    /// How many calls are under way, and how many threads exist.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests and models look"))]
    pub(crate) fn counts(&self) -> (usize, usize) {
        let state = self.state();
        (state.calling, state.threads)
    }

    #[cfg(test)]
    #[allow(dead_code, reason = "a model looks")]
    pub(crate) fn is_unwatched(&self) -> bool {
        self.state().watchman_sleeps
    }

    /// Ends all threads but those in a call, which end after it.
    pub(crate) fn end(&self) {
        self.state().is_over = true;
        self.changed.notify_one();
        self.recall.notify_all();
        self.alarm.notify_one();
    }

    /// What each thread does until the end, or until it has rested for long.
    pub(crate) fn work(&self, worker: &mut impl Worker<J>) {
        let mut state = self.state();
        state.starting -= 1;
        state.driving += 1;
        drop(state);
        self.drive_and_call(worker);
        self.state().threads -= 1;
    }

    fn drive_and_call(&self, worker: &mut impl Worker<J>) {
        while let Some((job, has_waited)) = worker.drive(self.next()) {
            worker.call(job, has_waited);
            if !self.drives_on() {
                worker.leave();
                if !self.rest() {
                    return;
                }
            }
        }
    }

    /// The next job, and whether the runtime was driven for it. None at the end.
    async fn next(&self) -> Option<(J, bool)> {
        let mut has_waited = false;
        loop {
            let changed = self.changed.notified();
            {
                let mut state = self.state();
                if state.is_over {
                    state.driving -= 1;
                    drop(state);
                    // Each thread notifies the next.
                    self.changed.notify_one();
                    return None;
                }
                // With the last place taken, no thread would be left to drive.
                if state.calling < state.places
                    && let Some(job) = state.jobs.pop_front()
                {
                    state.driving -= 1;
                    state.calling += 1;
                    let more = !state.jobs.is_empty() && state.calling < state.places;
                    drop(state);
                    if more {
                        self.changed.notify_one();
                    }
                    return Some((job, has_waited));
                }
            }
            changed.await;
            has_waited = true;
        }
    }

    /// After a call: whether this thread drives on. If not, another one drives.
    fn drives_on(&self) -> bool {
        let mut state = self.state();
        state.calling -= 1;
        state.ended += 1;
        // Two threads that drive would have to wake each other for every call.
        // A job that waited for this place is taken by this thread, and needs no notification.
        let drives_on = state.driving == 0 || !state.jobs.is_empty();
        if drives_on {
            state.driving += 1;
        }
        drives_on
    }

    /// Rests until this thread is to drive. False if it is to end.
    fn rest(&self) -> bool {
        let mut state = self.state();
        if state.driving == 0 {
            state.driving += 1;
            return true;
        }
        state.resting += 1;
        let is_idle = |state: &mut State<J>| state.recalled == 0 && !state.is_over;
        state = wait_while_for(&self.state, &self.recall, state, REST, is_idle);
        state.resting -= 1;
        if state.recalled == 0 {
            return false;
        }
        state.recalled -= 1;
        true
    }

    /// What the watchman does until the end.
    pub(crate) fn watch(&self, watchman: &mut impl Watchman<J>) {
        let (mut ended, mut quiet) = (0, 0);
        loop {
            let state = self.state();
            let mut state = wait_while_for(&self.state, &self.alarm, state, MOMENT, |state| !state.is_over);
            let is_needed = watchman.is_needed(state.jobs.front());
            let waiting = state.jobs.len();
            let is_still = state.ended == ended;
            ended = state.ended;
            let count = if state.driving + state.starting == 0 && is_still {
                // All calls take longer than a moment.
                waiting.max(1)
            } else if is_needed {
                // The calls under way are blocked. Each look at most doubles the threads.
                waiting.min(state.calling.max(1))
            } else {
                0
            };
            quiet = if is_still && waiting == 0 && count == 0 { quiet + 1 } else { 0 };
            if quiet == QUIET {
                quiet = 0;
                state.watchman_sleeps = true;
                state = wait_while(&self.alarm, state, |state| state.watchman_sleeps && !state.is_over);
            }
            if state.is_over {
                return;
            }
            drop(state);
            for _ in 0..count {
                if !self.call_up(watchman) {
                    break;
                }
            }
        }
    }

    /// Has one more thread drive and call: one that rests, else a new one.
    /// False if there can be none.
    fn call_up(&self, watchman: &mut impl Watchman<J>) -> bool {
        let mut state = self.state();
        if state.recalled < state.resting {
            state.recalled += 1;
            state.driving += 1;
            drop(state);
            self.recall.notify_one();
            return true;
        }
        if state.threads > self.limit {
            return false;
        }
        state.threads += 1;
        state.starting += 1;
        drop(state);
        let is_started = watchman.start().is_ok();
        let mut state = self.state();
        if is_started {
            state.places = self.limit;
        } else {
            // The threads that exist go on: one drives, the others call.
            state.threads -= 1;
            state.starting -= 1;
            state.places = state.threads.saturating_sub(1).max(1);
        }
        is_started
    }
}
