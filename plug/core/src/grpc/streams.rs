//! Calls that are streams, to a gRPC server.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, TE};
use http::uri::{PathAndQuery, Uri};
use http::{Method, Version};
use tokio::sync::oneshot;
use tokio_stream::Stream;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::{Status, Streaming};

use crate::error::Error;
use crate::grpc::client::{Client, fault, is_unsent, request, with_hint};
use crate::rpc::client::codec::Raw;
use crate::rpc::client::streams::{self, Received, Receives};
use crate::rpc::source::Source;
use crate::rpc::{frames, status};
use crate::wire::channel::Call;
use crate::wire::fault::Fault;
use crate::wire::message::{Got, Outgoing};

impl Receives for Streaming<Bytes> {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Fault>> {
        let next = ready!(Stream::poll_next(Pin::new(self), context));
        Poll::Ready(next.transpose().map_err(|status| with_hint(status::fault(&status))))
    }
}

/// The body of a request: one message, or a stream of them.
///
/// tonic's own client takes a stream that cannot fail, and goes on with it after the reply is dropped.
struct Messages {
    content: Content,
    /// Whoever waits for the reply. When nobody does any more, the body fails, and so the call is
    /// cancelled. At an end of the body the server would take what it has for all.
    reader: oneshot::Receiver<Infallible>,
}

enum Content {
    /// The frames that are left.
    Frames(VecDeque<Bytes>),
    Stream(Source, Option<oneshot::Sender<Error>>),
}

impl http_body::Body for Messages {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Status>>> {
        let Self { content, reader } = &mut *self;
        let frame = match content {
            Content::Frames(frames) => {
                return Poll::Ready(frames.pop_front().map(|frame| Ok(http_body::Frame::data(frame))));
            }
            Content::Stream(source, failed) => {
                if Pin::new(reader).poll(context).is_ready() {
                    return Poll::Ready(Some(Err(Status::cancelled("nobody reads the reply"))));
                }
                match ready!(source.poll_frame(context)) {
                    None => return Poll::Ready(None),
                    Some(Ok(frame)) => frame,
                    Some(Err(error)) => {
                        if let Some(failed) = failed.take() {
                            let _ = failed.send(error);
                        }
                        return Poll::Ready(Some(Err(Status::cancelled("the stream has failed"))));
                    }
                }
            }
        };
        Poll::Ready(Some(Ok(http_body::Frame::data(frame))))
    }
}

impl<S> Client<S>
where
    S: GrpcService<Body> + Clone,
    S::ResponseBody: Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<tonic::codegen::StdError>,
{
    /// Calls a method that takes or returns a stream.
    pub(super) async fn call_stream(
        self,
        call: Call,
        sent: Option<Outgoing>,
        returns_stream: bool,
    ) -> Result<Got, Fault> {
        let (tls, deadline) = (self.tls.clone(), call.deadline);
        let received = async {
            let path = PathAndQuery::try_from(&call.path[..]);
            let path = path.map_err(|_| Fault::Malformed(format!("`{}` is no path of a method", call.path)))?;
            let (failed, failure) = oneshot::channel();
            let (reads, reader) = oneshot::channel();
            let content = match sent {
                None => {
                    let (start, rest) = frames::pieces(call.request.clone(), false);
                    Content::Frames([Some(start), rest].into_iter().flatten().collect())
                }
                Some(sent) => Content::Stream(streams::source(sent), Some(failed)),
            };
            let request = request(&call, Body::new(Messages { content, reader }))?;
            let (mut service, request) = self.prepare(request, path)?;
            let ready = poll_fn(|context| service.poll_ready(context)).await;
            if let Err(status) = ready.map_err(|error| Status::from_error(error.into())) {
                return Err(fault(&status, true, tls.as_deref()).await);
            }
            let mut received = Received::unanswered(deadline, failure, reads);
            let reply = received.unless_failed(service.call(request)).await?;
            let reply = reply.map_err(|error| Status::from_error(error.into()));
            let status = match reply {
                Err(status) => status,
                Ok(reply) => match Status::from_header_map(reply.headers()) {
                    Some(status) if status.code() != tonic::Code::Ok => status,
                    _ => {
                        let (head, body) = reply.into_parts();
                        let max_len = Some(self.max_len);
                        let messages = Streaming::new_response(Raw, body, head.status, None, max_len);
                        received.answer(Box::new(messages));
                        return Ok(received);
                    }
                },
            };
            Err(fault(&status, is_unsent(&status), tls.as_deref()).await)
        };
        streams::got(received, returns_stream, deadline).await
    }

    /// The service, and the request to this path of it.
    fn prepare(&self, request: tonic::Request<Body>, path: PathAndQuery) -> Result<(S, http::Request<Body>), Fault> {
        let mut uri = self.origin.clone().into_parts();
        uri.path_and_query = Some(path);
        let uri = Uri::from_parts(uri).map_err(|error| Fault::Malformed(error.to_string()))?;
        let (metadata, _, body) = request.into_parts();
        let mut request = http::Request::new(body);
        *request.method_mut() = Method::POST;
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = uri;
        *request.headers_mut() = metadata.into_headers();
        request.headers_mut().insert(TE, HeaderValue::from_static("trailers"));
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        Ok((self.service.clone(), request))
    }
}
