//! gRPC over one connection of HTTP/2, with nothing between: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>. It knows no plugin, and not how
//! the connection came about.
//!
//! A call that fits is one write: head and message together, so that the other side is woken up once.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use h2::client::SendRequest;
use http::header::{CONTENT_TYPE, HeaderValue, TE};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Method, Request, StatusCode, Uri};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::AbortHandle;
use tokio::time::timeout_at;
use tonic::{Code, Status};

use crate::rpc::frames::{Broken, Frames};
use crate::rpc::limits::{CONNECTION_WINDOW, HEADERS, STREAM_WINDOW};
use crate::rpc::{frames, status, timeout};
use crate::wire::channel::Call;
use crate::wire::fault::{self, Fault, Unavailable};
use crate::wire::list::PLUGIN_NAME;

/// One connection. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Http2 {
    sender: SendRequest<Bytes>,
    is_closed: Arc<AtomicBool>,
    task: AbortHandle,
}

impl Http2 {
    /// Begins to speak over the stream. The connection lives in a task of the runtime that this is called in.
    ///
    /// # Errors
    ///
    /// Where nothing can be written.
    pub(crate) async fn over<T>(stream: T) -> Result<Self, h2::Error>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) = h2::client::Builder::new()
            .enable_push(false)
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(HEADERS)
            .handshake(stream)
            .await?;
        let is_closed = Arc::new(AtomicBool::new(false));
        let closed = Arc::clone(&is_closed);
        // It ends with the connection, whose errors the calls are told of.
        let task = tokio::spawn(async move {
            _ = connection.await;
            closed.store(true, Relaxed);
        });
        Ok(Self { sender, is_closed, task: task.abort_handle() })
    }

    /// Ends the connection, and what goes on by it.
    pub(crate) fn sever(&self) {
        self.is_closed.store(true, Relaxed);
        self.task.abort();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Relaxed)
    }

    /// Has a method called, whose reply is no longer than `most` bytes.
    pub(crate) async fn call(&self, call: Call, max_len: usize) -> Result<Bytes, Fault> {
        let deadline = call.deadline;
        let answered = async {
            let mut messages = self.stream(call, max_len).await?;
            let reply = messages.next().await?;
            let reply = reply.ok_or_else(|| Fault::Malformed("it has no message".to_owned()))?;
            match messages.next().await? {
                None => Ok(reply),
                Some(_) => Err(Fault::Malformed("it has more than one message".to_owned())),
            }
        };
        match deadline {
            None => answered.await,
            Some(deadline) => timeout_at(deadline.into(), answered).await.unwrap_or(Err(Fault::Deadline)),
        }
    }

    /// Whoever calls next is to know that the connection takes no more calls, also where it stays open for those it has.
    fn failed(&self, error: &h2::Error, fault: Fault) -> Fault {
        if error.is_go_away() || error.is_io() {
            self.is_closed.store(true, Relaxed);
        }
        fault
    }

    /// Has a method called that answers with any number of messages.
    pub(crate) async fn stream(&self, call: Call, max_len: usize) -> Result<Messages, Fault> {
        let request = head(&call)?;
        let unsent = |error| self.failed(&error, unsent(&error));
        let mut sender = self.sender.clone().ready().await.map_err(unsent)?;
        let (reply, mut stream) = sender.send_request(request, false).map_err(unsent)?;
        let sent = frames::send(&mut stream, call.request, true);
        let (head, body) = match (reply.await, sent) {
            // Also where the other side had answered before it was sent all: one in Go does, of a service that it does not know.
            (Ok(reply), _) => reply.into_parts(),
            (Err(_), Err(error)) => return Err(unsent(error)),
            (Err(error), Ok(())) => return Err(self.failed(&error, lost(&error))),
        };
        // Where there is no message, its end stands in its beginning.
        let over = Status::from_header_map(&head.headers);
        if over.is_none() && head.status != StatusCode::OK {
            return Err(of_http(head.status));
        }
        Ok(Messages { frames: Frames::new(body, max_len), over })
    }
}

fn head(call: &Call) -> Result<Request<()>, Fault> {
    let path = PathAndQuery::try_from(&call.path[..]);
    let path = path.map_err(|_| Fault::Malformed(format!("`{}` is no path of a method", call.path)))?;
    let mut uri = http::uri::Parts::default();
    uri.scheme = Some(Scheme::HTTP);
    // Behind a socket there is no other.
    uri.authority = Some(Authority::from_static("localhost"));
    uri.path_and_query = Some(path);
    let mut request = Request::new(());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::from_parts(uri).map_err(|error| Fault::Malformed(error.to_string()))?;
    let headers = request.headers_mut();
    headers.insert(TE, HeaderValue::from_static("trailers"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    if let Some(plugin) = &call.plugin {
        let plugin = HeaderValue::try_from(&plugin[..]);
        headers.insert(
            PLUGIN_NAME,
            plugin.map_err(|_| Fault::Malformed("the plugin's name is none for a header".to_owned()))?,
        );
    }
    if let Some(deadline) = call.deadline {
        headers.insert(timeout::HEADER, timeout::until(deadline));
    }
    Ok(request)
}

/// The messages of a reply, as they come.
pub(crate) struct Messages {
    frames: Frames,
    /// How it ended, where that is known already.
    over: Option<Status>,
}

impl Messages {
    /// The next one. None where there are no more, and all is well.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        match self.frames.next().await {
            Ok(Some(message)) => Ok(Some(message)),
            Ok(None) => self.end().await.map(|()| None),
            Err(Broken::Lost(error)) => Err(lost(&error)),
            Err(broken @ Broken::TooLong { .. }) => {
                Err(Fault::Refused { code: fault::Code::OUT_OF_RANGE, message: broken.to_string() })
            }
            Err(broken) => Err(Fault::Malformed(broken.to_string())),
        }
    }

    async fn end(&mut self) -> Result<(), Fault> {
        let trailers = self.frames.body.trailers().await.map_err(|error| lost(&error))?;
        let over = trailers.and_then(|trailers| Status::from_header_map(&trailers)).or(self.over.take());
        let over = over.ok_or_else(|| Fault::Malformed("it does not say how it ended".to_owned()))?;
        if over.code() == Code::Ok { Ok(()) } else { Err(status::fault(&over)) }
    }
}

/// The connection was not there to take the call.
fn unsent(error: &h2::Error) -> Fault {
    Fault::Unavailable(Unavailable::unsent(text(error)))
}

/// The call was sent, as far as this side knows, and there is no reply.
fn lost(error: &h2::Error) -> Fault {
    Fault::Unavailable(Unavailable { is_unsent: status::is_refused(error), ..Unavailable::of(text(error)) })
}

fn text(error: &h2::Error) -> String {
    if error.is_remote() && error.is_reset() {
        return format!("it gave the call up: {}", error.reason().unwrap_or(h2::Reason::CANCEL));
    }
    if error.is_remote() && error.is_go_away() {
        return format!(
            "it takes no more calls by this connection: {}",
            error.reason().unwrap_or(h2::Reason::NO_ERROR)
        );
    }
    if error.reason().is_some() {
        return format!("what it sends is no HTTP/2: {error}");
    }
    format!("its connection failed: {error}")
}

/// What a status of HTTP means where there is none of gRPC:
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
    use http::Response;

    use super::*;

    fn call(deadline: Option<Instant>) -> Call {
        Call {
            path: "/Plug/SayHello".into(),
            method: None,
            plugin: Some("a".into()),
            request: Bytes::from_static(b"asked"),
            deadline,
            is_idempotent: false,
        }
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    /// What a call comes to that is answered so.
    async fn answered(
        deadline: Option<Duration>,
        answer: impl FnOnce(Request<h2::RecvStream>, SendResponse<Bytes>) + Send + 'static,
    ) -> Result<Bytes, Fault> {
        let (here, there) = tokio::io::duplex(1 << 16);
        tokio::spawn(async move {
            let mut connection = h2::server::handshake(there).await.unwrap();
            let (request, respond) = connection.accept().await.unwrap().unwrap();
            answer(request, respond);
            _ = connection.accept().await;
        });
        let deadline = deadline.map(|span| Instant::now() + span);
        Http2::over(here).await.unwrap().call(call(deadline), 100).await
    }

    /// What a call comes to whose reply has this body and these trailers.
    fn body(data: &'static [u8], trailers: Option<&'static [(&'static str, &'static str)]>) -> String {
        let answered = run(answered(None, move |_, mut respond| {
            let mut stream = respond.send_response(Response::new(()), false).unwrap();
            stream.send_data(Bytes::from_static(data), trailers.is_none()).unwrap();
            if let Some(trailers) = trailers {
                let trailers = trailers
                    .iter()
                    .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)));
                stream.send_trailers(trailers.collect()).unwrap();
            }
        }));
        told(answered)
    }

    fn told(answered: Result<Bytes, Fault>) -> String {
        match answered {
            Ok(reply) => format!("{:?}", String::from_utf8_lossy(&reply)),
            Err(Fault::Malformed(what)) => format!("malformed: {what}"),
            Err(Fault::Failed(texts)) => format!("failed: {}", texts.join(": ")),
            Err(Fault::Refused { code, message }) => format!("{}: {message}", code.name()),
            Err(Fault::Unavailable(Unavailable { text, is_unsent, .. })) => format!("gone, unsent {is_unsent}: {text}"),
            Err(other) => format!("{other:?}"),
        }
    }

    #[test]
    fn what_is_sent_is_a_request_of_grpc() {
        run(async {
            let (tell, told) = tokio::sync::oneshot::channel();
            let span = Duration::from_secs(3);
            let answered = answered(Some(span), move |request, mut respond| {
                tokio::spawn(async move {
                    let (head, mut body) = request.into_parts();
                    let mut data = Vec::new();
                    while let Some(chunk) = body.data().await {
                        data.extend(chunk.unwrap());
                    }
                    tell.send((head, data)).unwrap();
                    let mut trailers = http::HeaderMap::new();
                    trailers.insert("grpc-status", HeaderValue::from_static("0"));
                    let mut stream = respond.send_response(Response::new(()), false).unwrap();
                    frames::send(&mut stream, Bytes::from(vec![b'x'; 100]), false).unwrap();
                    stream.send_trailers(trailers).unwrap();
                });
            });
            assert_eq!(answered.await.unwrap(), vec![b'x'; 100]);
            let (head, data) = told.await.unwrap();
            assert_eq!((head.method, head.uri.to_string()), (Method::POST, "http://localhost/Plug/SayHello".into()));
            let header = |name: &str| head.headers.get(name).map(|value| value.to_str().unwrap());
            assert_eq!(header("content-type"), Some("application/grpc"));
            assert_eq!((header("te"), header("plug-name")), (Some("trailers"), Some("a")));
            let left = timeout::told(&head.headers).unwrap();
            assert!(left <= span && left > span / 2, "{left:?}");
            assert_eq!(data, b"\0\0\0\0\x05asked");
        });
    }

    #[test]
    fn what_is_no_reply_is_said() {
        const OK: Option<&[(&str, &str)]> = Some(&[("grpc-status", "0")]);
        assert_eq!(body(b"\0\0\0\0\x02hi", OK), "\"hi\"");
        assert_eq!(body(b"\0\0\0\0\0", OK), "\"\"");
        assert_eq!(body(b"", OK), "malformed: it has no message");
        assert_eq!(body(b"\0\0\0\0\x01a\0\0\0\0\x01b", OK), "malformed: it has more than one message");
        assert_eq!(body(b"\0\0\0\0\x09hi", OK), "malformed: it ends within a message");
        assert_eq!(body(b"\0\0", OK), "malformed: it ends within a message");
        assert_eq!(body(b"\0\0\0\0\x02hi", None), "malformed: it does not say how it ended");
        assert_eq!(body(b"\x01\0\0\0\x02hi", OK), "malformed: a message is compressed, which was not agreed");
        assert_eq!(
            body(b"\0\xff\xff\xff\xff", OK),
            "OUT_OF_RANGE: a message has 4294967295 bytes, which is more than the 100 that are taken"
        );
        let failed = Some(&[("grpc-status", "2"), ("grpc-message", "no%20luck")][..]);
        assert_eq!(body(b"", failed), "failed: no luck");
        assert_eq!(body(b"\0\0\0\0\x02hi", failed), "failed: no luck");
    }

    #[test]
    fn what_is_not_grpc_is_said() {
        let http = |status: u16| {
            told(run(answered(None, move |_, mut respond| {
                let head = Response::builder().status(status).body(()).unwrap();
                respond.send_response(head, true).unwrap();
            })))
        };
        assert_eq!(http(200), "malformed: it does not say how it ended");
        assert_eq!(http(503), "gone, unsent false: it answered with the HTTP status 503 Service Unavailable");
        assert_eq!(http(404), "Unimplemented(\"it answered with the HTTP status 404 Not Found\")");
        assert_eq!(http(500), "UNKNOWN: it answered with the HTTP status 500 Internal Server Error");
        assert_eq!(http(403), "PERMISSION_DENIED: it answered with the HTTP status 403 Forbidden");
    }

    #[test]
    fn what_was_refused_is_known_not_to_have_been_begun() {
        let reset = |reason| told(run(answered(None, move |_, mut respond| respond.send_reset(reason))));
        assert_eq!(
            reset(h2::Reason::REFUSED_STREAM),
            "gone, unsent true: it gave the call up: refused stream before processing any application logic"
        );
        assert_eq!(
            reset(h2::Reason::INTERNAL_ERROR),
            "gone, unsent false: it gave the call up: unexpected internal error encountered"
        );
    }

    #[test]
    fn a_connection_that_takes_no_more_calls_is_no_more_used() {
        run(async {
            let (here, there) = tokio::io::duplex(1 << 16);
            let (tell, told) = tokio::sync::oneshot::channel();
            tokio::spawn(async move {
                let mut connection = h2::server::handshake(there).await.unwrap();
                // What goes on keeps it open.
                let (_request, mut respond) = connection.accept().await.unwrap().unwrap();
                let _stream = respond.send_response(Response::new(()), false).unwrap();
                connection.graceful_shutdown();
                tell.send(()).unwrap();
                _ = connection.accept().await;
            });
            let http2 = Http2::over(here).await.unwrap();
            let _messages = http2.stream(call(None), 100).await.unwrap();
            told.await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
            let refused = http2.call(call(None), 100).await;
            assert!(matches!(&refused, Err(Fault::Unavailable(Unavailable { is_unsent: true, .. }))), "{refused:?}");
            assert!(http2.is_closed());
        });
    }

    #[test]
    fn a_call_that_takes_too_long_is_given_up_on_both_sides() {
        run(async {
            let (tell, told) = tokio::sync::oneshot::channel();
            let answered = answered(Some(Duration::from_millis(20)), |request, mut respond| {
                tokio::spawn(async move {
                    let reason = std::future::poll_fn(|context| respond.poll_reset(context)).await;
                    drop(request);
                    tell.send(reason.unwrap()).unwrap();
                });
            });
            assert!(matches!(answered.await, Err(Fault::Deadline)));
            assert_eq!(told.await.unwrap(), h2::Reason::CANCEL);
        });
    }
}
