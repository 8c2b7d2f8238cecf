//! The host's errors for a process that violates net/rpc.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use plug::link::{Handshake, ProcessOptions, Protocol, Reattach};
use plug::{Error, Registry};
use plug_tests::Sockets;
use process_interface::Work;

/// A frame of yamux.
fn frame(ty: u8, flags: u8, stream: u8, body: &[u8]) -> Vec<u8> {
    [&[0, ty, 0, flags, 0, 0, 0, stream][..], &(body.len() as u32).to_be_bytes(), body].concat()
}

fn data(stream: u8, body: &[u8]) -> Vec<u8> {
    frame(0, 0, stream, body)
}

/// The error of a host that lists the plugins of this server and calls `sum`.
#[track_caller]
fn error_of(serve: impl Fn(&mut UnixStream) + Send + 'static) -> String {
    let folder = Sockets::new();
    let path = folder.join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            serve(&mut stream);
        }
    });
    let address = format!("unix:{}", path.display());
    let options = ProcessOptions::new().handshake(Handshake::new("HASHI", "hola").interface::<dyn Work>(1));
    let options = options.dispense("worker").start_timeout(Duration::from_secs(2)).deadline(Duration::from_secs(2));
    let reattach = Reattach::new(std::process::id(), &address[..]).protocol(Protocol::NetRpc);
    let sum = crate::in_time(move || -> Result<u64, Error> {
        let mut registry = Registry::new();
        registry.add(&options.reattach(reattach)?)?;
        registry.open::<dyn Work>("worker")?.sum(1, &[2])
    });
    format!("{:#}", sum.unwrap_err()).replace(&address, "ADDRESS")
}

/// Sends these bytes to each client, and reads until the client disconnects.
fn send(bytes: Vec<u8>) -> impl Fn(&mut UnixStream) + Send + 'static {
    move |stream| {
        let _ = stream.write_all(&bytes);
        let _ = stream.read_to_end(&mut Vec::new());
    }
}

/// Sends these bytes after the request for the list, and reads until the client disconnects.
fn reply_to_list(bytes: Vec<u8>) -> impl Fn(&mut UnixStream) + Send + 'static {
    move |stream| {
        let (mut received, mut piece) = (Vec::new(), [0; 1024]);
        while !received.windows(12).any(|window| window == b"Plugins.List") {
            match stream.read(&mut piece) {
                Ok(len @ 1..) => received.extend_from_slice(&piece[..len]),
                _ => return,
            }
        }
        let _ = stream.write_all(&bytes);
        let _ = stream.read_to_end(&mut Vec::new());
    }
}

const NOT_LISTED: &str = "`process:ADDRESS` is not there for `List`: ";

#[test]
fn it_goes_at_once() {
    // It closes at the first message, or at the second.
    let text = error_of(|_| {});
    let lost = [
        "it has closed its connection",
        "its connection failed: Broken pipe",
        "its connection failed: Connection reset",
    ];
    assert!(lost.iter().any(|lost| text.starts_with(&format!("{NOT_LISTED}{lost}"))), "{text}");
}

#[test]
fn it_speaks_no_yamux() {
    let text = |bytes: &[u8]| error_of(send(bytes.to_vec()));
    let no_yamux = |what: &str| format!("{NOT_LISTED}it does not speak yamux: {what}");
    assert_eq!(text(b"HTTP/1.1 400 Bad Request\r\n\r\n"), no_yamux("yamux.version=72"));
    assert_eq!(text(&frame(6, 0, 1, b"")), no_yamux("yamux.type=6"));
    assert_eq!(text(&[0; 12].map(|_| 0xff)), no_yamux("yamux.version=255"));
    assert_eq!(text(&[0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]), no_yamux("yamux.length=4294967295"));
}

#[test]
fn it_says_nothing() {
    assert_eq!(
        error_of(send(Vec::new())),
        "plugin `process:ADDRESS` did not answer `List` in time, and the call was cancelled"
    );
}

#[test]
fn it_speaks_no_gob() {
    let text = |bytes: &[u8]| error_of(reply_to_list(data(1, bytes)));
    let malformed = |what: &str| format!("`process:ADDRESS` sent a malformed reply to `List`: {what}");
    let no_gob = |what: &str| malformed(&format!("it does not send gob: {what}"));
    assert_eq!(text(b"\x04\xff\x82\0\x01"), no_gob("bad data: undefined type 65"));
    assert_eq!(text(b"\xf7\0\0\0\0\0\0\0\0\0"), no_gob("encoded unsigned integer out of range"));
    // A value that is not a response.
    assert_eq!(text(b"\x03\x02\0\x01"), malformed("a `bool` of gob has come, and not a response"));
}

/// A response to call 0, with this error unless it is empty.
fn response(error: &[u8]) -> Vec<u8> {
    let described = b"\x3a\xff\x85\x03\x01\x01\x08Response\x01\xff\x86\0\x01\x03\x01\x0dServiceMethod\x01\x0c\0\x01\x03Seq\x01\x06\0\x01\x05Error\x01\x0c\0\0\0";
    let error = if error.is_empty() { Vec::new() } else { [&[3, error.len() as u8][..], error].concat() };
    let head = [&[0xff, 0x86][..], &error, &[0]].concat();
    [&described[..], &[head.len() as u8], &head].concat()
}

#[test]
fn it_answers_with_something_else() {
    // Its list is not a list.
    let list = [response(b""), b"\x03\x02\0\x01".to_vec()].concat();
    let text = error_of(reply_to_list(data(1, &list)));
    assert_eq!(
        text,
        "`process:ADDRESS` sent a malformed reply to `List`: a `bool` of gob has come, and not a `[]byte`"
    );
    // It fails, with another text than Go's for a missing service.
    let failed = [response(b"no such luck"), b"\x03\x02\0\x01".to_vec()].concat();
    assert_eq!(error_of(reply_to_list(data(1, &failed))), "no such luck");
}

/// Like a plugin in Go it has no list. It then announces stream 5, and opens another one.
#[test]
fn it_opens_another_stream_than_it_was_asked_for() {
    let listed = [response(b"rpc: can't find service Plugins.List"), b"\x03\x02\0\x01".to_vec()].concat();
    // The response to call 1 announces number 5. Its type is already described.
    let promised = [&b"\x05\xff\x86\x02\x01\0"[..], b"\x03\x06\0\x05"].concat();
    let bytes = [data(1, &listed), data(1, &promised[..]), data(7, &6_u32.to_le_bytes())];
    let text = error_of(move |stream| {
        let mut piece = [0; 1024];
        let mut received = Vec::new();
        for (word, answer) in [&b"Plugins.List"[..], b"Dispenser.Dispense", b"Plugin.Sum"].into_iter().zip(&bytes) {
            while !received.windows(word.len()).any(|window| window == word) {
                match stream.read(&mut piece) {
                    Ok(len @ 1..) => received.extend_from_slice(&piece[..len]),
                    _ => return,
                }
            }
            let _ = stream.write_all(answer);
        }
        let _ = stream.read_to_end(&mut Vec::new());
    });
    assert_eq!(
        text,
        "plugin `worker` in `process:ADDRESS` sent a malformed reply to `sum`: the stream to it, of number 5, is answered with number 6"
    );
}
