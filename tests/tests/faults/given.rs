//! Objects that are given away, in either direction.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use plug::link::Grpc;
use plug::{Error, ErrorKind, Server, with_deadline};

use crate::{Answers, Gate, Lines, Peer, beside, each, each_remote, in_time, until};

fn is_late(result: Result<impl Sized, Error>) -> bool {
    matches!(result.err().as_ref().map(Error::kind), Some(ErrorKind::Deadline { .. }))
}

#[test]
fn a_failed_call_drops_what_it_was_given() {
    each_remote(|peer| {
        let (faulty, live) = (peer.open(), Arc::default());
        beside(peer, || {
            for then in ["fail", "panic"] {
                assert!(faulty.keep(Lines::new(&live), 0, then).is_err());
                until(|| live.load(Ordering::SeqCst) == 0);
            }
        });
    });
}

#[test]
fn a_call_that_is_given_up_takes_its_objects_back() {
    each_remote(|peer| {
        let (faulty, live) = (peer.open(), Arc::default());
        beside(peer, || {
            let keep = || faulty.keep(Lines::new(&live), 1500, "");
            assert!(is_late(with_deadline(Duration::from_millis(500), keep)));
            // Though the plugin keeps it, and is not told to drop it.
            assert_eq!(live.load(Ordering::SeqCst), 0, "{}", peer.link);
            let mut told = Ok(0);
            until(|| {
                told = faulty.tell("x");
                !told.as_ref().is_err_and(|error| error.to_string() == "there is no sink")
            });
            let error = told.unwrap_err().to_string();
            assert!(error.contains("the call that lent this object is over"), "{error}");
        });
        faulty.forget().unwrap();
    });
}

#[test]
fn a_result_that_comes_too_late_is_dropped() {
    each_remote(|peer| {
        let faulty = peer.open();
        assert!(is_late(with_deadline(Duration::from_millis(50), || faulty.open(300))));
        {
            let mut opening = pin!(faulty.open_later(100));
            assert!(opening.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            thread::sleep(Duration::from_millis(20));
        }
        thread::sleep(Duration::from_millis(500));
        until(|| faulty.live().unwrap() == 0);
        let sink = faulty.open(0).unwrap();
        assert_eq!((faulty.live().unwrap(), sink.line("abc").unwrap()), (1, 3));
        drop(sink);
        until(|| faulty.live().unwrap() == 0);
    });
}

#[test]
fn an_object_that_blocks_or_panics_delays_nobody_else() {
    each_remote(|peer| {
        let (faulty, gate) = (peer.open(), Arc::new(Gate::default()));
        faulty.keep(Lines::of(&gate, ""), 0, "").unwrap();
        let error = faulty.tell("panic").unwrap_err().to_string();
        assert!(error.ends_with(": no line"), "{error}");
        thread::scope(|scope| {
            let blocked = scope.spawn(|| faulty.tell("block").unwrap());
            until(|| gate.waiting() == 1);
            beside(peer, || assert_eq!(faulty.ask(&Answers::default(), "x").unwrap(), "x!"));
            gate.open();
            assert_eq!(blocked.join().unwrap(), 1);
        });
        faulty.forget().unwrap();
    });
}

/// More than tokio's own limit of threads that block.
#[test]
fn many_objects_that_block_at_once_delay_nobody_else() {
    each_remote(|peer| {
        let (faulty, gate) = (peer.open(), Arc::new(Gate::default()));
        for _ in 0..600 {
            faulty.keep(Lines::of(&gate, ""), 0, "").unwrap();
        }
        thread::scope(|scope| {
            let blocked = scope.spawn(|| faulty.tell_at_once("block").unwrap());
            until(|| gate.waiting() == 600);
            beside(peer, || {
                let (other, live) = (peer.open(), Arc::default());
                other.keep(Lines::new(&live), 0, "").unwrap();
                assert_eq!((other.tell("x").unwrap(), other.forget().unwrap()), (1, 1));
                until(|| live.load(Ordering::SeqCst) == 0);
            });
            gate.open();
            assert_eq!(blocked.join().unwrap(), 600);
        });
    });
}

#[test]
fn a_drop_that_blocks_or_panics_delays_nobody_else() {
    each_remote(|peer| {
        let (faulty, gate) = (peer.open(), Arc::new(Gate::default()));
        for on_drop in ["panic", "block"] {
            faulty.keep(Lines::of(&gate, on_drop), 0, "").unwrap();
            beside(peer, || assert_eq!(faulty.forget().unwrap(), 1));
        }
        until(|| gate.waiting() == 1);
        beside(peer, || assert_eq!(faulty.ask(&Answers::default(), "x").unwrap(), "x!"));
        gate.open();
    });
}

#[test]
fn objects_outlive_the_handle_of_their_plugin() {
    each(|peer| {
        let (faulty, other, live) = (peer.open(), peer.open(), Arc::default());
        let sink = faulty.open(0).unwrap();
        other.keep(Lines::new(&live), 0, "").unwrap();
        drop((faulty, other));
        assert_eq!(sink.line("abc").unwrap(), 3);
        beside(peer, || drop(sink));
    });
}

/// The registry and the link go first, and so the last object ends the process.
#[test]
fn an_object_keeps_its_connection() {
    for link in ["process", "grpc"] {
        let peer = if link == "process" { Peer::new(&crate::process(), link) } else { Peer::new(&crate::grpc(), link) };
        let (sink, mut items) = (peer.open().open(0).unwrap(), peer.open().slow(0).unwrap());
        drop(peer);
        assert_eq!((sink.line("abc").unwrap(), items.next().unwrap().unwrap()), (3, 0), "{link}");
        in_time(|| drop((sink, items)));
    }
}

#[test]
fn a_server_ends_though_a_plugin_keeps_an_object() {
    let server = Server::new().instances(10).bind("grpc://127.0.0.1:0").unwrap();
    let (address, stop) = (server.address(), server.stop());
    let serving = thread::spawn(move || server.serve());
    let live: Arc<AtomicU32> = Arc::default();
    let peer = Peer::new(&Grpc::open(&address).unwrap(), "grpc");
    let faulty = peer.open();
    faulty.keep(Lines::new(&live), 0, "").unwrap();
    let sink = faulty.open(0).unwrap();
    assert_eq!(faulty.tell("x").unwrap(), 1);
    stop.stop();
    until(|| serving.is_finished());
    until(|| live.load(Ordering::SeqCst) == 0);
    in_time(move || assert!(sink.line("x").is_err()));
}
