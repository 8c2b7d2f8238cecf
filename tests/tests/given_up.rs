//! The memory of both sides, after many asynchronous calls were given up.
//! It is a program of its own, since other tests take memory too.

#[path = "asynchronous/remote.rs"]
mod remote;

use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use remote::Remote;

/// Gives up 1,000 calls: a third of them before they are sent, and others soon after.
fn give_up(remote: &Remote) {
    let waiter = remote.open();
    let text = "x".repeat(1000);
    for number in 0..1000 {
        let (mut held, mut forever) = (waiter.held(number), waiter.forever(text.clone()));
        let mut context = Context::from_waker(Waker::noop());
        if number % 3 > 0 {
            assert!(held.as_mut().poll(&mut context).is_pending());
            assert!(forever.as_mut().poll(&mut context).is_pending());
        }
        if number % 3 == 2 {
            thread::sleep(Duration::from_micros(50));
        }
    }
    if remote.cancels {
        let are_dropped = || waiter.begun().expect("a number") == waiter.dropped().expect("a number");
        plug_tests::until(Duration::from_secs(20), "all futures are dropped", are_dropped);
    }
}

/// The plugin in a shared library.
#[allow(unsafe_code, reason = "opening a library is unsafe")]
fn library() -> Remote {
    // SAFETY: it is built of this workspace's crates.
    let library = unsafe { plug::link::Library::open(plug_tests::shared_library("asynchronous-plugins")) };
    Remote::new(&library.expect("it can be opened"), true)
}

#[test]
#[ignore = "slow"]
fn calls_that_are_given_up_leave_no_memory() {
    for remote in [library(), remote::process(), remote::netrpc(), remote::grpc()] {
        let plugin = remote.open().pid().expect("a number");
        let resident = || [std::process::id(), plugin].map(plug_tests::resident);
        for _ in 0..4 {
            give_up(&remote);
        }
        let before = resident();
        for _ in 0..8 {
            give_up(&remote);
        }
        for (before, after) in before.into_iter().zip(resident()) {
            // 16,000 calls, with 8 MB of texts alone.
            assert!(after.saturating_sub(before) < 4 << 20, "{before} and then {after} bytes");
        }
    }
}
