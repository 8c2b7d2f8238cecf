//! Callers and the background thread, which take turns at driving the runtime.

#[path = "../../../plug/core/src/rpc/client/driver/turns.rs"]
mod turns;

use std::sync::Arc;

use shuttle::current::{TaskId, me};
use shuttle::rand::{Rng, thread_rng};
use shuttle::sync::atomic::{AtomicBool, Ordering::SeqCst};
use shuttle::thread::{spawn, yield_now};
use tokio::sync::oneshot;

use self::turns::{Caller, Guest, Seen, Turns};
use crate::check;
use crate::runtime::Runtime;
use crate::sync::Thread;

struct Driver {
    runtime: Runtime,
    turns: Turns,
    is_over: AtomicBool,
}

type Reply = oneshot::Receiver<()>;

impl Driver {
    /// A reply that has arrived when `when` returns, and that the thread which drives reads.
    fn reply(self: &Arc<Self>, when: impl FnOnce() + Send + 'static) -> Reply {
        let (sender, receiver) = oneshot::channel();
        let driver = Arc::clone(self);
        spawn(move || {
            when();
            driver.runtime.push(move || sender.send(()).unwrap());
        });
        receiver
    }

    fn call(&self, reply: Reply) {
        if self.turns.is_crowded() { self.call_as_guest(reply) } else { self.call_as_caller(reply) }
    }

    fn call_as_caller(&self, reply: Reply) {
        let _caller = Caller::enter(&self.turns);
        self.runtime.block_on(reply).unwrap();
    }

    fn call_as_guest(&self, reply: Reply) {
        let _guest = Guest::enter(&self.turns);
        self.turns.nudge();
        shuttle::future::block_on(reply).unwrap();
    }

    fn run(&self) {
        let mut seen = Seen::default();
        while !self.is_over.load(SeqCst) {
            self.turns.turn(&mut seen, |aside| self.runtime.block_on(aside));
        }
    }
}

/// Checks what a program does with its driver, and that the background thread then serves events,
/// and steps aside.
fn check_driver(program: impl Fn(&Arc<Driver>, TaskId) + Send + Sync + Clone + 'static) {
    check(move || {
        let (runtime, turns, is_over) = (Runtime::new(), Turns::new(2), AtomicBool::new(false));
        let driver = Arc::new(Driver { runtime, turns, is_over });
        let parked = Thread::new();
        driver.turns.thread.set(parked.clone()).unwrap();
        let thread = spawn({
            let (driver, parked) = (Arc::clone(&driver), parked.clone());
            move || {
                parked.enter();
                driver.run();
            }
        });
        program(&driver, me());
        // Nobody calls, and an event comes.
        shuttle::future::block_on(driver.reply(|| {})).unwrap();
        driver.is_over.store(true, SeqCst);
        let _caller = Caller::enter(&driver.turns);
        parked.unpark();
        thread.join().unwrap();
    });
}

fn until(condition: impl Fn() -> bool) {
    while !condition() {
        yield_now();
    }
}

#[test]
fn an_event_is_served_without_a_call() {
    check_driver(|_, _| {});
}

#[test]
fn calls_from_many_threads_are_answered() {
    check_driver(|driver, _| {
        let calls = [(); 3].map(|()| {
            let driver = Arc::clone(driver);
            spawn(move || (0..2).for_each(|_| driver.call(driver.reply(|| {}))))
        });
        calls.into_iter().for_each(|call| call.join().unwrap());
    });
}

#[test]
fn a_caller_drives_itself() {
    check_driver(|driver, caller| {
        let that = Arc::clone(driver);
        driver.call_as_caller(driver.reply(move || until(|| that.runtime.driver() == Some(caller))));
    });
}

#[test]
fn a_caller_drives_itself_once_the_guests_have_gone() {
    check_driver(|driver, caller| {
        let guest = spawn({
            let driver = Arc::clone(driver);
            move || driver.call_as_guest(driver.reply(|| {}))
        });
        let that = Arc::clone(driver);
        driver.call_as_caller(driver.reply(move || until(|| that.runtime.driver() == Some(caller))));
        guest.join().unwrap();
    });
}

#[test]
fn guests_beside_a_long_call_are_answered() {
    check_driver(|driver, _| {
        let guests = [(); 2].map(|()| {
            let driver = Arc::clone(driver);
            spawn(move || driver.call_as_guest(driver.reply(|| {})))
        });
        let reply = driver.reply(move || guests.into_iter().for_each(|guest| guest.join().unwrap()));
        driver.call_as_caller(reply);
    });
}

/// A call that ends at any time beside the naps.
#[test]
fn the_thread_takes_over_after_a_call_of_any_length() {
    check_driver(|driver, _| {
        let count = thread_rng().gen_range(0..12);
        driver.call_as_caller(driver.reply(move || (0..count).for_each(|_| yield_now())));
    });
}

#[test]
fn the_thread_sleeps_beside_a_long_call_and_wakes_after_it() {
    check_driver(|driver, _| {
        let that = Arc::clone(driver);
        driver.call_as_caller(driver.reply(move || until(|| that.turns.is_asleep())));
    });
}

#[test]
fn a_guest_wakes_the_thread() {
    check_driver(|driver, _| {
        let guest = spawn({
            let driver = Arc::clone(driver);
            move || {
                until(|| driver.turns.is_asleep());
                let that = Arc::clone(&driver);
                driver.call_as_guest(driver.reply(move || until(|| !that.turns.is_asleep())));
            }
        });
        let (sender, receiver) = oneshot::channel::<()>();
        let reply = driver.reply(move || drop(shuttle::future::block_on(receiver)));
        let calling = spawn({
            let driver = Arc::clone(driver);
            move || driver.call_as_caller(reply)
        });
        guest.join().unwrap();
        sender.send(()).unwrap();
        calling.join().unwrap();
    });
}
