//! The threads of a server, which drive the runtime, call methods and rest.

#[path = "../../../plug/core/src/rpc/server/workers/pool.rs"]
mod pool;

use std::future::Future;
use std::io;
use std::sync::Arc;

use shuttle::rand::{Rng, thread_rng};
use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use shuttle::sync::{Condvar, Mutex};
use shuttle::thread::{JoinHandle, spawn, yield_now};

use self::pool::{Pool, Watchman, Worker};
use crate::runtime::Runtime;
use crate::{check, sync};

type Job = Box<dyn FnOnce() + Send>;

struct Server {
    runtime: Runtime,
    pool: Pool<Job>,
    answered: AtomicUsize,
    /// How many more threads the system has.
    spare: AtomicUsize,
    refused: AtomicUsize,
    looks: AtomicUsize,
    /// Whether the system has no idle processor, as far as the watchman sees.
    is_busy: AtomicBool,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Server {
    fn start(self: &Arc<Self>) {
        let server = Arc::clone(self);
        let work = move || server.pool.work(&mut Thread { server: &server, owes: false });
        self.threads.lock().unwrap().push(spawn(work));
    }

    /// A request comes from outside. The thread that drives reads it.
    fn request(self: &Arc<Self>, job: impl FnOnce() + Send + 'static) {
        let server = Arc::clone(self);
        self.runtime.push(move || server.pool.submit(Box::new(job)));
    }

    fn wait_for_answers(&self, count: usize) {
        until(|| self.answered.load(SeqCst) == count);
    }
}

struct Thread<'a> {
    server: &'a Server,
    owes: bool,
}

impl Thread<'_> {
    fn answer(&mut self) {
        if std::mem::take(&mut self.owes) {
            self.server.answered.fetch_add(1, SeqCst);
        }
    }
}

impl Worker<Job> for Thread<'_> {
    fn drive<O>(&mut self, until: impl Future<Output = O>) -> O {
        let server = self.server;
        server.runtime.block_on(async {
            self.answer();
            until.await
        })
    }

    fn call(&mut self, job: Job, _: bool) {
        let (calling, threads) = self.server.pool.counts();
        assert!(calling <= threads, "{calling} of {threads}");
        job();
        self.owes = true;
    }

    fn leave(&mut self) {
        self.answer();
    }
}

struct Watch(Arc<Server>);

impl Watchman<Job> for Watch {
    fn is_needed(&mut self, next: Option<&Job>) -> bool {
        self.0.looks.fetch_add(1, SeqCst);
        next.is_some() && !self.0.is_busy.load(SeqCst) && thread_rng().r#gen()
    }

    fn start(&mut self) -> io::Result<()> {
        if self.0.spare.load(SeqCst) == 0 {
            self.0.refused.fetch_add(1, SeqCst);
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.0.spare.fetch_sub(1, SeqCst);
        self.0.start();
        Ok(())
    }
}

fn until(condition: impl Fn() -> bool) {
    while !condition() {
        yield_now();
    }
}

/// Blocks jobs until it is opened.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    fn pass(&self) {
        drop(sync::wait_while(&self.0.1, sync::lock(&self.0.0), |is_open| !*is_open));
    }
}

/// Checks what comes to a server of so many calls at once, on a system of so many more threads.
/// In the end all threads end.
fn check_server(limit: usize, spare: usize, program: impl Fn(&Arc<Server>) + Send + Sync + Clone + 'static) {
    check(move || {
        let server = Arc::new(Server {
            runtime: Runtime::new(),
            pool: Pool::new(limit),
            answered: AtomicUsize::new(0),
            spare: AtomicUsize::new(spare),
            refused: AtomicUsize::new(0),
            looks: AtomicUsize::new(0),
            is_busy: AtomicBool::new(false),
            threads: Mutex::default(),
        });
        let watchman = spawn({
            let server = Arc::clone(&server);
            move || server.pool.watch(&mut Watch(Arc::clone(&server)))
        });
        server.start();
        program(&server);
        server.pool.end();
        watchman.join().unwrap();
        let threads = std::mem::take(&mut *server.threads.lock().unwrap());
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(server.pool.counts(), (0, 0));
    });
}

const MANY: usize = 100;

#[test]
fn all_jobs_are_done_and_answered() {
    check_server(MANY, MANY, |server| {
        (0..4).for_each(|_| server.request(|| {}));
        server.wait_for_answers(4);
    });
}

#[test]
fn a_job_that_waits_for_the_next_delays_nothing() {
    check_server(MANY, MANY, |server| {
        let gate = Gate::default();
        for at in 0..3 {
            let gate = gate.clone();
            server.request(move || if at == 2 { gate.open() } else { gate.pass() });
        }
        server.wait_for_answers(3);
    });
}

#[test]
fn on_a_busy_system_too() {
    check_server(MANY, MANY, |server| {
        server.is_busy.store(true, SeqCst);
        for round in 0..2 {
            let gate = Gate::default();
            for at in 0..3 {
                let gate = gate.clone();
                server.request(move || if at == 2 { gate.open() } else { gate.pass() });
            }
            server.wait_for_answers(3 * round + 3);
        }
    });
}

#[test]
fn the_end_wakes_the_watchman() {
    check_server(MANY, MANY, |server| until(|| server.looks.load(SeqCst) >= 100));
}

#[test]
fn the_watchman_sleeps_beside_a_long_call_and_wakes_with_the_next_job() {
    check_server(MANY, MANY, |server| {
        let gates = [(); 2].map(|()| Gate::default());
        let first = gates[0].clone();
        server.request(move || first.pass());
        until(|| server.pool.counts().0 == 1);
        until(|| server.pool.is_unwatched());
        let second = gates[1].clone();
        server.request(move || second.pass());
        server.request(move || gates.iter().for_each(Gate::open));
        server.wait_for_answers(3);
    });
}

#[test]
fn events_are_served_while_jobs_block() {
    check_server(MANY, MANY, |server| {
        let gate = Gate::default();
        for _ in 0..2 {
            let gate = gate.clone();
            server.request(move || gate.pass());
        }
        server.runtime.push(move || gate.open());
        server.wait_for_answers(2);
    });
}

#[test]
fn with_as_many_calls_as_there_may_be_one_thread_drives() {
    check_server(2, MANY, |server| {
        // The watchman mends nothing.
        server.is_busy.store(true, SeqCst);
        let gate = Gate::default();
        for _ in 0..4 {
            let gate = gate.clone();
            server.request(move || gate.pass());
        }
        until(|| server.pool.counts().0 == 2 && server.pool.waiting() == 2);
        server.runtime.push(move || gate.open());
        server.wait_for_answers(4);
    });
}

#[test]
fn a_job_wakes_the_watchman() {
    check_server(MANY, MANY, |server| {
        until(|| server.looks.load(SeqCst) >= 100);
        let gate = Gate::default();
        for at in 0..2 {
            let gate = gate.clone();
            server.request(move || if at == 1 { gate.open() } else { gate.pass() });
        }
        server.wait_for_answers(2);
    });
}

#[test]
fn a_system_without_another_thread_does_all_jobs() {
    check_server(MANY, 0, |server| {
        (0..3).for_each(|_| server.request(|| {}));
        server.wait_for_answers(3);
    });
}

#[test]
fn on_a_system_with_few_threads_one_of_them_drives() {
    check_server(MANY, 1, |server| {
        sync::limits_never_end();
        let gate = Gate::default();
        for _ in 0..2 {
            let gate = gate.clone();
            server.request(move || gate.pass());
        }
        // Now the server knows how many there are.
        until(|| server.refused.load(SeqCst) > 0);
        gate.open();
        server.wait_for_answers(2);
        let gate = Gate::default();
        for _ in 0..2 {
            let gate = gate.clone();
            server.request(move || gate.pass());
        }
        until(|| server.pool.counts().0 == 1);
        server.runtime.push(move || gate.open());
        server.wait_for_answers(4);
    });
}
