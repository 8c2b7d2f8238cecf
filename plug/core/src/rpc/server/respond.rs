//! Reads requests from an HTTP/2 connection, and writes the responses.
//! The messages of plugins go directly over `h2`, and other requests and responses are tonic's.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, HeaderName, Response, StatusCode};
use http_body::{Body as _, Frame};
use tonic::Status;
use tonic::body::Body;

use crate::rpc::frames;
use crate::rpc::frames::{Broken, Frames};
use crate::rpc::server::backpressure::Backpressure;
use crate::rpc::server::request::Respond;
use crate::rpc::status::{Errors, status};
use crate::wire::fault::{Code, Fault};

/// A reply longer than this many bytes is sent as the peer opens its window.
const LONG: usize = 64 << 10;

/// Responds to one request. If it is dropped unused, it responds that the server is about to end.
pub(super) struct Responder(Option<SendResponse<Bytes>>, Errors);

impl Responder {
    /// Responds to a client that accepts these errors.
    pub(super) fn new(respond: SendResponse<Bytes>, errors: Errors) -> Self {
        Self(Some(respond), errors)
    }

    /// Refuses a request that is not gRPC with an HTTP status.
    pub(super) fn unsupported_media_type(mut self) {
        if let Some(mut respond) = self.0.take() {
            let mut response = Response::new(());
            *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            let _ = respond.send_response(response, true);
        }
    }

    /// Sends tonic's response, and its body as it comes.
    pub(super) async fn stream(mut self, response: Response<Body>) {
        if let Some(mut respond) = self.0.take() {
            let (head, body) = response.into_parts();
            let is_empty = body.is_end_stream();
            let Ok(mut stream) = respond.send_response(Response::from_parts(head, ()), is_empty) else { return };
            if !is_empty && send_body(body, &mut stream).await.is_err() {
                stream.send_reset(Reason::INTERNAL_ERROR);
            }
        }
    }
}

impl Respond for Responder {
    fn is_cancelled(&mut self) -> bool {
        let mut no_waker = Context::from_waker(Waker::noop());
        self.0.as_mut().is_none_or(|respond| respond.poll_reset(&mut no_waker).is_ready())
    }

    /// Sends a short message at once, and a long one in a task, as the peer opens its window.
    fn unary(mut self, reply: Result<Bytes, Fault>, backpressure: &Backpressure) {
        let Some(mut respond) = self.0.take() else { return };
        // Errors are dropped: the peer has disconnected or cancelled the call.
        match reply {
            Ok(message) if message.len() > LONG => {
                let unsent = backpressure.take(message.len());
                tokio::spawn(async move {
                    let _ = send_long(respond, message).await;
                    drop(unsent);
                });
            }
            Ok(message) => drop(send_short(respond, message)),
            Err(fault) => drop(respond.send_response(status(fault, self.1).into_http(), true)),
        }
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        if let Some(respond) = &mut self.0 {
            let status = Status::unavailable("the server is about to end");
            let _ = respond.send_response(status.into_http(), true);
        }
    }
}

fn send_short(respond: SendResponse<Bytes>, message: Bytes) -> Result<(), h2::Error> {
    let mut stream = begin(respond)?;
    frames::send(&mut stream, message, false)?;
    end(stream)
}

async fn send_long(respond: SendResponse<Bytes>, message: Bytes) -> Result<(), h2::Error> {
    let mut stream = begin(respond)?;
    stream.send_data(frames::prefix(message.len()), false)?;
    send_all(&mut stream, message).await?;
    end(stream)
}

fn begin(mut respond: SendResponse<Bytes>) -> Result<SendStream<Bytes>, h2::Error> {
    let mut head = Response::new(());
    head.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    respond.send_response(head, false)
}

fn end(mut stream: SendStream<Bytes>) -> Result<(), h2::Error> {
    let mut trailers = HeaderMap::with_capacity(1);
    trailers.insert(HeaderName::from_static("grpc-status"), HeaderValue::from_static("0"));
    stream.send_trailers(trailers)
}

/// Sends a body as the peer opens its window. It ends without an error if the peer cancels.
async fn send_body(body: Body, stream: &mut SendStream<Bytes>) -> Result<(), Status> {
    let mut body = std::pin::pin!(body);
    loop {
        let frame = poll_fn(|context| {
            if stream.poll_reset(context).is_ready() {
                return Poll::Ready(None);
            }
            body.as_mut().poll_frame(context).map(Some)
        });
        let is_done = match frame.await {
            None => Err(Reason::CANCEL.into()),
            Some(None) => stream.send_data(Bytes::new(), true).map(|()| true),
            Some(Some(frame)) => match frame?.into_data() {
                Ok(data) => send_all(stream, data).await.map(|()| false),
                Err(frame) => match frame.into_trailers() {
                    Ok(trailers) => stream.send_trailers(trailers).map(|()| true),
                    Err(_) => Ok(false),
                },
            },
        };
        // It fails if the peer has cancelled.
        if is_done.unwrap_or(true) {
            return Ok(());
        }
    }
}

async fn send_all(stream: &mut SendStream<Bytes>, mut data: Bytes) -> Result<(), h2::Error> {
    while !data.is_empty() {
        stream.reserve_capacity(data.len());
        if stream.capacity() == 0 {
            match poll_fn(|context| stream.poll_capacity(context)).await {
                Some(capacity) => _ = capacity?,
                // The stream has ended.
                None => return Err(Reason::CANCEL.into()),
            }
        }
        let len = stream.capacity().min(data.len());
        stream.send_data(data.split_to(len), false)?;
    }
    Ok(())
}

/// Reads the only message of a request, which may have up to `max_len` bytes.
pub(super) async fn message(body: RecvStream, max_len: usize) -> Result<Bytes, Fault> {
    let mut frames = Frames::new(body, max_len);
    let fault = |broken| match broken {
        Broken::Compressed => {
            Fault::Unimplemented("the message is compressed, which this server does not know".to_owned())
        }
        Broken::TooLong { len, max_len } => {
            let text = format!(
                "the request has {len} bytes, and the limit is {max_len}\n\
                 hint: `Server::max_request` of the server sets the limit"
            );
            Fault::refused(Code::RESOURCE_EXHAUSTED, text)
        }
        Broken::Cut => Fault::refused(Code::INTERNAL, "the request ends within a message"),
        broken => Fault::refused(Code::INTERNAL, broken.to_string()),
    };
    let message = frames.next().await.map_err(fault)?;
    let message = message.ok_or_else(|| Fault::refused(Code::INTERNAL, "the request has no message"))?;
    match frames.next().await.map_err(fault)? {
        None => Ok(message),
        Some(_) => Err(Fault::Unimplemented("the request has more than one message".to_owned())),
    }
}

/// A request's body, for tonic.
pub(super) struct Incoming(pub RecvStream);

impl http_body::Body for Incoming {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        if let Some(data) = ready!(self.0.poll_data(context)) {
            let data = data?;
            let _ = self.0.flow_control().release_capacity(data.len());
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        let trailers = ready!(self.0.poll_trailers(context))?;
        Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }
}

#[cfg(test)]
mod tests {
    use http::Request;
    use http_body_util::BodyExt as _;

    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    /// The status and the body of the response to a request with this body.
    async fn request<F>(
        body: &'static [u8],
        serve: impl FnOnce(Request<RecvStream>, Responder) -> F,
    ) -> (String, Vec<u8>)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (client, server) = tokio::io::duplex(1 << 16);
        let serving = async {
            let mut connection = h2::server::handshake(server).await.unwrap();
            let (request, respond) = connection.accept().await.unwrap().unwrap();
            tokio::spawn(serve(request, Responder::new(respond, Errors::Short)));
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
            responder.unary(message(request.into_body(), 100).await, &backpressure)
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
                (b"\x01\0\0\0\0", "Unimplemented: the message is compressed, which this server does not know"),
            ] {
                assert_eq!(echo(body).await, (status.to_owned(), Vec::new()));
            }
        });
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
            responder.stream(Response::new(Body::new(body))).await;
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

    #[test]
    fn the_body_of_a_cancelled_request_is_dropped() {
        run(async {
            let (dropped, is_dropped) = tokio::sync::oneshot::channel();
            let requesting =
                request(b"", |_, responder| responder.stream(Response::new(Body::new(Endless(Some(dropped))))));
            tokio::select! {
                _ = requesting => panic!("it is endless"),
                () = tokio::time::sleep(std::time::Duration::from_millis(20)) => {}
            }
            // Dropping the client closed the connection.
            is_dropped.await.unwrap();
        });
    }
}
