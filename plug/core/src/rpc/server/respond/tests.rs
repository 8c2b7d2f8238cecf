//! Requests and their responses, over HTTP/2 in memory.

use std::pin::Pin;

use h2::RecvStream;
use http::Request;
use http_body::Frame;
use http_body_util::BodyExt as _;

use super::*;
use crate::rpc::server::body::{Incoming, RequestLimits, first, message};
use crate::rpc::server::limits::Limits;

const LIMITS: Limits = Limits::none(100);
/// Longer than a test takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The status and the body of the response to a request with this body.
async fn request<F>(body: &'static [u8], serve: impl FnOnce(Request<RecvStream>, Responder) -> F) -> (String, Vec<u8>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (client, server) = tokio::io::duplex(1 << 16);
    let serving = async {
        let mut connection = h2::server::Builder::new().handshake(server).await.unwrap();
        let (request, respond) = connection.accept().await.unwrap().unwrap();
        tokio::spawn(serve(request, Responder::new(respond, Errors::Short, LIMITS.max_request, LIMITS.body_timeout)));
        _ = connection.accept().await;
    };
    let requesting = async {
        let (mut client, connection) = h2::client::handshake(client).await.unwrap();
        tokio::spawn(connection);
        let (reply, mut stream) = client.send_request(Request::new(()), false).unwrap();
        stream.send_data(Bytes::from_static(body), true).unwrap();
        let (head, body) = reply.await.unwrap().into_parts();
        let body = Incoming(body).collect().await.unwrap();
        let headers = body.trailers().unwrap_or(&head.headers);
        let status = Status::from_header_map(headers).unwrap();
        (format!("{:?}: {}", status.code(), status.message()), body.to_bytes().to_vec())
    };
    tokio::select! {
        response = requesting => response,
        () = serving => panic!("the connection ended"),
    }
}

async fn echo(body: &'static [u8]) -> (String, Vec<u8>) {
    let backpressure = Backpressure::default();
    request(body, |request, responder| async move {
        let limits = RequestLimits { max_len: 100, timeout: PATIENCE, deadline: None };
        let message = message(request.into_body(), limits, &backpressure).await;
        let is_compressed = message.as_ref().is_ok_and(|(_, is_compressed)| *is_compressed);
        let mut responder = responder.received(is_compressed);
        let message = message.and_then(|(message, _)| responder.decode(message, &backpressure));
        responder.unary(message, &backpressure)
    })
    .await
}

#[test]
fn a_request_has_one_message() {
    run(async {
        assert_eq!(echo(b"\0\0\0\0\x02hi").await, ("Ok: ".to_owned(), b"\0\0\0\0\x02hi".to_vec()));
        for (body, status) in [
            (&b""[..], "Internal: the request has no message"),
            (b"\0\0\0\0\x09hi", "Internal: the request ends within a message"),
            (
                b"\0\0\0\0\x65",
                "ResourceExhausted: the request has 101 bytes, and the limit is 100\n\
                 hint: `Server::max_request` of the server sets the limit",
            ),
            (b"\0\0\0\0\0\0\0\0\0\0", "Unimplemented: the request has more than one message"),
            // Not all of the other one has arrived.
            (b"\0\0\0\0\0\0", "Unimplemented: the request has more than one message"),
            (b"\x01\0\0\0\0", "Internal: the message is compressed, and the request has no `grpc-encoding`"),
        ] {
            assert_eq!(echo(body).await, (status.to_owned(), Vec::new()));
        }
    });
}

#[test]
fn the_memory_of_a_message_ends_with_it() {
    let response = run(request(b"\0\0\0\0\x02hi", |request, responder| async {
        let backpressure = Backpressure::default();
        let limits = RequestLimits { max_len: 100, timeout: PATIENCE, deadline: None };
        let (message, _, _body) = first(request.into_body(), limits, &backpressure).await.unwrap();
        // Nothing else shares it, though the request goes on.
        let reply = message.try_into_mut().map_or("shared", |_| "unique");
        responder.unary(Ok(reply.into()), &backpressure);
    }));
    assert_eq!(response, ("Ok: ".to_owned(), b"\0\0\0\0\x06unique".to_vec()));
}

#[test]
fn a_dropped_responder_responds_that_the_server_ends() {
    let response = run(request(b"", |_, responder| async { drop(responder) }));
    assert_eq!(response.0, "Unavailable: the server is about to end");
}

#[test]
fn a_long_response_of_tonics_arrives_in_full() {
    let data = vec![7; 3_000_000];
    let sent = data.clone();
    let response = run(request(b"", |_, responder| async {
        let trailers = [(HeaderName::from_static("grpc-status"), HeaderValue::from_static("0"))];
        let body = http_body_util::Full::new(Bytes::from(sent));
        let body = body.with_trailers(std::future::ready(Some(Ok(trailers.into_iter().collect()))));
        let response = std::future::ready(Response::new(Body::new(body)));
        responder.stream(response, None, &Backpressure::default()).await;
    }));
    assert!(response == ("Ok: ".to_owned(), data));
}

/// A body that never ends, and reports when it is dropped.
struct Endless(Option<tokio::sync::oneshot::Sender<()>>);

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Poll::Pending
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        _ = self.0.take().map(|dropped| dropped.send(()));
    }
}

/// Sends an endless response, and drops the connection after 20 ms.
/// Returns once the response is dropped.
async fn drop_connection_during(respond: impl Future<Output = Response<Body>> + Send + 'static) {
    let requesting = request(b"", |_, responder| async move {
        responder.stream(respond, None, &Backpressure::default()).await;
    });
    tokio::select! {
        _ = requesting => panic!("it is endless"),
        () = tokio::time::sleep(Duration::from_millis(20)) => {}
    }
}

#[test]
fn the_response_to_a_cancelled_request_is_dropped() {
    run(async {
        let (dropped, is_dropped) = tokio::sync::oneshot::channel();
        let body = Body::new(Endless(Some(dropped)));
        drop_connection_during(std::future::ready(Response::new(body))).await;
        is_dropped.await.unwrap();
        // So is one that has not begun.
        let (dropped, is_dropped) = tokio::sync::oneshot::channel();
        let body = Endless(Some(dropped));
        drop_connection_during(async move {
            std::future::pending::<()>().await;
            Response::new(Body::new(body))
        })
        .await;
        is_dropped.await.unwrap();
    });
}

#[test]
fn a_response_ends_with_its_deadline() {
    for has_begun in [false, true] {
        let (dropped, is_dropped) = tokio::sync::oneshot::channel();
        let body = Body::new(Endless(Some(dropped)));
        let response = async move {
            if !has_begun {
                std::future::pending::<()>().await;
            }
            Response::new(body)
        };
        let deadline = Instant::now() + Duration::from_millis(20);
        run(async {
            let response = request(b"", |_, responder| async move {
                responder.stream(response, Some(deadline), &Backpressure::default()).await;
            });
            assert_eq!(response.await, ("DeadlineExceeded: the deadline has passed".to_owned(), Vec::new()));
            is_dropped.await.unwrap();
        });
    }
}

#[test]
fn a_reply_that_nobody_reads_is_abandoned() {
    run(async {
        let (client, server) = tokio::io::duplex(1 << 16);
        let backpressure = Backpressure::default();
        let limits = Limits { body_timeout: Duration::from_millis(20), ..LIMITS };
        let serving = async {
            let mut connection = h2::server::Builder::new().handshake(server).await.unwrap();
            while let Some(Ok((_, respond))) = connection.accept().await {
                let responder = Responder::new(respond, Errors::Short, limits.max_request, limits.body_timeout);
                responder.unary(Ok(Bytes::from(vec![7; 20_000])), &backpressure);
                assert!(!backpressure.is_idle());
            }
        };
        let requesting = async {
            let mut builder = h2::client::Builder::new();
            let (mut client, connection) = builder.initial_window_size(0).handshake::<_, Bytes>(client).await.unwrap();
            tokio::spawn(connection);
            let (reply, _) = client.send_request(Request::new(()), true).unwrap();
            let error = reply.await.unwrap().into_body().data().await.unwrap().unwrap_err();
            assert_eq!(error.reason(), Some(Reason::CANCEL));
        };
        tokio::select! {
            () = requesting => {}
            () = serving => panic!("the connection ended"),
        }
        assert!(backpressure.is_idle());
    });
}
