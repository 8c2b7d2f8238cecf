//! Routes the requests of one server.
//! They go to the methods of plugins, to `plug.v1.Plugins`, to go-plugin's services if it is
//! a process, and to the services that were added.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;
use h2::RecvStream;
use h2::server::SendResponse;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Extensions, HeaderMap, Method, Request, StatusCode};
use prost::Message as _;
use tokio::sync::watch;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::{Code, Status};
use tower_service::Service;

use crate::rpc::back::server::Sessions;
use crate::rpc::back::{BACK, CALLS};
use crate::rpc::server::backpressure::{Backpressure, Outgoing, ServerBytes};
use crate::rpc::server::body;
use crate::rpc::server::body::{Incoming, RequestLimits};
use crate::rpc::server::compression::{Compression, Negotiated};
use crate::rpc::server::ends::Ends;
use crate::rpc::server::limits::Limits;
use crate::rpc::server::open;
use crate::rpc::server::open::ServiceCall;
use crate::rpc::server::request::{Input, PendingCall, Respond, call};
use crate::rpc::server::respond::Responder;
use crate::rpc::server::streams::MessageStream;
use crate::rpc::server::workers::CallQueue;
use crate::rpc::status::{Errors, status};
use crate::rpc::timeout;
use crate::wire::dispatch::Dispatch;
use crate::wire::fault::{self, Fault};
use crate::wire::list::{INSTANCE, LIST, ListRequest, OPEN, PLUGIN_NAME, SCHEMA};
use crate::wire::listing;
use crate::wire::way::Way;

/// The prefix of the content type of a gRPC call.
const CONTENT_TYPE_PREFIX: &[u8] = b"application/grpc";

/// The router of one server. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Router(Arc<Inner>);

struct Inner {
    dispatch: Arc<Dispatch>,
    /// The reply to `List`, which never changes.
    list: Bytes,
    builtin: Box<dyn BuiltinServices>,
    added: Routes,
    calls: CallQueue,
    limits: Limits,
    bytes: ServerBytes,
    compression: Option<&'static Compression>,
    sessions: Sessions,
}

/// The services that a kind of server implies, such as go-plugin's controller of a process.
pub(crate) trait BuiltinServices: Send + Sync {
    /// Whether the path is one of a method of these services.
    fn has(&self, path: &str) -> bool;

    fn answer(&self, request: Request<Body>) -> ResponseFuture;

    /// The way to the objects of a caller that names no stream.
    fn way(&self) -> Option<Arc<dyn Way>> {
        None
    }

    /// Adds the values that a request to an added service carries for this kind of server.
    fn extend(&self, _: &mut Extensions) {}
}

/// No services.
impl BuiltinServices for () {
    fn has(&self, _: &str) -> bool {
        false
    }

    fn answer(&self, _: Request<Body>) -> ResponseFuture {
        Box::pin(std::future::ready(Ok(Status::unimplemented("there is no such service").into_http())))
    }
}

pub(crate) type ResponseFuture = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

impl Router {
    pub(crate) fn new(
        dispatch: Arc<Dispatch>,
        builtin: Box<dyn BuiltinServices>,
        added: Routes,
        calls: CallQueue,
        limits: Limits,
        compression: Option<&'static Compression>,
    ) -> Self {
        let list = listing::of(&dispatch).encode_to_vec().into();
        let bytes = ServerBytes::new(&limits);
        let (added, sessions) = (added.prepare(), Sessions::default());
        Self(Arc::new(Inner { dispatch, list, builtin, added, calls, limits, bytes, compression, sessions }))
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(super) fn bytes(&self) -> &ServerBytes {
        &self.0.bytes
    }

    /// Responds to a request: at once if possible, and otherwise in a task.
    pub(super) fn answer(
        &self,
        request: Request<RecvStream>,
        respond: SendResponse<Outgoing>,
        backpressure: &Backpressure,
        ends: &Ends,
        is_stopping: &watch::Receiver<bool>,
    ) {
        let Limits { max_request, body_timeout, .. } = self.0.limits;
        let errors = Errors::accepted(request.headers());
        let (inner, responder) = (&self.0, Responder::new(respond, errors, max_request, body_timeout));
        let backpressure = backpressure.clone();
        let path = request.uri().path();
        let Some((responder, deadline)) = begun(&request, responder, &backpressure) else { return };
        let limits = RequestLimits { max_len: max_request, timeout: body_timeout, deadline };
        let metadata = |key| request.headers().get(key).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let found = match metadata(INSTANCE) {
            Some(number) => inner.dispatch.find_of_instance(path, &number),
            None => inner.dispatch.find(path, metadata(PLUGIN_NAME).as_deref()),
        };
        let way = match metadata(BACK) {
            Some(number) => inner.sessions.find(&number).map(Some),
            None => Ok(inner.builtin.way()),
        };
        let found = match (found, way) {
            (Some(Ok(target)), Ok(way)) => Some(Ok((target, way))),
            (Some(Ok(_)), Err(fault)) | (Some(Err(fault)), _) => Some(Err(fault)),
            (None, _) => None,
        };
        match found {
            Some(Ok((target, way))) => {
                let negotiated = match Negotiated::new(inner.compression, request.headers()) {
                    Ok(negotiated) => negotiated,
                    Err(status) => return responder.refuse_with(status),
                };
                let responder = responder.negotiated(negotiated).until(deadline);
                let calls = inner.calls.clone();
                if target.takes_stream() {
                    let incoming = MessageStream::new(
                        request.into_body(),
                        limits,
                        responder.compression(),
                        calls.clone(),
                        backpressure.clone(),
                    );
                    let input = Input::Stream(Box::new(incoming));
                    return call(calls, PendingCall { target, input, deadline, way, responder, backpressure });
                }
                poll_or_spawn(async move {
                    match body::message(request.into_body(), limits, &backpressure).await {
                        Ok(_) if calls.is_full() => {
                            let text = "too many calls wait already";
                            responder.unary(Err(Fault::refused(fault::Code::RESOURCE_EXHAUSTED, text)), &backpressure);
                        }
                        Ok((message, is_compressed)) => {
                            let responder = responder.received(is_compressed);
                            let input = Input::Message(message);
                            call(calls, PendingCall { target, input, deadline, way, responder, backpressure });
                        }
                        Err(fault) => responder.unary(Err(fault), &backpressure),
                    }
                });
            }
            Some(Err(fault)) => responder.unary(Err(fault), &backpressure),
            None if path == LIST => {
                let list = inner.list.clone();
                let negotiated = match Negotiated::new(inner.compression, request.headers()) {
                    Ok(negotiated) => negotiated,
                    Err(status) => return responder.refuse_with(status),
                };
                poll_or_spawn(async move {
                    let message = body::message(request.into_body(), limits, &backpressure).await;
                    let is_compressed = message.as_ref().is_ok_and(|(_, is_compressed)| *is_compressed);
                    let mut responder = responder.negotiated(negotiated).received(is_compressed);
                    let message = message.and_then(|(message, _)| responder.decode(message, &backpressure));
                    let reply = message.and_then(|message| match ListRequest::decode(message) {
                        Ok(_) => Ok(list),
                        Err(error) => Err(Fault::refused(fault::Code::INVALID_ARGUMENT, error.to_string())),
                    });
                    responder.unary(reply, &backpressure);
                });
            }
            None if [OPEN, SCHEMA].contains(&path) => {
                let negotiated = match Negotiated::new(inner.compression, request.headers()) {
                    Ok(negotiated) => negotiated,
                    Err(status) => return responder.refuse_with(status),
                };
                let is_open = path == OPEN;
                let (dispatch, calls) = (Arc::clone(&inner.dispatch), inner.calls.clone());
                let (body, responder) = (request.into_body(), responder.negotiated(negotiated));
                let call = ServiceCall { dispatch, calls, body, limits, responder, backpressure };
                if is_open {
                    poll_or_spawn(open::open(call, is_stopping.clone()));
                } else {
                    poll_or_spawn(open::schema(call));
                }
            }
            None if path == CALLS => {
                let (sessions, calls, stopping) = (inner.sessions.clone(), inner.calls.clone(), is_stopping.clone());
                tokio::spawn(async move {
                    let response = async {
                        let Ok(response) = sessions
                            .answer(request.map(|body| Body::new(Incoming(body))), calls, max_request, stopping)
                            .await;
                        response
                    };
                    responder.stream(response, None, &backpressure).await;
                });
            }
            None => {
                let unknown = format!("there is no method `{path}`");
                let inner = Arc::clone(inner);
                let mut request = request.map(Incoming);
                ends.add_to(request.extensions_mut());
                tokio::spawn(async move {
                    let response = async {
                        backpressure.wait().await;
                        inner.response(request, unknown, errors).await
                    };
                    responder.stream(response, deadline, &backpressure).await;
                });
            }
        }
    }
}

impl Inner {
    /// The response of a service that is no plugin's.
    async fn response(&self, mut request: Request<Incoming>, unknown: String, errors: Errors) -> http::Response<Body> {
        let Ok(response) = if self.builtin.has(request.uri().path()) {
            self.builtin.answer(request.map(Body::new)).await
        } else {
            self.builtin.extend(request.extensions_mut());
            self.added.clone().call(request).await
        };
        let sent = Status::from_header_map(response.headers());
        // tonic does not say which method is missing.
        if sent.is_some_and(|status| status.code() == Code::Unimplemented && status.message().is_empty()) {
            return status(Fault::Unimplemented(unknown), errors).into_http();
        }
        response
    }
}

/// The deadline of a request, which is refused if it is not gRPC.
pub(super) fn begun(
    request: &Request<RecvStream>,
    responder: Responder,
    backpressure: &Backpressure,
) -> Option<(Responder, Option<Instant>)> {
    if request.method() != Method::POST {
        responder.refuse(StatusCode::METHOD_NOT_ALLOWED);
        return None;
    }
    if !is_grpc(request.headers()) {
        responder.refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        return None;
    }
    // The timeout runs from the arrival of the headers, and includes any queueing.
    match timeout::parse(request.headers()) {
        Ok(timeout) => Some((responder, timeout.and_then(|timeout| Instant::now().checked_add(timeout)))),
        // grpc-go has the same code, and the standard has none.
        Err(malformed) => {
            let fault = Fault::refused(fault::Code::INTERNAL, malformed.to_string());
            responder.unary(Err(fault), backpressure);
            None
        }
    }
}

/// Whether the content type is gRPC's: `application/grpc`, alone or with a suffix or parameters.
fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let rest = kind
        .get(..CONTENT_TYPE_PREFIX.len())
        .filter(|start| start.eq_ignore_ascii_case(CONTENT_TYPE_PREFIX))
        .map(|_| &kind[CONTENT_TYPE_PREFIX.len()..]);
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

/// Polls the future once, and spawns a task for the rest if it is not ready.
/// Most requests have arrived in full, and need no task.
fn poll_or_spawn(future: impl Future<Output = ()> + Send + 'static) {
    let mut future = Box::pin(future);
    if future.as_mut().poll(&mut Context::from_waker(Waker::noop())) == Poll::Pending {
        tokio::spawn(future);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::server::workers::Workers;

    /// The status of a response to a request with this path and content type.
    fn respond_to(path: &str, kind: Option<&str>) -> String {
        let request = Request::builder().method("POST").uri(format!("http://localhost{path}"));
        respond_to_request(match kind {
            Some(kind) => request.header(CONTENT_TYPE, kind),
            None => request,
        })
    }

    /// The status of a response to a request without a body. The server has no plugins.
    fn respond_to_request(request: http::request::Builder) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let calls = Workers::new(tokio::runtime::Builder::new_current_thread().build().unwrap()).calls();
        let dispatch = Dispatch::new(std::iter::empty(), 0).unwrap();
        let router = Router::new(dispatch, Box::new(()), Routes::default(), calls, Limits::none(100), None);
        let request = request.body(()).unwrap();
        let (client, server) = tokio::io::duplex(1 << 16);
        runtime.block_on(async {
            let serving = async {
                let mut connection = h2::server::Builder::new().handshake(server).await.unwrap();
                let (_stop, is_stopping) = watch::channel(false);
                while let Some(Ok((request, respond))) = connection.accept().await {
                    router.answer(request, respond, &Backpressure::default(), &Ends::Memory, &is_stopping);
                }
            };
            let requesting = async {
                let (mut client, connection) = h2::client::handshake(client).await.unwrap();
                tokio::spawn(connection);
                let (reply, _) = client.send_request(request, true).unwrap();
                let reply = reply.await.unwrap();
                match Status::from_header_map(reply.headers()) {
                    Some(status) => format!("{:?}: {}", status.code(), status.message()),
                    None => reply.status().to_string(),
                }
            };
            tokio::select! {
                status = requesting => status,
                () = serving => panic!("the connection ended"),
            }
        })
    }

    #[test]
    fn a_request_that_is_not_grpc_is_refused() {
        for kind in [None, Some("text/html"), Some("application/grpc-web"), Some("application/grp")] {
            assert_eq!(respond_to(LIST, kind), "415 Unsupported Media Type");
        }
        for kind in ["application/grpc", "application/grpc+proto", "application/GRPC; charset=utf-8"] {
            assert_eq!(respond_to("/a.B/C", Some(kind)), "Unimplemented: there is no method `/a.B/C`");
        }
    }

    #[test]
    fn a_request_that_is_no_post_is_refused() {
        for method in ["GET", "PUT", "OPTIONS"] {
            let request = Request::builder().method(method).uri(format!("http://localhost{LIST}"));
            let status = respond_to_request(request.header(CONTENT_TYPE, "application/grpc"));
            assert_eq!(status, "405 Method Not Allowed");
        }
    }

    #[test]
    fn a_malformed_timeout_is_refused() {
        for path in [LIST, "/a.B/C"] {
            for timeout in ["abc", "-1S", ""] {
                let request = Request::builder().method("POST").uri(format!("http://localhost{path}"));
                let request = request.header(CONTENT_TYPE, "application/grpc").header("grpc-timeout", timeout);
                let status = format!(
                    "Internal: `{timeout}` is no `grpc-timeout`: it has up to eight digits and a unit, which is `H`, \
                     `M`, `S`, `m`, `u` or `n`"
                );
                assert_eq!(respond_to_request(request), status);
            }
        }
    }
}
