//! Deadlines and cancellations: a future has those of its call, wherever it is polled.

use std::thread;
use std::time::{Duration, Instant};

use plug::{Cancellation, Error, ErrorKind, OpenOptions, with_cancellation, with_deadline};

use plug_tests::at_once;
use pollster::block_on;

use crate::remote::{self, Remote};
use crate::{poll, until};

const SOON: Duration = Duration::from_millis(50);
const LATE: Duration = Duration::from_secs(100);

fn every_link(case: impl Fn(&Remote) + Sync) {
    at_once([remote::process(), remote::netrpc(), remote::grpc()], |remote| case(&remote));
}

fn is_late<T>(result: Result<T, Error>) -> bool {
    result.is_err_and(|error| matches!(error.kind(), ErrorKind::Deadline { .. }))
}

fn is_cancelled<T>(result: Result<T, Error>) -> bool {
    result.is_err_and(|error| matches!(error.kind(), ErrorKind::Cancelled { .. }))
}

#[test]
fn a_future_has_the_deadline_of_its_call() {
    every_link(|remote| {
        let waiter = remote.open();
        let start = Instant::now();
        // Made within, and polled elsewhere.
        let task = with_deadline(SOON, || with_deadline(LATE, || waiter.held(1)));
        assert!(is_late(thread::scope(|scope| scope.spawn(|| block_on(task)).join().expect("no panic"))));
        assert!(start.elapsed() >= SOON && start.elapsed() < LATE / 10, "{:?}", start.elapsed());
        until(|| waiter.dropped().expect("a number") == 1);
        // Made outside, and polled within.
        let task = waiter.pause(2);
        assert_eq!(with_deadline(Duration::ZERO, || block_on(task)).expect("a number"), 3);
        // Late before it is polled: nothing is sent.
        let begun = waiter.begun().expect("a number");
        assert!(is_late(block_on(with_deadline(Duration::ZERO, || waiter.held(1)))));
        assert_eq!(waiter.begun().expect("a number"), begun);
    });
}

#[test]
#[ignore = "slow"]
fn the_deadline_of_an_object_limits_each_call_from_its_first_poll() {
    every_link(|remote| {
        let waiter = remote.open_with(&OpenOptions::new().deadline(20 * SOON));
        let mut task = waiter.pause(0);
        thread::sleep(21 * SOON);
        assert_eq!(block_on(&mut task).expect("a number"), 1);
        assert!(is_late(block_on(waiter.held(1))));
    });
}

#[test]
fn a_future_has_the_cancellations_of_its_call() {
    every_link(|remote| {
        let waiter = remote.open();
        let (outer, inner) = (Cancellation::new(), Cancellation::new());
        let mut task = with_cancellation(&outer, || with_cancellation(&inner, || waiter.held(1)));
        assert!(poll(&mut task).is_pending());
        until(|| waiter.begun().expect("a number") == 1);
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(SOON);
                outer.cancel();
            });
            assert!(is_cancelled(block_on(task)));
        });
        assert!(is_cancelled(block_on(with_cancellation(&outer, || waiter.held(1)))));
        let other = waiter.pause(1);
        assert_eq!(with_cancellation(&outer, || block_on(other)).expect("a number"), 2);
        if remote.cancels {
            until(|| waiter.dropped().expect("a number") == 2);
        }
    });
}
