//! Malformed input: truncated and lying gob, malformed yamux, and too much of either.
//!
//! Each is an error with a reason, uses no more memory than its own length, and leaves the other
//! streams alone.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use gobwire::{Encoder, Interface};
use tokio::io::AsyncWriteExt;
use tokio_stream::StreamExt;
use tokio_yamux::session::SessionType;

use super::{DISPENSE, LIST, PING};
use crate::portable::types::Type;
use crate::process::mux;
use crate::process::netrpc::fuzzed::serve;
use crate::process::netrpc::gob::shape::Shape;
use crate::process::netrpc::values::{Request, Response, Values};

/// Polls once a future that is ready.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future is pending"),
    }
}

fn next(values: &mut Values<&[u8]>) -> String {
    match now(values.wait()) {
        Ok(()) => "a value".to_owned(),
        Err(broken) => broken.to_string(),
    }
}

/// Asserts the first value, or the error, of bytes whose messages have at most `max_len` bytes.
#[track_caller]
fn assert_next(bytes: &[u8], max_len: usize, text: &str) {
    assert_eq!(next(&mut Values::new(bytes, max_len)), text, "{bytes:x?}");
}

fn request(method: &str, seq: u64) -> Request {
    Request { method: method.to_owned(), seq, timeout: 0 }
}

#[test]
fn requests_of_go_are_read() {
    // The bytes of Go's client, which has no field for a time limit.
    let call = b"\x2f\xff\x83\x03\x01\x01\x07Request\x01\xff\x84\0\x01\x02\x01\x0dServiceMethod\x01\x0c\0\x01\x03Seq\x01\x06\0\0\0\
        \x14\xff\x84\x01\x0fPlugin.SayHello\0\x04\x0c\0\x01x";
    let mut values = Values::new(&call[..], 100);
    let mut read = Request::default();
    assert_eq!(next(&mut values), "a value");
    values.take(&mut read).unwrap();
    assert_eq!(read, request("Plugin.SayHello", 0));
    assert_eq!(next(&mut values), "a value");
    assert_eq!(values.take_message(Shape::One(&Type::String)), Ok(b"\x0a\x01x".to_vec()));
    assert_eq!(next(&mut values), "it has ended");
}

#[test]
fn a_truncated_stream_is_an_error_wherever_it_is_cut() {
    let mut encoder = Encoder::new();
    let mut bytes = encoder.encode(&request("Plugin.SayHello", 300)).unwrap();
    let first = bytes.len();
    bytes.extend(encoder.encode("x".repeat(200).as_str()).unwrap());
    for len in 0..bytes.len() {
        let mut values = Values::new(&bytes[..len], 1000);
        let mut found = next(&mut values);
        if found == "a value" {
            values.take(&mut Request::default()).unwrap();
            found = next(&mut values);
        }
        let is_whole = len == 0 || len == first;
        let expected = if is_whole { "it has ended" } else { "it does not send gob: it ends within a value" };
        assert_eq!(found, expected, "{len} of {} bytes", bytes.len());
    }
}

#[test]
fn lying_gob_is_an_error() {
    // A length beyond the end of the stream, beyond the limit, and beyond any memory.
    assert_next(b"\x05\x0c\0", 100, "it does not send gob: it ends within a value");
    assert_next(b"\xff\xc8", 100, "it does not send gob: it ends within a value");
    let long = [&b"\xff\xc8"[..], &[0; 200], b"\x04\x0c\0\x01x"].concat();
    let mut values = Values::new(&long[..], 100);
    assert_eq!(next(&mut values), "a message has 200 bytes, and the limit is 100");
    assert_eq!(next(&mut values), "a value", "the value after it is read");
    assert_next(b"\xf8\x7f\xff\xff\xff\xff\xff\xff\xff", 100, "it does not send gob: invalid message length");
    assert_next(b"\xf7\0\0\0\0\0\0\0\0\0", 100, "it does not send gob: encoded unsigned integer out of range");
    // A string that is longer than its message.
    assert_next(b"\x04\x0c\0\x7fx", 100, "it does not send gob: invalid length 127: exceeds input size 1");
    // A type without a description, with two, and with an empty one.
    assert_next(b"\x04\xff\x82\0\x01", 100, "it does not send gob: bad data: undefined type 65");
    let point = b"\x1f\xff\x81\x03\x01\x01\x05Point\x01\xff\x82\0\x01\x02\x01\x01X\x01\x04\0\x01\x01Y\x01\x04\0\0\0";
    assert_next(&[&point[..], point].concat(), 100, "it does not send gob: duplicate type received");
    assert_next(b"\x03\xff\x81\0", 100, "it does not send gob: bad data: unknown field in empty wireType");
    // A type with the number `i64::MIN`, which has no negative; alone and inside an interface.
    let min_number = b"\xf8\xff\xff\xff\xff\xff\xff\xff\xff\x03";
    let reason = if cfg!(debug_assertions) { "its decoder failed" } else { "duplicate type received" };
    let text = format!("it does not send gob: {reason}");
    assert_next(&[b"\x0a", &min_number[..]].concat(), 100, &text);
    assert_next(&[b"\x0f\x10\0\x01x", &min_number[..], b"\0"].concat(), 100, &text);
    // A field that the type does not have.
    assert_next(
        &[&point[..], b"\x05\xff\x82\x09\x02\0"].concat(),
        100,
        "it does not send gob: internal error: field numbers out of bounds",
    );
    // A slice with more elements than bytes.
    let strings = b"\x0c\xff\x89\x02\x01\x02\xff\x8a\0\x01\x0c\0\0\x06\xff\x8a\0\xfe\xff\xff";
    let text = "it does not send gob: decoding array or slice: length exceeds input size (65535 elements)";
    assert_next(strings, 100, text);
}

#[test]
fn the_depth_of_a_recursive_type_is_limited() {
    // Type 65 is a slice of type 65. Each slice has one element; the innermost is empty.
    let recursive = b"\x0c\xff\x81\x02\x01\x02\xff\x82\0\x01\xff\x82\0\0";
    let recursive = &[&[recursive.len() as u8 - 1], &recursive[1..]].concat();
    let nested = [&[0xff, 0x82, 0][..], &[1; 100_000], &[0]].concat();
    let len = nested.len() as u32;
    let bytes = [&recursive[..], &[0xfd], &len.to_be_bytes()[1..], &nested].concat();
    assert_next(&bytes, 1 << 20, "it does not send gob: invalid nesting depth");
}

#[test]
fn the_descriptions_of_types_are_limited() {
    // Each description has a new number.
    let mut bytes = Vec::new();
    for id in 0..250_000_i64 {
        let number = |number: i64| [&[0xfc][..], &((number as u32) << 1).to_be_bytes()].concat();
        let negative = [&[0xfc][..], &((!(-(65 + id)) as u32) << 1 | 1).to_be_bytes()].concat();
        let body = [negative, b"\x02\x01\x02".to_vec(), number(65 + id), b"\0\x01\x04\0\0".to_vec()].concat();
        bytes.push(body.len() as u8);
        bytes.extend(body);
    }
    assert!(bytes.len() > 4 << 20);
    let mut values = Values::new(&bytes[..], 100);
    assert_eq!(next(&mut values), "it does not send gob: it describes types in more than 4194304 bytes");
}

#[test]
fn interfaces_are_skipped() {
    let mut encoder = Encoder::new();
    let bytes = [
        encoder.encode(&Some(Interface::int(7))).unwrap(),
        encoder.encode(&None::<Interface>).unwrap(),
        encoder.encode(&true).unwrap(),
    ];
    let bytes = bytes.concat();
    let mut values = Values::new(&bytes[..], 100);
    for shape in [Shape::Nothing, Shape::Nothing, Shape::One(&Type::Bool)] {
        assert_eq!(next(&mut values), "a value");
        values.take_message(shape).unwrap();
    }
    assert_eq!(next(&mut values), "it has ended");
}

/// A frame of yamux.
fn frame(ty: u8, flags: u16, stream: u32, len: u32, body: &[u8]) -> Vec<u8> {
    [&[0, ty][..], &flags.to_be_bytes(), &stream.to_be_bytes(), &len.to_be_bytes(), body].concat()
}

const DATA: u8 = 0;
const WINDOW: u8 = 1;
const PING_TYPE: u8 = 2;
const SYN: u16 = 1;
const RST: u16 = 8;

fn data(stream: u32, body: &[u8]) -> Vec<u8> {
    frame(DATA, 0, stream, body.len() as u32, body)
}

/// The first three streams that a host opens: 1, 3 and 5.
fn begin() -> Vec<u8> {
    [1, 3, 5].map(|stream| frame(WINDOW, SYN, stream, 0, &[])).concat()
}

/// The frames of an answer: type, flags, stream and body.
fn frames(mut bytes: &[u8]) -> Vec<(u8, u16, u32, Vec<u8>)> {
    let mut frames = Vec::new();
    while let Some((head, rest)) = bytes.split_at_checked(12) {
        let number = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().unwrap());
        let len = if head[1] == DATA { number(8) as usize } else { 0 };
        let (body, rest) = rest.split_at(len);
        frames.push((head[1], u16::from_be_bytes([head[2], head[3]]), number(4), body.to_vec()));
        bytes = rest;
    }
    frames
}

/// The data of one stream.
fn data_of(frames: &[(u8, u16, u32, Vec<u8>)], stream: u32) -> Vec<u8> {
    let data = frames.iter().filter(|(ty, _, of, _)| *ty == DATA && *of == stream);
    data.flat_map(|(.., body)| body.clone()).collect()
}

/// The error of each response.
fn errors(bytes: &[u8]) -> Vec<String> {
    let (mut values, mut errors) = (Values::new(bytes, 1 << 20), Vec::new());
    while now(values.wait()).is_ok() {
        let mut response = Response::default();
        values.take(&mut response).unwrap();
        errors.push(response.error);
        now(values.wait()).unwrap();
        values.discard();
    }
    errors
}

#[test]
fn a_host_is_answered() {
    let mut encoder = Encoder::new();
    let mut requests = Vec::new();
    for (seq, method) in [PING, DISPENSE, LIST, "Control.Sing", "Nobody.Sings", "silent"].into_iter().enumerate() {
        requests.extend(encoder.encode(&request(method, seq as u64)).unwrap());
        requests.extend(encoder.encode("x").unwrap());
    }
    let answer = frames(&serve(&[begin(), data(1, &requests)].concat()));
    assert_eq!(
        errors(&data_of(&answer, 1)),
        [
            "",
            "there is no plugin `x`, nor any other",
            "",
            "rpc: can't find method Control.Sing",
            "rpc: can't find service Nobody.Sings",
            "rpc: can't find service silent",
        ]
    );
}

#[test]
fn malformed_yamux_ends_the_connection() {
    let ping = frame(PING_TYPE, SYN, 0, 7, &[]);
    let is_answered =
        |bytes: &[u8]| frames(&serve(bytes)).iter().any(|(ty, flags, ..)| (*ty, *flags) == (PING_TYPE, 2));
    assert!(is_answered(&[begin(), ping.clone()].concat()));
    for bad in [
        // Another version, an unknown type, a length beyond the limit, another protocol.
        [&[9][..], &[0; 11]].concat(),
        frame(6, 0, 1, 0, &[]),
        frame(DATA, 0, 1, u32::MAX, &[]),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
    ] {
        assert!(!is_answered(&[begin(), bad.clone(), ping.clone()].concat()), "{bad:x?}");
    }
    // A stream that is opened twice.
    assert!(!is_answered(&[begin(), begin(), vec![0; 6]].concat()));
}

#[test]
fn data_beyond_the_window_ends_the_stream() {
    // The window has 1 MiB. The plugin reads the requests, and then the flood of the same stream.
    let piece = vec![0; 200_000];
    let flood: Vec<u8> = (0..20).flat_map(|_| data(1, &piece)).collect();
    let mut encoder = Encoder::new();
    let ping = [encoder.encode(&request(PING, 0)).unwrap(), encoder.encode(&true).unwrap()].concat();
    let answer = frames(&serve(&[begin(), data(1, &ping), flood].concat()));
    assert_eq!(errors(&data_of(&answer, 1)), [""], "the request before the flood is answered");
}

#[test]
fn streams_beyond_the_limit_are_refused() {
    let opened = (0..10_000).flat_map(|at| frame(WINDOW, SYN, 7 + 2 * at, 0, &[]));
    let ping = frame(PING_TYPE, SYN, 0, 7, &[]);
    let answer = frames(&serve(&begin().into_iter().chain(opened).chain(ping).collect::<Vec<_>>()));
    let refused =
        answer.iter().filter(|(ty, flags, stream, _)| *ty == WINDOW && flags & RST != 0 && *stream > 8_300).count();
    assert!(refused > 5_000, "{refused}");
    assert!(answer.iter().any(|(ty, flags, ..)| (*ty, *flags) == (PING_TYPE, 2)), "the connection goes on");
}

/// Without a limit, the session would queue an answer to each ping.
#[test]
fn a_peer_that_sends_and_reads_nothing_loses_the_connection() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (sent, end) = runtime.block_on(async {
        let (mut peer, connection) = tokio::io::duplex(4096);
        let ended = tokio::spawn(async move {
            let mut session = mux::session(connection, SessionType::Server);
            loop {
                match session.next().await {
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return mux::describe(&error),
                    None => return "it ended".to_owned(),
                }
            }
        });
        let (pings, mut sent) = (frame(PING_TYPE, SYN, 0, 7, &[]).repeat(1000), 0);
        while sent < 64 << 20 && peer.write_all(&pings).await.is_ok() {
            sent += pings.len();
        }
        drop(peer);
        (sent, ended.await.unwrap())
    });
    assert!(sent < 5 << 20, "{sent} bytes were read");
    let text = "its connection failed: the other side has sent 4194304 bytes and taken nothing of what it was answered";
    assert_eq!(end, text);
}

#[test]
fn a_number_that_was_not_dispensed_opens_nothing() {
    let opened = [frame(WINDOW, SYN, 7, 0, &[]), data(7, &77_u32.to_le_bytes())].concat();
    let answer = frames(&serve(&[begin(), opened].concat()));
    assert!(data_of(&answer, 7).is_empty());
    assert!(answer.iter().any(|(_, flags, stream, _)| *stream == 7 && flags & RST != 0), "{answer:?}");
}
