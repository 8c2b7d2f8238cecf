//! Objects that a plugin has returned have the limits of its own calls, and errors as those.

use std::thread;
use std::time::Duration;

use plug::link::{GrpcOptions, ProcessOptions};
use plug::{Cancellation, Error, ErrorKind, with_cancellation, with_deadline};

use crate::{Peer, beside, each_remote, grpc_address, open, process, until};

const SOON: Duration = Duration::from_millis(200);

fn is_late(result: Result<u64, Error>) -> bool {
    result.is_err_and(|error| {
        let text = error.to_string();
        assert_eq!(text, "plugin `faulty` did not answer `line` in time, and the call was cancelled");
        matches!(error.kind(), ErrorKind::Deadline { plugin, method } if plugin == "faulty" && method == "line")
    })
}

#[test]
fn a_deadline_holds_for_the_call_of_an_object() {
    each_remote(|peer| {
        let sink = peer.open().open(0).unwrap();
        beside(peer, || assert!(is_late(with_deadline(SOON, || sink.line("sleep"))), "{}", peer.link));
        assert_eq!(sink.line("x").unwrap(), 1);
    });
}

#[test]
fn a_cancellation_ends_the_call_of_an_object() {
    each_remote(|peer| {
        let (sink, cancellation) = (peer.open().open(0).unwrap(), Cancellation::new());
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(SOON);
                cancellation.cancel();
            });
            let error = with_cancellation(&cancellation, || sink.line("sleep")).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Cancelled { .. }), "{}: {error}", peer.link);
        });
        assert_eq!(sink.line("x").unwrap(), 1);
    });
}

#[test]
fn the_limit_of_a_link_holds_for_the_call_of_an_object() {
    let grpc = GrpcOptions::new().deadline(SOON).open(grpc_address()).unwrap();
    for peer in [Peer::new(&open(ProcessOptions::new().deadline(SOON)), "process"), Peer::new(&grpc, "grpc")] {
        let sink = peer.open().open(0).unwrap();
        assert!(is_late(sink.line("sleep")), "{}", peer.link);
        assert_eq!(sink.line("x").unwrap(), 1);
    }
}

#[cfg(unix)]
#[test]
fn the_death_of_a_process_is_the_error_of_its_objects() {
    let process = process();
    let faulty = Peer::new(&process, "process").open();
    let (sink, mut items) = (faulty.open(0).unwrap(), faulty.slow(1).unwrap());
    items.next().unwrap().unwrap();
    let pid = process.pid().unwrap();
    crate::ends::kill(pid);
    until(|| !plug_tests::is_running(pid));
    for error in [sink.line("x").unwrap_err(), items.find_map(Result::err).unwrap()] {
        let text = error.to_string();
        assert!(text.contains("process-faults") && text.contains("was killed by signal 9 (SIGKILL)"), "{text}");
    }
}
