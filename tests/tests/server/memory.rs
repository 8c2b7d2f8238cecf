//! The bytes of requests and replies that clients leave in the server.

use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::SendStream;
use plug::Server;
use tokio::task::JoinHandle;

use crate::peer::{Peer, field_of_bytes, field_of_number, received};
use crate::{Serving, run, until};

const ECHO: &str = "/Work/Echo";
const DATA: usize = 1_000_000;

/// A request without its last byte, and the task that awaits its response.
fn unfinished(peer: &mut Peer) -> (JoinHandle<String>, SendStream<Bytes>) {
    let (response, mut stream) = peer.begin(ECHO, &[]);
    let body = field_of_bytes(DATA);
    stream.send_data(body.slice(..body.len() - 1), false).unwrap();
    (tokio::spawn(async { received(response).await.0 }), stream)
}

fn finish(stream: &mut SendStream<Bytes>) {
    stream.send_data(Bytes::from_static(b"x"), true).unwrap();
}

#[test]
fn the_unfinished_requests_of_a_connection_are_limited() {
    let serving = Serving::start(Server::new().max_request(DATA + 100).max_connection_bytes(2 << 20));
    run(async {
        let mut peer = Peer::connect(&serving).await;
        let mut requests: Vec<_> = (0..10).map(|_| unfinished(&mut peer)).collect();
        let is_refused = |request: &(JoinHandle<String>, _)| request.0.is_finished();
        until(|| requests.iter().filter(|request| is_refused(request)).count() == 8).await;
        for (_, stream) in requests.iter_mut().filter(|request| !request.0.is_finished()) {
            finish(stream);
        }
        let mut statuses = Vec::new();
        for (response, _) in requests {
            statuses.push(response.await.unwrap());
        }
        statuses.sort();
        let refused = "ResourceExhausted: the requests of this connection would hold more than 2097152 bytes, \
            which is the server's limit (`Server::max_connection_bytes`)";
        assert_eq!(
            (&statuses[..2], &statuses[2..]),
            (&["Ok: ".to_owned(), "Ok: ".to_owned()][..], &[refused; 8].map(str::to_owned)[..])
        );
    });
}

#[test]
fn the_unfinished_requests_of_all_connections_are_limited() {
    let serving = Serving::start(Server::new().max_request(DATA + 100).max_server_bytes(2 << 20));
    run(async {
        let mut one = Peer::connect(&serving).await;
        let mut requests = vec![unfinished(&mut one), unfinished(&mut one)];
        let mut other = Peer::connect(&serving).await;
        let refused = "ResourceExhausted: the requests of all connections would hold more than 2097152 bytes, which is \
            the server's limit (`Server::max_server_bytes`)";
        // While the first ones are still arriving, they may be refused instead.
        while other.call(ECHO, field_of_bytes(DATA)).await.0 != refused {
            requests.push(unfinished(&mut one));
        }
        // A short request goes on.
        assert_eq!(other.call(ECHO, field_of_bytes(500)).await.0, "Ok: ");
        // With the connection, its requests go.
        one.close().await;
        while other.call(ECHO, field_of_bytes(DATA)).await.0 != "Ok: " {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
}

#[test]
fn a_request_that_does_not_arrive_is_refused() {
    let serving = Serving::start(Server::new().body_timeout(Duration::from_millis(200)));
    run(async {
        let mut peer = Peer::connect(&serving).await;
        let (response, _stream) = unfinished(&mut peer);
        assert_eq!(
            response.await.unwrap(),
            "DeadlineExceeded: the request did not arrive within 0.2 s, the limit of the server (`Server::body_timeout`)"
        );
        // The time of the method does not count.
        assert_eq!(peer.call("/Work/Sleep", field_of_number(400)).await.0, "Ok: ");
    });
}

#[test]
fn a_request_that_does_not_arrive_before_its_deadline_is_refused() {
    let serving = Serving::start(Server::new());
    run(async {
        let mut peer = Peer::connect(&serving).await;
        let start = Instant::now();
        let (response, _stream) = peer.begin(ECHO, &[("grpc-timeout", "200m")]);
        let (status, _) = received(response).await;
        assert_eq!(status, "DeadlineExceeded: the deadline had passed before the call began");
        assert!(start.elapsed() >= Duration::from_millis(200));
    });
}

/// The server is a process of its own. The requests and the replies take 150 MB at least.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
#[ignore = "slow"]
fn memory_goes_back_to_the_system_when_the_client_has_left() {
    let server = std::path::Path::new(env!("CARGO_BIN_EXE_full-app"));
    let mut server = plug_tests::app(server);
    let mut server = plug_tests::start(server.args(["serve", "--grpc", "127.0.0.1:0", "--plugin", "a"]));
    let address = server.line().trim_start_matches("grpc://").to_owned();
    run(async {
        let mut builder = h2::client::Builder::new();
        let mut peer = Peer::with(&address, builder.initial_window_size(0)).await;
        let mut requests = Vec::new();
        for _ in 0..200 {
            let (response, mut stream) = peer.begin("/Plug/SayHello", &[]);
            stream.send_data(field_of_bytes(DATA), true).unwrap();
            requests.push((response, stream));
        }
        let resident = || plug_tests::resident(server.id());
        until(|| resident() > 150 << 20).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let held = resident();
        assert!(held < 800 << 20, "{held}");
        drop(requests);
        peer.close().await;
        until(|| resident() < 64 << 20).await;
    });
}
