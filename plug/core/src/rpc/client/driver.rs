//! The runtime of all remote links, and how a blocking caller waits for a future on it.
//! A caller may be any thread, also one within a runtime of its own.
//!
//! Most of a short call's time is spent waking threads.
//! So a caller drives the runtime itself, in the thread that waits, and only the reply wakes it.
//! While nobody calls, a background thread drives it, for logs, deaths and pings.
//! [`Turns`] decides which of them drives.
//! If several threads call at once, the background thread drives for all of them.
//! It also drives for an asynchronous call: the caller polls a future, in any executor.
//!
//! The ways out were measured against Go in turns, on 2026-11-29 (two cores, both busy otherwise).
//! If callers always drive, a gRPC call from 8 threads takes 1.11 of Go's time instead of 0.60, and
//! from 64 threads 2.36 instead of 0.70.
//! If the background thread does not spin, the same calls take 0.69 and 0.81, and a net/rpc call
//! from 64 threads takes 0.77 instead of 0.49.

pub(crate) mod polled;
pub(crate) mod turns;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::thread;

use bytes::Bytes;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{mpsc, oneshot};

use crate::rpc::client::driver::polled::{Driven, PolledReply};
use crate::rpc::client::driver::turns::{Caller, Guest, Seen, Turns};
use crate::rpc::per_process::PerProcess;
use crate::rpc::spin::{Arrivals, Spin, SpinFor};
use crate::rpc::thread::{MOST_BLOCKING, is_ending, is_outside, spawn};
use crate::task::park_on;
use crate::wire::fault::{Fault, Unavailable};
use crate::wire::message::ReplyFuture;

/// The background thread takes this many naps of 2 ms beside one long call before it sleeps.
const NAPS: usize = 20;

pub(crate) struct Driver {
    /// The process that has made this.
    pid: u32,
    runtime: Runtime,
    turns: Turns,
    /// How soon replies come.
    replies: Spin,
    /// The calls for which the background thread drives.
    arrivals: Arrivals,
    /// Replies that the background thread is to poll.
    intake: mpsc::UnboundedSender<Intaken>,
}

enum Intaken {
    /// For a caller that waits.
    Waited(ReplyFuture, oneshot::Sender<Result<Bytes, Fault>>),
    Polled(Driven),
}

impl Driver {
    /// The driver of this process.
    ///
    /// # Errors
    ///
    /// If the system has no descriptor or thread left.
    pub(crate) fn get() -> io::Result<&'static Self> {
        static DRIVERS: PerProcess<Driver> = PerProcess::new();
        let driver = DRIVERS.get_or_try_init(Self::new)?;
        driver.turns.thread.get_or_try_init(|| {
            let thread = spawn("plug", || driver.run())?;
            Ok::<_, io::Error>(thread.thread().clone())
        })?;
        Ok(driver)
    }

    fn new() -> io::Result<Self> {
        // Each call of an object that this side has given takes a thread, and may block.
        let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(MOST_BLOCKING).build()?;
        let (intake, mut calls) = mpsc::unbounded_channel::<Intaken>();
        runtime.spawn(async move {
            while let Some(intaken) = calls.recv().await {
                match intaken {
                    Intaken::Waited(reply, sender) => drop(tokio::spawn(async { _ = sender.send(reply.await) })),
                    Intaken::Polled(driven) => drop(tokio::spawn(driven.run())),
                }
            }
        });
        let (turns, replies, arrivals) = (Turns::new(NAPS), Spin::default(), Arrivals::default());
        Ok(Self { pid: std::process::id(), runtime, turns, replies, arrivals, intake })
    }

    /// Checks that this process has made the driver.
    ///
    /// A fork shares the driver's sockets with its parent, and has none of its threads.
    /// A lock that one of them held stays locked.
    /// So nothing that belongs to the driver may be used or dropped in a fork.
    ///
    /// The check is a system call: 100 ns of processor time, where a call takes 19 µs.
    /// That is the mean of 14 million, on a virtual machine, on 2026-11-29.
    ///
    /// # Errors
    ///
    /// Fails in a fork.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        let pid = std::process::id();
        if pid == self.pid { Ok(()) } else { Err(foreign(self.pid, pid)) }
    }

    pub(crate) fn handle(&self) -> &Handle {
        self.runtime.handle()
    }

    /// Waits for the future in this thread, or in another if this one is about to end.
    pub(crate) fn wait<F>(&self, future: F) -> F::Output
    where
        F: Future<Output: Send> + Send,
    {
        if is_ending() {
            let waited = thread::scope(|scope| scope.spawn(|| self.wait(future)).join());
            return waited.unwrap_or_else(|payload| std::panic::resume_unwind(payload));
        }
        if is_outside() {
            let _caller = Caller::enter(&self.turns);
            return self.runtime.block_on(future);
        }
        let _guest = Guest::enter(&self.turns);
        let _context = self.runtime.enter();
        park_on(future)
    }

    /// The same for a future that is likely to be ready soon.
    pub(crate) fn wait_soon(&self, future: Pin<&mut (dyn Future<Output = ()> + Send)>) {
        if self.turns.is_crowded() { self.wait(future) } else { self.wait(self.replies.wait(future)) }
    }

    /// Waits for the reply to a call. Many threads may call at once.
    /// `is_eager` says that the request has been sent already.
    pub(crate) fn call(&self, reply: ReplyFuture, is_eager: bool) -> Result<Bytes, Fault> {
        if !self.turns.is_crowded() && is_outside() {
            let _caller = Caller::enter(&self.turns);
            return self.runtime.block_on(self.replies.wait(reply));
        }
        let _guest = Guest::enter(&self.turns);
        if self.arrivals.add() {
            self.turns.nudge();
        }
        if is_eager && !is_ending() {
            let _context = self.runtime.enter();
            return park_on(reply);
        }
        let (sender, receiver) = oneshot::channel();
        // A task that is spawned here would write to the runtime's eventfd for each call, even
        // while the background thread is awake.
        self.take_in(Intaken::Waited(reply, sender));
        park_on(receiver).unwrap_or(Err(Fault::Cancelled))
    }

    /// The reply to a call that the background thread drives. Any executor polls it.
    pub(crate) fn poll(&'static self, reply: ReplyFuture) -> PolledReply {
        let guest = Guest::enter(&self.turns);
        if self.arrivals.add() {
            self.turns.nudge();
        }
        let (polled, driven) = PolledReply::new(self, reply, guest);
        self.take_in(Intaken::Polled(driven));
        polled
    }

    /// Has the background thread drive as long as this lives.
    pub(crate) fn guest(&'static self) -> Guest<'static> {
        let guest = Guest::enter(&self.turns);
        self.turns.nudge();
        guest
    }

    fn take_in(&self, intaken: Intaken) {
        let sent = self.intake.send(intaken);
        debug_assert!(sent.is_ok(), "the intake is never closed");
    }

    /// The background thread.
    fn run(&self) {
        let (mut seen, mut spin) = (Seen::default(), SpinFor::new(&self.arrivals));
        loop {
            self.turns.turn(&mut seen, |aside| self.runtime.block_on(spin.wait(aside)));
        }
    }
}

#[cold]
fn foreign(parent: u32, fork: u32) -> Fault {
    Fault::Unavailable(Unavailable::unsent(format!(
        "process {parent} has opened it, and this is process {fork}, a fork\n\
         hint: open the plugin in the fork too"
    )))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

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
    fn tasks_run_while_nobody_waits() {
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
