//! What comes that is none: gob that is cut, or lies; yamux that is none, or too much of it. Whatever it is, it is said, it takes no more room than it has itself, and what is
//! whole beside it goes on.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use gobwire::{Encoder, Interface};
use tokio::io::AsyncWriteExt;
use tokio_stream::StreamExt;
use tokio_yamux::session::SessionType;

use super::{DISPENSE, LIST, PING};
use crate::portable::types::Type;
use crate::process::netrpc::fuzzed::serve;
use crate::process::netrpc::gob::shape::Shape;
use crate::process::netrpc::mux;
use crate::process::netrpc::values::{Request, Response, Values};

/// What there is to wait for is there.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

fn waited(values: &mut Values<&[u8]>) -> String {
    match now(values.wait()) {
        Ok(()) => "a value".to_owned(),
        Err(broken) => broken.to_string(),
    }
}

/// What is made of these bytes, of which a message may have no more than `most`.
#[track_caller]
fn told(bytes: &[u8], max_len: usize, text: &str) {
    assert_eq!(waited(&mut Values::new(bytes, max_len)), text, "{bytes:x?}");
}

fn request(method: &str, seq: u64) -> Request {
    Request { method: method.to_owned(), seq, timeout: 0 }
}

#[test]
fn requests_of_go_are_read() {
    // As Go's client writes one: without what is ours.
    let call = b"\x2f\xff\x83\x03\x01\x01\x07Request\x01\xff\x84\0\x01\x02\x01\x0dServiceMethod\x01\x0c\0\x01\x03Seq\x01\x06\0\0\0\
        \x14\xff\x84\x01\x0fPlugin.SayHello\0\x04\x0c\0\x01x";
    let mut values = Values::new(&call[..], 100);
    let mut read = Request::default();
    assert_eq!(waited(&mut values), "a value");
    values.take(&mut read).unwrap();
    assert_eq!(read, request("Plugin.SayHello", 0));
    assert_eq!(waited(&mut values), "a value");
    assert_eq!(values.taken(Shape::One(&Type::String)), Ok(b"\x0a\x01x".to_vec()));
    assert_eq!(waited(&mut values), "it has ended");
}

#[test]
fn a_stream_that_is_cut_says_so_wherever_that_is() {
    let mut encoder = Encoder::new();
    let mut bytes = encoder.encode(&request("Plugin.SayHello", 300)).unwrap();
    let first = bytes.len();
    bytes.extend(encoder.encode("x".repeat(200).as_str()).unwrap());
    for len in 0..bytes.len() {
        let mut values = Values::new(&bytes[..len], 1000);
        let mut told = waited(&mut values);
        if told == "a value" {
            values.take(&mut Request::default()).unwrap();
            told = waited(&mut values);
        }
        let is_whole = len == 0 || len == first;
        let expected = if is_whole { "it has ended" } else { "what it sends is no gob: it ends within a value" };
        assert_eq!(told, expected, "{len} of {} bytes", bytes.len());
    }
}

#[test]
fn what_lies_is_no_gob() {
    // More than follows, than is taken, and than any machine has.
    told(b"\x05\x0c\0", 100, "what it sends is no gob: it ends within a value");
    told(b"\xff\xc8", 100, "what it sends is no gob: it ends within a value");
    let long = [&b"\xff\xc8"[..], &[0; 200], b"\x04\x0c\0\x01x"].concat();
    let mut values = Values::new(&long[..], 100);
    assert_eq!(waited(&mut values), "a message has 200 bytes, which is more than the 100 that are taken");
    assert_eq!(waited(&mut values), "a value", "what comes after it is read");
    told(b"\xf8\x7f\xff\xff\xff\xff\xff\xff\xff", 100, "what it sends is no gob: invalid message length");
    told(b"\xf7\0\0\0\0\0\0\0\0\0", 100, "what it sends is no gob: encoded unsigned integer out of range");
    // A text that is longer than its message.
    told(b"\x04\x0c\0\x7fx", 100, "what it sends is no gob: invalid length 127: exceeds input size 1");
    // A type that is described never, or twice, or as nothing.
    told(b"\x04\xff\x82\0\x01", 100, "what it sends is no gob: bad data: undefined type 65");
    let point = b"\x1f\xff\x81\x03\x01\x01\x05Point\x01\xff\x82\0\x01\x02\x01\x01X\x01\x04\0\x01\x01Y\x01\x04\0\0\0";
    told(&[&point[..], point].concat(), 100, "what it sends is no gob: duplicate type received");
    told(b"\x03\xff\x81\0", 100, "what it sends is no gob: bad data: unknown field in empty wireType");
    // One of a number whose negative is none; and within an interface, behind the name of its type.
    let numberless = b"\xf8\xff\xff\xff\xff\xff\xff\xff\xff\x03";
    let what = if cfg!(debug_assertions) { "its decoder failed" } else { "duplicate type received" };
    let text = format!("what it sends is no gob: {what}");
    told(&[b"\x0a", &numberless[..]].concat(), 100, &text);
    told(&[b"\x0f\x10\0\x01x", &numberless[..], b"\0"].concat(), 100, &text);
    // A field that its type does not have.
    told(
        &[&point[..], b"\x05\xff\x82\x09\x02\0"].concat(),
        100,
        "what it sends is no gob: internal error: field numbers out of bounds",
    );
    // A slice of more elements than there are bytes.
    let strings = b"\x0c\xff\x89\x02\x01\x02\xff\x8a\0\x01\x0c\0\0\x06\xff\x8a\0\xfe\xff\xff";
    let text = "what it sends is no gob: decoding array or slice: length exceeds input size (65535 elements)";
    told(strings, 100, text);
}

#[test]
fn a_type_of_itself_has_an_end() {
    // 65 is a slice of 65, of which each has one, down to where there is none.
    let of_itself = b"\x0c\xff\x81\x02\x01\x02\xff\x82\0\x01\xff\x82\0\0";
    let of_itself = &[&[of_itself.len() as u8 - 1], &of_itself[1..]].concat();
    let nested = [&[0xff, 0x82, 0][..], &[1; 100_000], &[0]].concat();
    let len = nested.len() as u32;
    let bytes = [&of_itself[..], &[0xfd], &len.to_be_bytes()[1..], &nested].concat();
    told(&bytes, 1 << 20, "what it sends is no gob: invalid nesting depth");
}

#[test]
fn there_is_an_end_to_types() {
    // Each a new one, of no use to anybody.
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
    assert_eq!(waited(&mut values), "what it sends is no gob: it describes types in more than 4194304 bytes");
}

#[test]
fn interfaces_are_passed_over() {
    let mut encoder = Encoder::new();
    let bytes = [
        encoder.encode(&Some(Interface::int(7))).unwrap(),
        encoder.encode(&None::<Interface>).unwrap(),
        encoder.encode(&true).unwrap(),
    ];
    let bytes = bytes.concat();
    let mut values = Values::new(&bytes[..], 100);
    for shape in [Shape::Nothing, Shape::Nothing, Shape::One(&Type::Bool)] {
        assert_eq!(waited(&mut values), "a value");
        values.taken(shape).unwrap();
    }
    assert_eq!(waited(&mut values), "it has ended");
}

/// A frame of yamux.
fn frame(ty: u8, flags: u16, stream: u32, len: u32, body: &[u8]) -> Vec<u8> {
    [&[0, ty][..], &flags.to_be_bytes(), &stream.to_be_bytes(), &len.to_be_bytes(), body].concat()
}

const DATA: u8 = 0;
const WINDOW: u8 = 1;
const PINGS: u8 = 2;
const SYN: u16 = 1;
const RST: u16 = 8;

fn data(stream: u32, body: &[u8]) -> Vec<u8> {
    frame(DATA, 0, stream, body.len() as u32, body)
}

/// The streams that a host opens first: 1, 3 and 5.
fn begin() -> Vec<u8> {
    [1, 3, 5].map(|stream| frame(WINDOW, SYN, stream, 0, &[])).concat()
}

/// The frames that come back: type, flags, stream, and what is in them.
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

/// What is sent back by one stream.
fn sent(frames: &[(u8, u16, u32, Vec<u8>)], stream: u32) -> Vec<u8> {
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
    let mut asked = Vec::new();
    for (seq, method) in [PING, DISPENSE, LIST, "Control.Sing", "Nobody.Sings", "silent"].into_iter().enumerate() {
        asked.extend(encoder.encode(&request(method, seq as u64)).unwrap());
        asked.extend(encoder.encode("x").unwrap());
    }
    let back = frames(&serve(&[begin(), data(1, &asked)].concat()));
    assert_eq!(
        errors(&sent(&back, 1)),
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
fn what_is_no_yamux_ends_the_connection() {
    let ping = frame(PINGS, SYN, 0, 7, &[]);
    let is_answered = |bytes: &[u8]| frames(&serve(bytes)).iter().any(|(ty, flags, ..)| (*ty, *flags) == (PINGS, 2));
    assert!(is_answered(&[begin(), ping.clone()].concat()));
    for bad in [
        // Of another version, of no type, longer than any may be.
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
fn more_than_there_is_room_for_ends_the_stream() {
    // A mebibyte is, and no more; and nobody reads the stream of what is printed but to see its end.
    let piece = vec![0; 200_000];
    let flood: Vec<u8> = (0..20).flat_map(|_| data(1, &piece)).collect();
    let mut encoder = Encoder::new();
    let asked = [encoder.encode(&request(PING, 0)).unwrap(), encoder.encode(&true).unwrap()].concat();
    let back = frames(&serve(&[begin(), data(1, &asked), flood].concat()));
    assert_eq!(errors(&sent(&back, 1)), [""], "what came before is answered");
}

#[test]
fn streams_without_end_are_refused() {
    let opened = (0..10_000).flat_map(|at| frame(WINDOW, SYN, 7 + 2 * at, 0, &[]));
    let ping = frame(PINGS, SYN, 0, 7, &[]);
    let back = frames(&serve(&begin().into_iter().chain(opened).chain(ping).collect::<Vec<_>>()));
    let refused =
        back.iter().filter(|(ty, flags, stream, _)| *ty == WINDOW && flags & RST != 0 && *stream > 8_300).count();
    assert!(refused > 5_000, "{refused}");
    assert!(back.iter().any(|(ty, flags, ..)| (*ty, *flags) == (PINGS, 2)), "the connection goes on");
}

/// It would have an answer to each ping, for as long as nobody takes one.
#[test]
fn who_sends_and_takes_nothing_is_left() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (sent, told) = runtime.block_on(async {
        let (mut here, there) = tokio::io::duplex(4096);
        let ended = tokio::spawn(async move {
            let mut session = mux::session(there, SessionType::Server);
            loop {
                match session.next().await {
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return mux::told(&error),
                    None => return "it ended".to_owned(),
                }
            }
        });
        let (pings, mut sent) = (frame(PINGS, SYN, 0, 7, &[]).repeat(1000), 0);
        while sent < 64 << 20 && here.write_all(&pings).await.is_ok() {
            sent += pings.len();
        }
        drop(here);
        (sent, ended.await.unwrap())
    });
    assert!(sent < 5 << 20, "{sent} bytes were taken");
    let text = "its connection failed: the other side has sent 4194304 bytes and taken nothing of what it was answered";
    assert_eq!(told, text);
}

#[test]
fn a_number_that_was_not_promised_opens_nothing() {
    let opened = [frame(WINDOW, SYN, 7, 0, &[]), data(7, &77_u32.to_le_bytes())].concat();
    let back = frames(&serve(&[begin(), opened].concat()));
    assert!(sent(&back, 7).is_empty());
    assert!(back.iter().any(|(_, flags, stream, _)| *stream == 7 && flags & RST != 0), "{back:?}");
}
