//! The runtime behind all remote links, and how a caller who is no future waits for one: from any thread, also from within a
//! runtime of the caller's own. It knows no protocol.
//!
//! Most of what a short call costs is waking threads up. So a caller drives the runtime itself, in the thread that waits: nobody
//! has to be woken but by the reply. While nobody calls, a thread of ours drives it, for what comes unasked: logs, deaths, pings.
//! The two take turns: a caller has our thread step aside, and our thread takes over when there was no call for a nap's time.
//! Where many call at once, our thread drives for all of them, and looks for what comes for as long as it comes soon.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicU8, AtomicUsize};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use bytes::Bytes;
use once_cell::sync::OnceCell;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::rpc::spin::{Coming, Looking, Lookout};
use crate::wire::channel::ReplyFuture;
use crate::wire::fault::Fault;

/// How long our thread waits for another call before it takes over. What comes unasked right after a call waits as long.
const NAP: Duration = Duration::from_millis(2);
/// How many naps it takes beside one long call before it sleeps until that has ended.
const NAPS: usize = 20;

/// From how many calls at once it is cheaper that our thread drives: those who wait would have to hand the driving on all the time.
const CROWD: usize = 2;

pub(crate) struct Driver {
    runtime: Runtime,
    /// How many callers drive, or wait for the one that does.
    callers: AtomicUsize,
    /// How many calls there were.
    calls: AtomicUsize,
    /// How many callers cannot drive, because they are in a runtime.
    guests: AtomicUsize,
    /// What our thread does.
    state: AtomicU8,
    aside: Notify,
    thread: OnceCell<Thread>,
    /// How soon replies come.
    looking: Looking,
    /// The calls of guests.
    coming: Coming,
    /// Calls that our thread makes.
    intake: mpsc::UnboundedSender<Intaken>,
}

type Intaken = (ReplyFuture, oneshot::Sender<Result<Bytes, Fault>>);

const DRIVING: u8 = 0;
const NAPPING: u8 = 1;
const SLEEPING: u8 = 2;

impl Driver {
    /// The one of this process.
    ///
    /// # Errors
    ///
    /// Where the system has no descriptors left for it, or no thread.
    pub(crate) fn get() -> io::Result<&'static Self> {
        static DRIVER: OnceCell<Driver> = OnceCell::new();
        let driver = DRIVER.get_or_try_init(|| {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let (intake, mut calls) = mpsc::unbounded_channel::<Intaken>();
            runtime.spawn(async move {
                while let Some((reply, tell)) = calls.recv().await {
                    tokio::spawn(async move { _ = tell.send(reply.await) });
                }
            });
            Ok::<_, io::Error>(Self {
                runtime,
                intake,
                callers: AtomicUsize::new(0),
                calls: AtomicUsize::new(0),
                guests: AtomicUsize::new(0),
                state: AtomicU8::new(NAPPING),
                aside: Notify::new(),
                thread: OnceCell::new(),
                looking: Looking::default(),
                coming: Coming::default(),
            })
        })?;
        driver.thread.get_or_try_init(|| {
            let thread = thread::Builder::new().name("plug".to_owned()).spawn(|| driver.run())?;
            Ok::<_, io::Error>(thread.thread().clone())
        })?;
        Ok(driver)
    }

    pub(crate) fn handle(&self) -> &Handle {
        self.runtime.handle()
    }

    /// Waits for the future in this thread, or in another where this one is about to end.
    pub(crate) fn wait<F>(&self, future: F) -> F::Output
    where
        F: Future<Output: Send> + Send,
    {
        if is_ending() {
            let waited = thread::scope(|scope| scope.spawn(|| self.wait(future)).join());
            return waited.unwrap_or_else(|payload| std::panic::resume_unwind(payload));
        }
        if is_outside() {
            let _caller = Caller::enter(self);
            return self.runtime.block_on(future);
        }
        let _guest = Guest::enter(self);
        let _context = self.runtime.enter();
        park_on(future)
    }

    /// Waits for the reply to a call, of which there may be many at once. A prompt one is on its way already.
    pub(crate) fn call(&self, reply: ReplyFuture, sends_eagerly: bool) -> Result<Bytes, Fault> {
        if self.callers.load(SeqCst) + self.guests.load(SeqCst) < CROWD && is_outside() {
            let _caller = Caller::enter(self);
            return self.runtime.block_on(self.looking.wait(reply));
        }
        let _guest = Guest::enter(self);
        if self.coming.came() {
            self.aside.notify_one();
        }
        if sends_eagerly && !is_ending() {
            let _context = self.runtime.enter();
            return park_on(reply);
        }
        let (tell, told) = oneshot::channel();
        // A task that is spawned from here would wake our thread each time, even where it is awake.
        let sent = self.intake.send((reply, tell));
        debug_assert!(sent.is_ok(), "the intake is never closed");
        park_on(told).unwrap_or(Err(Fault::Cancelled))
    }

    /// What our thread does.
    fn run(&self) {
        let (mut seen, mut naps) = (0, 0);
        let mut lookout = Lookout::new(&self.coming);
        loop {
            let calls = self.calls.load(SeqCst);
            let is_quiet = self.callers.load(SeqCst) == 0 && calls == seen;
            if is_quiet || self.guests.load(SeqCst) > 0 {
                self.state.store(DRIVING, SeqCst);
                // Who came before the state was seen has told nobody to step aside. Guests only have it look again.
                while self.callers.load(SeqCst) == 0 || self.guests.load(SeqCst) > 0 {
                    self.runtime.block_on(lookout.wait(self.aside.notified()));
                }
                self.state.store(NAPPING, SeqCst);
                naps = 0;
            }
            naps = if self.calls.load(SeqCst) == seen { naps + 1 } else { 0 };
            seen = self.calls.load(SeqCst);
            if naps < NAPS {
                thread::park_timeout(NAP);
                continue;
            }
            self.state.store(SLEEPING, SeqCst);
            if self.callers.load(SeqCst) > 0 && self.guests.load(SeqCst) == 0 {
                thread::park();
            }
            (naps, seen) = (0, self.calls.load(SeqCst));
            self.state.store(NAPPING, SeqCst);
        }
    }

    fn wake(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}

/// Whether this thread is in no runtime.
fn is_outside() -> bool {
    Handle::try_current().is_err_and(|error| error.is_missing_context())
}

/// Whether this thread drops what it has kept, and has no runtime to be in any more.
fn is_ending() -> bool {
    Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed())
}

/// A caller who drives.
struct Caller<'a>(&'a Driver);

impl<'a> Caller<'a> {
    fn enter(driver: &'a Driver) -> Self {
        driver.calls.fetch_add(1, SeqCst);
        driver.callers.fetch_add(1, SeqCst);
        if driver.state.load(SeqCst) == DRIVING && driver.guests.load(SeqCst) == 0 {
            driver.aside.notify_one();
        }
        Self(driver)
    }
}

impl Drop for Caller<'_> {
    fn drop(&mut self) {
        if self.0.callers.fetch_sub(1, SeqCst) == 1 && self.0.state.load(SeqCst) == SLEEPING {
            self.0.wake();
        }
    }
}

/// A caller for whom our thread drives.
struct Guest<'a>(&'a Driver);

impl<'a> Guest<'a> {
    fn enter(driver: &'a Driver) -> Self {
        driver.guests.fetch_add(1, SeqCst);
        if driver.state.load(SeqCst) != DRIVING {
            driver.wake();
        }
        Self(driver)
    }
}

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        // Callers wait for a driver that has no reason to step aside any more.
        if self.0.guests.fetch_sub(1, SeqCst) == 1 && self.0.callers.load(SeqCst) > 0 {
            self.0.aside.notify_one();
        }
    }
}

/// Polls the future in this thread, which sleeps in between. Others drive what it waits for.
fn park_on<F: Future>(future: F) -> F::Output {
    struct Parked(Thread);

    impl Wake for Parked {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Parked(thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn driver() -> &'static Driver {
        Driver::get().unwrap()
    }

    async fn sleep(millis: u64) -> u64 {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        millis
    }

    #[test]
    fn from_a_thread_and_from_many() {
        assert_eq!(driver().wait(sleep(3)), 3);
        thread::scope(|scope| {
            let waits = (0..64).map(|at| scope.spawn(move || driver().wait(sleep(at % 7))));
            let waits: Vec<_> = waits.collect();
            for (at, wait) in waits.into_iter().enumerate() {
                assert_eq!(wait.join().unwrap(), at as u64 % 7);
            }
        });
    }

    #[test]
    fn from_within_runtimes() {
        for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
            let runtime = builder.worker_threads(2).build().unwrap();
            runtime.block_on(async {
                assert_eq!(driver().wait(sleep(2)), 2);
                let tasks: Vec<_> = (0..8).map(|at| tokio::spawn(async move { driver().wait(sleep(at)) })).collect();
                for (at, task) in tasks.into_iter().enumerate() {
                    assert_eq!(task.await.unwrap(), at as u64);
                }
            });
        }
    }

    #[test]
    fn what_nobody_waits_for_goes_on() {
        let driver = driver();
        for _ in 0..3 {
            let (done, is_done) = std::sync::mpsc::channel();
            driver.handle().spawn(async move {
                sleep(1).await;
                done.send(Instant::now()).unwrap();
            });
            assert!(is_done.recv_timeout(Duration::from_secs(10)).is_ok());
            assert_eq!(driver.wait(sleep(1)), 1);
        }
    }

    #[test]
    fn a_wait_that_panics_leaves_the_driver_to_others() {
        let panicked = thread::spawn(|| driver().wait(async { panic!("within") })).join();
        assert!(panicked.is_err());
        assert_eq!(driver().wait(sleep(1)), 1);
    }
}
