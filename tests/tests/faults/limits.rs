//! Requests, replies and items that are too long.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use plug::link::{GrpcOptions, ProcessOptions};
use plug::{Items, Server};

use crate::{Answers, Lines, Peer, beside, until};

const LIMIT: usize = 1 << 20;

/// Both sides take 1 MiB.
fn limited() -> Peer {
    let server = Server::new().instances(10).max_request(LIMIT).bind("grpc://127.0.0.1:0").unwrap();
    let address = server.address();
    thread::spawn(move || server.serve());
    Peer::new(&GrpcOptions::new().max_reply(LIMIT).open(&address).unwrap(), "grpc")
}

#[test]
fn a_call_that_is_too_long_gives_its_objects_back() {
    let peer = limited();
    let (faulty, live) = (peer.open(), Arc::<AtomicU32>::default());
    beside(&peer, || {
        let error = faulty.gulp(vec![0; 2 << 20], Lines::new(&live), 0).unwrap_err().to_string();
        assert!(error.contains("the limit is 1048576"), "{error}");
        assert_eq!(live.load(Ordering::SeqCst), 0);
        let error = faulty.gulp(Vec::new(), Lines::new(&live), 2 << 20).unwrap_err().to_string();
        assert!(error.contains("the limit is 1048576"), "{error}");
        faulty.forget().unwrap();
        until(|| live.load(Ordering::SeqCst) == 0);
    });
}

#[test]
fn a_callback_that_is_too_long_ends_no_other() {
    for peer in [limited(), Peer::new(&crate::open(ProcessOptions::new().max_reply(LIMIT)), "process")] {
        let (faulty, host, live) = (peer.open(), Answers::default(), Arc::default());
        faulty.keep(Lines::new(&live), 0, "").unwrap();
        beside(&peer, || {
            // It is longer as a callback than it was as a call.
            let question = "x".repeat(LIMIT - 10);
            let error = faulty.ask(&host, &question).unwrap_err().to_string();
            assert!(error.contains("the limit of the other side is 1048576"), "{}: {error}", peer.link);
            if peer.link == "grpc" {
                let error = faulty.ask(&host, "long").unwrap_err().to_string();
                assert!(error.contains("the limit of the other side is 1048576"), "{error}");
            }
            let error = faulty.tell(&question.repeat(2)).unwrap_err().to_string();
            assert!(error.contains("1048576"), "{}: {error}", peer.link);
        });
        assert_eq!((faulty.tell("x").unwrap(), faulty.ask(&host, "x").unwrap()), (1, "x!".to_owned()));
    }
}

#[test]
fn an_item_that_is_too_long_ends_its_stream() {
    let peer = limited();
    let faulty = peer.open();
    beside(&peer, || {
        let mut chunks = faulty.chunks(3, 2 << 20).unwrap();
        let error = chunks.next().unwrap().unwrap_err().to_string();
        assert!(error.contains("the limit is 1048576") && chunks.next().is_none(), "{error}");
        let long = [vec![0; 100], vec![0; 2 << 20], vec![0; 100]];
        let error = faulty.measure(Items::new(long.into_iter().map(Ok))).unwrap_err().to_string();
        assert!(error.contains("1048576"), "{error}");
        assert_eq!(faulty.measure(Items::new([Ok(vec![0; 100])].into_iter())).unwrap(), 100);
    });
}
