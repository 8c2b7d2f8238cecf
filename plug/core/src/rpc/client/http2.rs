//! A gRPC client over one HTTP/2 connection, directly on `h2`:
//! <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.
//!
//! A short call is one write of head and message, so that the peer wakes up once.

pub(crate) mod instance;
mod objects;
mod streams;

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::header::{CONTENT_TYPE, HeaderValue, TE};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderName, Method, Request, Response, StatusCode, Uri};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::AbortHandle;
use tokio::time::timeout_at;
use tonic::{Code, Status};

use crate::rpc::frames::{Broken, Frames};
use crate::rpc::limits::{CANCELLED, HEADERS, REPLY_WINDOW, SHORT_FRAMES, STREAM_WINDOW};
use crate::rpc::{back, frames, status, timeout};
use crate::wire::channel::Call;
use crate::wire::fault::{self, Fault, Unavailable};
use crate::wire::list;

/// The headers of calls. To parse their names for each call would take longer.
static PLUGIN: HeaderName = HeaderName::from_static(list::PLUGIN_NAME);
static INSTANCE: HeaderName = HeaderName::from_static(list::INSTANCE);
static BACK: HeaderName = HeaderName::from_static(back::BACK);

/// An HTTP/2 connection that calls go over. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Http2 {
    sender: SendRequest<Bytes>,
    is_closed: Arc<AtomicBool>,
    task: AbortHandle,
}

impl Http2 {
    /// Starts HTTP/2 over the stream.
    /// A task on the current runtime drives the connection.
    ///
    /// # Errors
    ///
    /// Fails if the stream cannot be written to.
    pub(crate) async fn over<T>(stream: T) -> Result<Self, h2::Error>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) = h2::client::Builder::new()
            .enable_push(false)
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(REPLY_WINDOW)
            .max_header_list_size(HEADERS)
            .data_frame_budget(SHORT_FRAMES)
            // A reply may cross the cancellation of its call, however many are cancelled at once.
            .max_concurrent_reset_streams(CANCELLED)
            .max_local_error_reset_streams(None)
            .handshake(stream)
            .await?;
        let is_closed = Arc::new(AtomicBool::new(false));
        let closed = Arc::clone(&is_closed);
        // The result is dropped, because each call gets the connection's error too.
        let task = tokio::spawn(async move {
            _ = connection.await;
            closed.store(true, Relaxed);
        });
        Ok(Self { sender, is_closed, task: task.abort_handle() })
    }

    /// Ends the connection and all its calls.
    pub(crate) fn sever(&self) {
        self.is_closed.store(true, Relaxed);
        self.task.abort();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Relaxed)
    }

    /// Calls a method. A reply longer than `max_len` bytes is refused.
    pub(crate) async fn call(&self, call: Call, max_len: usize) -> Result<Bytes, Fault> {
        let deadline = call.deadline;
        let reply = async {
            let mut messages = self.stream(call, max_len).await?;
            let reply = messages.next().await?;
            let reply = reply.ok_or_else(|| Fault::Malformed("it has no message".to_owned()))?;
            match messages.next().await? {
                None => Ok(reply),
                Some(_) => Err(Fault::Malformed("it has more than one message".to_owned())),
            }
        };
        match deadline {
            None => reply.await,
            Some(deadline) => timeout_at(deadline.into(), reply).await.unwrap_or(Err(Fault::Deadline)),
        }
    }

    /// Marks the connection as closed if the error means that it takes no more calls.
    /// It may stay open for the calls under way.
    fn note_closed(&self, error: &h2::Error, fault: Fault) -> Fault {
        if error.is_go_away() || error.is_io() {
            self.is_closed.store(true, Relaxed);
        }
        fault
    }

    /// Calls a method that replies with a stream of messages.
    pub(crate) async fn stream(&self, call: Call, max_len: usize) -> Result<Messages, Fault> {
        self.begin(call, true, max_len).await.map(|(_, messages)| messages)
    }

    /// Calls a method that takes and gives a stream of messages, with its first message.
    async fn begin(&self, call: Call, is_last: bool, max_len: usize) -> Result<(SendStream<Bytes>, Messages), Fault> {
        let (reply, mut stream) = self.open_stream(&call).await?;
        let sent = frames::send(&mut stream, call.request, is_last);
        let reply = match (reply.await, sent) {
            // A reply counts even if the request could not be sent in full: a server in Go replies
            // early if it does not know the service.
            (Ok(reply), _) => reply,
            (Err(_), Err(error)) => return Err(self.unsent(&error)),
            (Err(error), Ok(())) => return Err(self.note_closed(&error, lost(&error))),
        };
        Ok((stream, Messages::of(reply, max_len)?))
    }

    /// Sends the head of a call.
    async fn open_stream(&self, call: &Call) -> Result<(ResponseFuture, SendStream<Bytes>), Fault> {
        let request = head(call)?;
        let mut sender = self.sender.clone().ready().await.map_err(|error| self.unsent(&error))?;
        sender.send_request(request, false).map_err(|error| self.unsent(&error))
    }

    fn unsent(&self, error: &h2::Error) -> Fault {
        self.note_closed(error, unsent(error))
    }
}

fn head(call: &Call) -> Result<Request<()>, Fault> {
    let path = PathAndQuery::try_from(&call.path[..]);
    let path = path.map_err(|_| Fault::Malformed(format!("`{}` is no path of a method", call.path)))?;
    let mut uri = http::uri::Parts::default();
    uri.scheme = Some(Scheme::HTTP);
    // The peer is behind a socket, which has no other host.
    uri.authority = Some(Authority::from_static("localhost"));
    uri.path_and_query = Some(path);
    let mut request = Request::new(());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::from_parts(uri).map_err(|error| Fault::Malformed(error.to_string()))?;
    let headers = request.headers_mut();
    headers.insert(TE, HeaderValue::from_static("trailers"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert(&status::ERRORS, HeaderValue::from_static(status::LONG));
    if let Some(number) = call.instance {
        headers.insert(&INSTANCE, HeaderValue::from(number));
    } else if let Some(plugin) = &call.plugin {
        let plugin = HeaderValue::try_from(&plugin[..]);
        headers.insert(
            &PLUGIN,
            plugin.map_err(|_| Fault::Malformed("the plugin's name cannot be a header's value".to_owned()))?,
        );
    }
    if let Some(way) = call.way {
        headers.insert(&BACK, HeaderValue::from(way));
    }
    if let Some(deadline) = call.deadline {
        headers.insert(&timeout::HEADER, timeout::until(deadline));
    }
    Ok(request)
}

/// The stream of a reply's messages.
pub(crate) struct Messages {
    frames: Frames,
    /// The final status, if the headers already had it.
    end: Option<Status>,
}

impl Messages {
    fn of(reply: Response<RecvStream>, max_len: usize) -> Result<Self, Fault> {
        let (head, body) = reply.into_parts();
        // A reply without a message has its status in the headers.
        let end = Status::from_header_map(&head.headers);
        match &end {
            None if head.status != StatusCode::OK => return Err(of_http(head.status)),
            Some(end) if end.code() != Code::Ok => return Err(status::fault(end)),
            _ => {}
        }
        Ok(Self { frames: Frames::new(body, max_len), end })
    }

    /// The next message. `None` once the reply has ended with success.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        poll_fn(|context| self.poll_next(context)).await
    }

    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Fault>> {
        Poll::Ready(match ready!(self.frames.poll_next(context)) {
            Ok(Some(message)) => Ok(Some(message)),
            Ok(None) => ready!(self.poll_end(context)).map(|()| None),
            Err(Broken::Lost(error)) => Err(lost(&error)),
            Err(Broken::TooLong { len, max_len }) => {
                let message = format!(
                    "the reply has {len} bytes, and the limit is {max_len}\n\
                     hint: `ProcessOptions::max_reply` sets the limit"
                );
                Err(Fault::Refused { code: fault::Code::OUT_OF_RANGE, message })
            }
            Err(broken) => Err(Fault::Malformed(broken.to_string())),
        })
    }

    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        let trailers = ready!(self.frames.body.poll_trailers(context)).map_err(|error| lost(&error))?;
        let status = trailers.and_then(|trailers| Status::from_header_map(&trailers)).or(self.end.take());
        let status = status.ok_or_else(|| Fault::Malformed("it has no gRPC status".to_owned()))?;
        Poll::Ready(if status.code() == Code::Ok { Ok(()) } else { Err(status::fault(&status)) })
    }
}

/// The fault if the connection failed before the call was sent.
fn unsent(error: &h2::Error) -> Fault {
    Fault::Unavailable(Unavailable::unsent(text(error)))
}

/// The fault if the call may have been sent, but got no reply.
fn lost(error: &h2::Error) -> Fault {
    Fault::Unavailable(Unavailable { is_unsent: status::is_refused(error), ..Unavailable::of(text(error)) })
}

fn text(error: &h2::Error) -> String {
    if error.is_remote() && error.is_reset() {
        return format!("it reset the call: {}", error.reason().unwrap_or(h2::Reason::CANCEL));
    }
    if error.is_remote() && error.is_go_away() {
        return format!("it closes this connection: {}", error.reason().unwrap_or(h2::Reason::NO_ERROR));
    }
    if error.reason().is_some() {
        return format!("it does not speak HTTP/2: {error}");
    }
    format!("its connection failed: {error}")
}

/// The fault that an HTTP status means if there is no gRPC status:
/// <https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md>.
fn of_http(status: StatusCode) -> Fault {
    let message = format!("it answered with the HTTP status {status}");
    match status.as_u16() {
        404 => Fault::Unimplemented(message),
        429 | 502..=504 => Fault::Unavailable(Unavailable::of(message)),
        400 => Fault::Refused { code: fault::Code::INTERNAL, message },
        401 => Fault::Refused { code: fault::Code::UNAUTHENTICATED, message },
        403 => Fault::Refused { code: fault::Code::PERMISSION_DENIED, message },
        _ => Fault::Refused { code: fault::Code::UNKNOWN, message },
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use h2::server::SendResponse;

    use super::*;

    fn call(deadline: Option<Instant>) -> Call {
        Call {
            path: "/Plug/SayHello".into(),
            method: None,
            plugin: Some("a".into()),
            instance: None,
            way: None,
            request: Bytes::from_static(b"request"),
            deadline,
            is_idempotent: false,
        }
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    /// The result of a call to a server that replies with `respond`.
    async fn call_server(
        deadline: Option<Duration>,
        serve: impl FnOnce(Request<h2::RecvStream>, SendResponse<Bytes>) + Send + 'static,
    ) -> Result<Bytes, Fault> {
        let (client, server) = tokio::io::duplex(1 << 16);
        tokio::spawn(async move {
            let mut connection = h2::server::handshake(server).await.unwrap();
            let (request, respond) = connection.accept().await.unwrap().unwrap();
            serve(request, respond);
            _ = connection.accept().await;
        });
        let deadline = deadline.map(|span| Instant::now() + span);
        Http2::over(client).await.unwrap().call(call(deadline), 100).await
    }

    /// The result of a call whose reply has this body and these trailers, as text.
    fn call_body(data: &'static [u8], trailers: Option<&'static [(&'static str, &'static str)]>) -> String {
        let result = run(call_server(None, move |_, mut respond| {
            let mut stream = respond.send_response(Response::new(()), false).unwrap();
            stream.send_data(Bytes::from_static(data), trailers.is_none()).unwrap();
            if let Some(trailers) = trailers {
                let trailers = trailers
                    .iter()
                    .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)));
                stream.send_trailers(trailers.collect()).unwrap();
            }
        }));
        text_of(result)
    }

    fn text_of(result: Result<Bytes, Fault>) -> String {
        match result {
            Ok(reply) => format!("{:?}", String::from_utf8_lossy(&reply)),
            Err(Fault::Malformed(what)) => format!("malformed: {what}"),
            Err(Fault::Failed(texts)) => format!("failed: {}", texts.join(": ")),
            Err(Fault::Refused { code, message }) => format!("{}: {message}", code.name()),
            Err(Fault::Unavailable(Unavailable { text, is_unsent, .. })) => format!("gone, unsent {is_unsent}: {text}"),
            Err(other) => format!("{other:?}"),
        }
    }

    #[test]
    fn a_call_sends_a_grpc_request() {
        run(async {
            let (sender, received) = tokio::sync::oneshot::channel();
            let span = Duration::from_secs(3);
            let reply = call_server(Some(span), move |request, mut respond| {
                tokio::spawn(async move {
                    let (head, mut body) = request.into_parts();
                    let mut data = Vec::new();
                    while let Some(chunk) = body.data().await {
                        data.extend(chunk.unwrap());
                    }
                    sender.send((head, data)).unwrap();
                    let mut trailers = http::HeaderMap::new();
                    trailers.insert("grpc-status", HeaderValue::from_static("0"));
                    let mut stream = respond.send_response(Response::new(()), false).unwrap();
                    frames::send(&mut stream, Bytes::from(vec![b'x'; 100]), false).unwrap();
                    stream.send_trailers(trailers).unwrap();
                });
            });
            assert_eq!(reply.await.unwrap(), vec![b'x'; 100]);
            let (head, data) = received.await.unwrap();
            assert_eq!((head.method, head.uri.to_string()), (Method::POST, "http://localhost/Plug/SayHello".into()));
            let header = |name: &str| head.headers.get(name).map(|value| value.to_str().unwrap());
            assert_eq!(header("content-type"), Some("application/grpc"));
            assert_eq!((header("te"), header("plug-name")), (Some("trailers"), Some("a")));
            assert_eq!(header("plug-errors"), Some("long"));
            let sent = timeout::parse(&head.headers).unwrap().unwrap();
            assert!(sent <= span && sent > span / 2, "{sent:?}");
            assert_eq!(data, b"\0\0\0\0\x07request");
        });
    }

    #[test]
    fn a_malformed_reply_is_refused_with_a_reason() {
        const OK: Option<&[(&str, &str)]> = Some(&[("grpc-status", "0")]);
        assert_eq!(call_body(b"\0\0\0\0\x02hi", OK), "\"hi\"");
        assert_eq!(call_body(b"\0\0\0\0\0", OK), "\"\"");
        assert_eq!(call_body(b"", OK), "malformed: it has no message");
        assert_eq!(call_body(b"\0\0\0\0\x01a\0\0\0\0\x01b", OK), "malformed: it has more than one message");
        assert_eq!(call_body(b"\0\0\0\0\x09hi", OK), "malformed: it ends within a message");
        assert_eq!(call_body(b"\0\0", OK), "malformed: it ends within a message");
        assert_eq!(call_body(b"\0\0\0\0\x02hi", None), "malformed: it has no gRPC status");
        assert_eq!(call_body(b"\x01\0\0\0\x02hi", OK), "malformed: a message is compressed, which was not agreed");
        assert_eq!(
            call_body(b"\0\xff\xff\xff\xff", OK),
            "OUT_OF_RANGE: the reply has 4294967295 bytes, and the limit is 100\n\
             hint: `ProcessOptions::max_reply` sets the limit"
        );
        let failed = Some(&[("grpc-status", "2"), ("grpc-message", "no%20luck")][..]);
        assert_eq!(call_body(b"", failed), "failed: no luck");
        assert_eq!(call_body(b"\0\0\0\0\x02hi", failed), "failed: no luck");
    }

    #[test]
    fn an_http_error_is_reported() {
        let http = |status: u16| {
            text_of(run(call_server(None, move |_, mut respond| {
                let head = Response::builder().status(status).body(()).unwrap();
                respond.send_response(head, true).unwrap();
            })))
        };
        assert_eq!(http(200), "malformed: it has no gRPC status");
        assert_eq!(http(503), "gone, unsent false: it answered with the HTTP status 503 Service Unavailable");
        assert_eq!(http(404), "Unimplemented(\"it answered with the HTTP status 404 Not Found\")");
        assert_eq!(http(500), "UNKNOWN: it answered with the HTTP status 500 Internal Server Error");
        assert_eq!(http(403), "PERMISSION_DENIED: it answered with the HTTP status 403 Forbidden");
    }

    #[test]
    fn a_refused_stream_is_known_not_to_have_begun() {
        let reset = |reason| text_of(run(call_server(None, move |_, mut respond| respond.send_reset(reason))));
        assert_eq!(
            reset(h2::Reason::REFUSED_STREAM),
            "gone, unsent true: it reset the call: refused stream before processing any application logic"
        );
        assert_eq!(
            reset(h2::Reason::INTERNAL_ERROR),
            "gone, unsent false: it reset the call: unexpected internal error encountered"
        );
    }

    #[test]
    fn a_connection_that_is_shutting_down_gets_no_more_calls() {
        run(async {
            let (client, server) = tokio::io::duplex(1 << 16);
            let (sender, received) = tokio::sync::oneshot::channel();
            tokio::spawn(async move {
                let mut connection = h2::server::handshake(server).await.unwrap();
                // The unfinished call keeps the connection open.
                let (_request, mut respond) = connection.accept().await.unwrap().unwrap();
                let _stream = respond.send_response(Response::new(()), false).unwrap();
                connection.graceful_shutdown();
                sender.send(()).unwrap();
                _ = connection.accept().await;
            });
            let http2 = Http2::over(client).await.unwrap();
            let _messages = http2.stream(call(None), 100).await.unwrap();
            received.await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
            let refused = http2.call(call(None), 100).await;
            assert!(matches!(&refused, Err(Fault::Unavailable(Unavailable { is_unsent: true, .. }))), "{refused:?}");
            assert!(http2.is_closed());
        });
    }

    #[test]
    fn a_call_that_takes_too_long_is_cancelled_on_both_sides() {
        run(async {
            let (sender, received) = tokio::sync::oneshot::channel();
            let reply = call_server(Some(Duration::from_millis(20)), |request, mut respond| {
                tokio::spawn(async move {
                    let reason = std::future::poll_fn(|context| respond.poll_reset(context)).await;
                    drop(request);
                    sender.send(reason.unwrap()).unwrap();
                });
            });
            assert!(matches!(reply.await, Err(Fault::Deadline)));
            assert_eq!(received.await.unwrap(), h2::Reason::CANCEL);
        });
    }
}
