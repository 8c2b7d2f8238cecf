//! Streams of the methods of objects, whose items cross several at once.

use std::mem;
use std::thread;
use std::time::Duration;

use plug::link::{GrpcOptions, ProcessOptions};
use plug::{Items, Server};
use stream_plugins::{Line, Streams};

const LIMIT: usize = 4000;

/// Objects over the remote links, whose sides take messages of up to `LIMIT` bytes.
fn limited() -> [Box<dyn Streams>; 3] {
    let server = Server::new().instances(10).max_request(LIMIT).bind("grpc://127.0.0.1:0").unwrap();
    let address = server.address();
    thread::spawn(move || server.serve());
    let grpc = GrpcOptions::new().max_reply(LIMIT).open(&address).unwrap();
    let process = ProcessOptions::new().max_reply(LIMIT);
    let netrpc = process.clone().env("PLUG_PROTOCOL", "netrpc");
    let [process, netrpc] = [process, netrpc].map(crate::links::open);
    [crate::open(&process), crate::open(&netrpc), crate::open(&grpc)].map(|streams| streams.object().unwrap())
}

#[test]
fn few_items_are_drawn_beyond_those_that_are_read() {
    let links: [&dyn plug::Link; 3] = [&crate::links::process(), &crate::links::netrpc(), &crate::links::grpc()];
    for link in links {
        let streams = crate::open(link).object().unwrap();
        let drawn = || streams.drawn().unwrap().1;
        let before = drawn();
        let mut chunks = streams.chunks(u64::MAX, 1 << 10).unwrap();
        assert_eq!(chunks.next().unwrap().unwrap().len(), 1 << 10);
        let mut last = u64::MAX;
        crate::until(|| {
            thread::sleep(Duration::from_millis(100));
            let now = drawn();
            mem::replace(&mut last, now) == now
        });
        // 64 KiB at most have crossed, and as many wait.
        assert!(last - before <= 2 * 64, "{}", last - before);
    }
}

#[test]
fn items_come_together_only_as_far_as_the_limit_goes() {
    for streams in limited() {
        let chunks: Vec<_> = streams.chunks(100, 900).unwrap().map(|chunk| chunk.unwrap().len()).collect();
        assert_eq!(chunks, [900; 100]);
        let lines = (0..100).map(|number| Ok(Line { number, text: "x".repeat(900) }));
        assert_eq!(streams.measure(Items::new(lines)).unwrap(), (100, 90_000));
        let mut chunks = streams.chunks(3, LIMIT as u32).unwrap();
        let error = chunks.next().unwrap().unwrap_err().to_string();
        assert!(error.contains("limit") && error.contains("4000"), "{error}");
        assert!(chunks.next().is_none());
    }
}
