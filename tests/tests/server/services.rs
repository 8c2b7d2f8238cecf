//! Services that are added to a server: a call that its client no longer wants is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use h2::Reason;
use http::{Request, Response};
use plug::Server;
use plug_tests::service::{Answer, Served};
use tonic::body::Body;
use tonic::{Code, Status};

use crate::peer::{Peer, received};
use crate::{Serving, run, until};

/// Waits for ever, or gives the address of its client.
#[derive(Clone, Default)]
struct Waiting {
    /// The calls that wait.
    calls: Arc<AtomicUsize>,
}

/// A call that waits.
struct Call(Arc<AtomicUsize>);

impl Drop for Call {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Answer for Waiting {
    const NAME: &'static str = "tests.Waiting";

    async fn answer(self, request: Request<Body>) -> Response<Body> {
        if request.uri().path() == "/tests.Waiting/Address" {
            let address = tonic::Request::from_http(request).remote_addr().unwrap();
            return Status::new(Code::Ok, address.to_string()).into_http();
        }
        self.calls.fetch_add(1, Ordering::SeqCst);
        let _call = Call(self.calls);
        std::future::pending().await
    }
}

fn serving() -> (Serving, Waiting) {
    let waiting = Waiting::default();
    (Serving::start(Server::new().service(Served(waiting.clone()))), waiting)
}

const WAIT: &str = "/tests.Waiting/Wait";

#[test]
fn a_cancelled_call_is_dropped() {
    let (serving, waiting) = serving();
    let calls = || waiting.calls.load(Ordering::SeqCst);
    run(async {
        let mut peer = Peer::connect(&serving).await;
        let (_response, mut stream) = peer.begin(WAIT, &[]);
        until(|| calls() == 1).await;
        stream.send_reset(Reason::CANCEL);
        until(|| calls() == 0).await;
        // So are the calls of a connection that is lost.
        let (_response, _stream) = peer.begin(WAIT, &[]);
        until(|| calls() == 1).await;
        peer.close().await;
        until(|| calls() == 0).await;
    });
}

#[test]
fn a_call_is_dropped_after_its_deadline() {
    let (serving, waiting) = serving();
    run(async {
        let mut peer = Peer::connect(&serving).await;
        let start = Instant::now();
        let (response, _stream) = peer.begin(WAIT, &[("grpc-timeout", "200m")]);
        assert_eq!(received(response).await.0, "DeadlineExceeded: the deadline has passed");
        assert!(start.elapsed() >= Duration::from_millis(200));
        until(|| waiting.calls.load(Ordering::SeqCst) == 0).await;
    });
}

#[test]
fn a_call_has_the_address_of_its_client() {
    let (serving, _) = serving();
    run(async {
        let mut peer = Peer::connect(&serving).await;
        let (status, _) = peer.call("/tests.Waiting/Address", bytes::Bytes::new()).await;
        assert!(status.starts_with("Ok: 127.0.0.1:") && !status.ends_with(":0"), "{status}");
        assert!(!status.ends_with(&serving.address), "{status}");
    });
}
