//! Connections that clients leave to the server.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use plug::Server;

use crate::peer::{Peer, field_of_bytes, field_of_number, received};
use crate::{LONG, Serving, run, until};

/// The preface of HTTP/2, and empty settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Sends these bytes, and returns the bytes until the server closes the connection, and how long
/// that took.
fn read_until_closed(serving: &Serving, sent: &[u8]) -> (Vec<u8>, Duration) {
    let start = Instant::now();
    let mut stream = TcpStream::connect(&serving.address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream.write_all(sent).unwrap();
    let mut received = Vec::new();
    match stream.read_to_end(&mut received) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    (received, start.elapsed())
}

#[test]
fn a_connection_without_a_preface_is_closed() {
    let limit = Duration::from_millis(200);
    let serving = Serving::start(Server::new().preface_timeout(limit));
    for sent in [&b""[..], b"PRI * HTTP/2.0\r\n"] {
        let (_, span) = read_until_closed(&serving, sent);
        assert!(span >= limit && span < LONG, "{span:?}");
    }
    // Nothing else ends after that time.
    run(async {
        let mut peer = Peer::connect(&serving).await;
        tokio::time::sleep(2 * limit).await;
        assert_eq!(peer.call("/Work/Echo", field_of_bytes(1)).await.0, "Ok: ");
    });
}

#[test]
#[ignore = "slow"]
fn an_idle_connection_is_closed() {
    let limit = Duration::from_millis(300);
    let serving = Serving::start(Server::new().idle_timeout(limit));
    run(async {
        let start = Instant::now();
        let (idle, mut busy) = (Peer::connect(&serving).await, Peer::connect(&serving).await);
        // A connection with a call is not idle.
        assert_eq!(busy.call("/Work/Sleep", field_of_number(1000)).await.0, "Ok: ");
        assert!(!busy.is_closed() && idle.is_closed());
        let done = Instant::now();
        until(|| busy.is_closed()).await;
        assert!(done.elapsed() + Duration::from_millis(20) >= limit && start.elapsed() < LONG);
    });
    // So is one that does not confirm its end.
    let (received, span) = read_until_closed(&serving, PREFACE);
    assert!(span >= limit && span < LONG, "{span:?}");
    // The last frame is GOAWAY, with the number of the last request and no error.
    assert_eq!(received[received.len() - 17..], *b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0");
}

#[test]
fn a_peer_that_answers_no_ping_loses_its_connection() {
    let span = Duration::from_millis(200);
    let server = Server::new().http2_keepalive_interval(span).http2_keepalive_timeout(span);
    let serving = Serving::start(server);
    let (received, took) = read_until_closed(&serving, PREFACE);
    assert!(took >= 2 * span && took < LONG, "{took:?}");
    let ping = b"\0\0\x08\x06\0\0\0\0\0";
    assert!(received.windows(ping.len()).any(|window| window == ping), "{received:?}");
    run(async {
        let mut peer = Peer::connect(&serving).await;
        tokio::time::sleep(5 * span).await;
        assert_eq!(peer.call("/Work/Echo", field_of_bytes(1)).await.0, "Ok: ");
    });
}

#[test]
#[ignore = "slow"]
fn one_connection_too_many_replaces_the_one_that_is_idle_for_the_longest_time() {
    let serving = Serving::start(Server::new().max_connections(3));
    run(async {
        let (mut busy, mut first) = (Peer::connect(&serving).await, Peer::connect(&serving).await);
        let mut second = Peer::connect(&serving).await;
        let sleeping = tokio::spawn(async move { busy.call("/Work/Sleep", field_of_number(3000)).await.0 });
        assert_eq!(first.call("/Work/Echo", field_of_bytes(1)).await.0, "Ok: ");
        assert_eq!(second.call("/Work/Echo", field_of_bytes(1)).await.0, "Ok: ");
        let mut third = Peer::connect(&serving).await;
        assert_eq!(third.call("/Work/Echo", field_of_bytes(1)).await.0, "Ok: ");
        until(|| first.is_closed()).await;
        assert!(!second.is_closed() && !third.is_closed());
        assert_eq!(sleeping.await.unwrap(), "Ok: ");
    });
}

#[test]
fn one_connection_too_many_waits_while_all_have_calls() {
    let serving = Serving::start(Server::new().max_connections(1));
    run(async {
        let start = Instant::now();
        let mut busy = Peer::connect(&serving).await;
        let (sleeping, mut stream) = busy.begin("/Work/Sleep", &[]);
        stream.send_data(field_of_number(1000), true).unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut waiting = Peer::connect(&serving).await;
        let waiting = waiting.call("/Work/Echo", field_of_bytes(1));
        let ((waited, _), (slept, _)) = tokio::join!(waiting, received(sleeping));
        assert_eq!((&waited[..], &slept[..]), ("Ok: ", "Ok: "));
        assert!(start.elapsed() >= Duration::from_secs(1));
    });
}

#[test]
fn connections_that_say_nothing_keep_nobody_out() {
    let serving = Serving::start(Server::new().max_connections(10));
    let _silent: Vec<_> = (0..50).map(|_| TcpStream::connect(&serving.address).unwrap()).collect();
    run(async {
        let mut peer = Peer::connect(&serving).await;
        assert_eq!(peer.call("/Work/Echo", field_of_bytes(1)).await.0, "Ok: ");
    });
}

#[test]
fn a_server_that_stops_waits_for_an_open_request_no_longer_than_its_grace() {
    let grace = Duration::from_millis(300);
    let mut serving = Serving::start(Server::new().grace(grace));
    run(async {
        let mut peer = Peer::connect(&serving).await;
        let (_response, mut stream) = peer.begin("/Work/Echo", &[]);
        stream.send_data(field_of_bytes(1).slice(..3), false).unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        let start = Instant::now();
        tokio::task::spawn_blocking(move || serving.stop()).await.unwrap();
        assert!(start.elapsed() >= grace && start.elapsed() < LONG, "{:?}", start.elapsed());
    });
}

#[test]
fn a_server_that_stops_does_not_wait_for_a_client_that_is_idle_and_suspended() {
    let mut serving = Serving::start(Server::new());
    let mut stream = TcpStream::connect(&serving.address).unwrap();
    stream.write_all(PREFACE).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let start = Instant::now();
    serving.stop();
    assert!(start.elapsed() < LONG, "{:?}", start.elapsed());
}
