//! Objects that are lent for a call.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use plug::{Cancellation, ErrorKind, with_cancellation, with_deadline};
use pollster::block_on;

use crate::{Answers, beside, each, each_remote, in_time, until};

#[test]
fn a_host_that_panics_fails_its_own_callback() {
    each_remote(|peer| {
        let (faulty, host) = (peer.open(), Answers::default());
        beside(peer, || {
            for error in [faulty.ask(&host, "panic"), block_on(faulty.answer(&host, "panic"))] {
                let text = error.unwrap_err().to_string();
                assert!(text.ends_with(": no answer"), "{}: {text}", peer.link);
            }
            assert_eq!(faulty.ask(&host, "again").unwrap(), "again!");
        });
    });
}

#[test]
fn a_host_that_blocks_delays_nobody_else() {
    each(|peer| {
        let (faulty, host) = (peer.open(), Answers::default());
        thread::scope(|scope| {
            let blocked = scope.spawn(|| faulty.ask(&host, "block").unwrap());
            until(|| host.gate.waiting() == 1);
            beside(peer, || assert_eq!(faulty.ask(&Answers::default(), "other").unwrap(), "other!"));
            host.gate.open();
            assert_eq!(blocked.join().unwrap(), "block!");
        });
    });
}

#[test]
fn eight_callers_and_four_threads_that_call_back() {
    each(|peer| {
        let faulty = peer.open();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let host = Answers::default();
                    for _ in 0..20 {
                        assert_eq!(faulty.ask_at_once(&host, 4).unwrap(), 4);
                    }
                    assert_eq!(host.asked.load(Ordering::SeqCst), 80);
                });
            }
        });
    });
}

#[test]
fn a_callback_that_is_given_up_ends_and_others_follow() {
    each(|peer| {
        let (faulty, link) = (peer.open(), peer.link);
        in_time(move || {
            let host = Answers::default();
            assert_eq!(faulty.give_up(&host, "never", "then").unwrap(), "then!", "{link}");
            assert_eq!(host.live(), 0);
        });
    });
}

#[test]
fn a_callback_ends_at_its_deadline_and_others_follow() {
    each_remote(|peer| {
        let (faulty, link) = (peer.open(), peer.link);
        in_time(move || {
            let host = Answers::default();
            let answers = faulty.ask_within(&host, 100, "never", "then").unwrap();
            assert_eq!(
                answers, "`answer` of the owner of the `fault_plugins::Host` did not answer in time, then!",
                "{link}"
            );
            assert_eq!(host.live(), 0);
        });
    });
}

#[test]
fn a_call_that_is_late_ends_while_a_callback_waits() {
    each_remote(|peer| {
        let faulty = peer.open();
        let faulty = in_time(move || {
            let host = Answers::default();
            let late = |call: &dyn Fn() -> Result<String, plug::Error>| {
                let error = with_deadline(Duration::from_millis(200), call).unwrap_err();
                // The plugin has the same deadline, and may be the first to say so.
                assert!(matches!(error.kind(), ErrorKind::Deadline { .. }), "{error}");
            };
            late(&|| faulty.ask_within(&host, 600_000, "never", "then"));
            late(&|| block_on(faulty.answer(&host, "never")));
            assert_eq!((host.live(), host.asked.load(Ordering::SeqCst)), (0, 2));
            // A callback that blocks ends by itself.
            late(&|| faulty.ask(&host, "sleep"));
            faulty
        });
        beside(peer, || assert_eq!(faulty.ask(&Answers::default(), "x").unwrap(), "x!"));
    });
}

#[test]
fn a_call_that_is_cancelled_ends_while_a_callback_waits() {
    each_remote(|peer| {
        let faulty = peer.open();
        in_time(move || {
            let (host, cancellation) = (Arc::new(Answers::default()), Cancellation::new());
            let cancelling = thread::spawn({
                let (host, cancellation) = (Arc::clone(&host), cancellation.clone());
                move || {
                    until(|| host.asked.load(Ordering::SeqCst) == 1);
                    cancellation.cancel();
                }
            });
            let called = with_cancellation(&cancellation, || faulty.ask_within(&*host, 600_000, "never", "then"));
            let error = called.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Cancelled { .. }), "{error}");
            cancelling.join().unwrap();
            assert_eq!(host.live(), 0);
        });
    });
}

#[test]
fn a_future_that_is_dropped_drops_its_callback() {
    each(|peer| {
        let (faulty, host) = (peer.open(), Answers::default());
        beside(peer, || {
            {
                let mut answer = pin!(faulty.answer(&host, "never"));
                until(|| {
                    assert!(answer.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
                    host.live() == 1
                });
            }
            until(|| host.live() == 0);
            assert_eq!(faulty.ask(&host, "x").unwrap(), "x!");
        });
    });
}

#[test]
fn a_callback_may_lend_thousands_of_objects() {
    each(|peer| {
        let (faulty, host) = (peer.open(), Answers::default());
        assert_eq!(faulty.lend(&host, 10_000).unwrap(), 10_000);
    });
}
