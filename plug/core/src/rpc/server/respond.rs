//! Requests and replies between a connection of HTTP/2 and what answers: the messages of a plugin's method with nothing between, and everything else as tonic
//! has it. It knows no service.

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
use crate::rpc::status::status;
use crate::wire::fault::{Code, Fault};

/// From this length on a reply is sent as the other side takes it, in bytes.
const LONG: usize = 64 << 10;

/// How a request is answered. Dropped, it says that the server is about to end.
pub(super) struct Responder(Option<SendResponse<Bytes>>);

impl Responder {
    pub(super) fn new(respond: SendResponse<Bytes>) -> Self {
        Self(Some(respond))
    }

    /// Refuses what is no call of gRPC, and so in words of HTTP.
    pub(super) fn no_call(mut self) {
        if let Some(mut respond) = self.0.take() {
            let mut response = Response::new(());
            *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            let _ = respond.send_response(response, true);
        }
    }

    /// Answers with what comes, when it comes.
    pub(super) async fn with(mut self, response: Response<Body>) {
        if let Some(mut respond) = self.0.take() {
            let (head, body) = response.into_parts();
            let is_over = body.is_end_stream();
            let Ok(mut stream) = respond.send_response(Response::from_parts(head, ()), is_over) else { return };
            if !is_over && pump(body, &mut stream).await.is_err() {
                stream.send_reset(Reason::INTERNAL_ERROR);
            }
        }
    }
}

impl Respond for Responder {
    fn is_given_up(&mut self) -> bool {
        let mut nobody = Context::from_waker(Waker::noop());
        self.0.as_mut().is_none_or(|respond| respond.poll_reset(&mut nobody).is_ready())
    }

    /// A short message is sent at once, and a long one as the other side takes it.
    fn unary(mut self, reply: Result<Bytes, Fault>, backpressure: &Backpressure) {
        let Some(mut respond) = self.0.take() else { return };
        // It fails where the other side has gone, or given up.
        match reply {
            Ok(message) if message.len() > LONG => {
                let unsent = backpressure.take(message.len());
                tokio::spawn(async move {
                    let _ = long(respond, message).await;
                    drop(unsent);
                });
            }
            Ok(message) => drop(short(respond, message)),
            Err(fault) => drop(respond.send_response(status(fault).into_http(), true)),
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

fn short(respond: SendResponse<Bytes>, message: Bytes) -> Result<(), h2::Error> {
    let mut stream = begin(respond)?;
    frames::send(&mut stream, message, false)?;
    end(stream)
}

async fn long(respond: SendResponse<Bytes>, message: Bytes) -> Result<(), h2::Error> {
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

/// Sends a body no faster than the other side takes it. It ends without an error where the other side gives up.
async fn pump(body: Body, stream: &mut SendStream<Bytes>) -> Result<(), Status> {
    let mut body = std::pin::pin!(body);
    loop {
        let frame = poll_fn(|context| {
            if stream.poll_reset(context).is_ready() {
                return Poll::Ready(None);
            }
            body.as_mut().poll_frame(context).map(Some)
        });
        let is_over = match frame.await {
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
        // Where it fails, the other side has given up.
        if is_over.unwrap_or(true) {
            return Ok(());
        }
    }
}

async fn send_all(stream: &mut SendStream<Bytes>, mut data: Bytes) -> Result<(), h2::Error> {
    while !data.is_empty() {
        stream.reserve_capacity(data.len());
        if stream.capacity() == 0 {
            match poll_fn(|context| stream.poll_capacity(context)).await {
                Some(backpressure) => _ = backpressure?,
                // The stream is over.
                None => return Err(Reason::CANCEL.into()),
            }
        }
        let backpressure = stream.capacity().min(data.len());
        stream.send_data(data.split_to(backpressure), false)?;
    }
    Ok(())
}

/// The one message of a request, no longer than `most` bytes.
pub(super) async fn message(body: RecvStream, max_len: usize) -> Result<Bytes, Fault> {
    let mut frames = Frames::new(body, max_len);
    let told = |broken| match broken {
        Broken::Compressed => {
            Fault::Unimplemented("the message is compressed, which this server does not know".to_owned())
        }
        Broken::TooLong { .. } => Fault::refused(Code::RESOURCE_EXHAUSTED, format!("of the request {broken}")),
        Broken::Cut => Fault::refused(Code::INTERNAL, "the request ends within a message"),
        broken => Fault::refused(Code::INTERNAL, broken.to_string()),
    };
    let message = frames.next().await.map_err(told)?;
    let message = message.ok_or_else(|| Fault::refused(Code::INTERNAL, "the request has no message"))?;
    match frames.next().await.map_err(told)? {
        None => Ok(message),
        Some(_) => Err(Fault::Unimplemented("the request has more than one message".to_owned())),
    }
}

/// A request's body, as tonic takes it.
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

    /// The status of the reply to a request with this body, and what else the reply has.
    async fn asked<F>(body: &'static [u8], serve: impl FnOnce(Request<RecvStream>, Responder) -> F) -> (String, Vec<u8>)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (here, there) = tokio::io::duplex(1 << 16);
        let serving = async {
            let mut connection = h2::server::handshake(there).await.unwrap();
            let (request, respond) = connection.accept().await.unwrap().unwrap();
            tokio::spawn(serve(request, Responder::new(respond)));
            _ = connection.accept().await;
        };
        let asking = async {
            let (mut client, connection) = h2::client::handshake(here).await.unwrap();
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
            told = asking => told,
            () = serving => panic!("the connection ended"),
        }
    }

    async fn echoed(body: &'static [u8]) -> (String, Vec<u8>) {
        let backpressure = Backpressure::default();
        asked(
            body,
            |request, answer| async move { answer.unary(message(request.into_body(), 100).await, &backpressure) },
        )
        .await
    }

    #[test]
    fn a_request_has_one_message() {
        run(async {
            assert_eq!(echoed(b"\0\0\0\0\x02hi").await, ("Ok: ".to_owned(), b"\0\0\0\0\x02hi".to_vec()));
            for (body, told) in [
                (&b""[..], "Internal: the request has no message"),
                (b"\0\0\0\0\x09hi", "Internal: the request ends within a message"),
                (
                    b"\0\0\0\0\x65",
                    "ResourceExhausted: of the request a message has 101 bytes, which is more than the 100 that are taken",
                ),
                (b"\0\0\0\0\0\0\0\0\0\0", "Unimplemented: the request has more than one message"),
                (b"\x01\0\0\0\0", "Unimplemented: the message is compressed, which this server does not know"),
            ] {
                assert_eq!(echoed(body).await, (told.to_owned(), Vec::new()));
            }
        });
    }

    #[test]
    fn who_is_not_answered_is_told_so() {
        let told = run(asked(b"", |_, answer| async { drop(answer) }));
        assert_eq!(told.0, "Unavailable: the server is about to end");
    }

    #[test]
    fn what_tonic_answers_comes_as_a_whole() {
        let data = vec![7; 3_000_000];
        let sent = data.clone();
        let told = run(asked(b"", |_, answer| async {
            let trailers = [(HeaderName::from_static("grpc-status"), HeaderValue::from_static("0"))];
            let body = http_body_util::Full::new(Bytes::from(sent));
            let body = body.with_trailers(std::future::ready(Some(Ok(trailers.into_iter().collect()))));
            answer.with(Response::new(Body::new(body))).await;
        }));
        assert!(told == ("Ok: ".to_owned(), data));
    }

    /// A body that never ends, and says when it is dropped.
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
    fn what_nobody_wants_any_more_is_dropped() {
        run(async {
            let (dropped, is_dropped) = tokio::sync::oneshot::channel();
            let asking = asked(b"", |_, answer| answer.with(Response::new(Body::new(Endless(Some(dropped))))));
            tokio::select! {
                _ = asking => panic!("it is endless"),
                () = tokio::time::sleep(std::time::Duration::from_millis(20)) => {}
            }
            // The connection goes with the one that asked.
            is_dropped.await.unwrap();
        });
    }
}
