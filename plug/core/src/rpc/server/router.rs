//! What answers the requests of one server: the methods of plugins, `plug.v1.Plugins`, go-plugin's own services where it is a process,
//! and the services that were added.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;
use h2::RecvStream;
use h2::server::SendResponse;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Request};
use prost::Message as _;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::{Code, Status};
use tower_service::Service;

use crate::rpc::server::backpressure::Backpressure;
use crate::rpc::server::request::{PendingCall, Respond, call};
use crate::rpc::server::respond;
use crate::rpc::server::respond::{Incoming, Responder};
use crate::rpc::server::workers::CallQueue;
use crate::rpc::timeout;
use crate::wire::dispatch::Dispatch;
use crate::wire::fault::{self, Fault};
use crate::wire::list::{LIST, ListRequest, PLUGIN_NAME};
use crate::wire::listing;

/// What the type of a call's content begins with.
const GRPC: &[u8] = b"application/grpc";

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Router(Arc<Inner>);

struct Inner {
    dispatch: Arc<Dispatch>,
    /// The reply to `List`, which never changes.
    list: Bytes,
    own: Box<dyn BuiltinServices>,
    others: Routes,
    calls: CallQueue,
    /// The longest request that is taken, in bytes.
    max_len: usize,
}

/// Services that are there because of what the server is.
pub(crate) trait BuiltinServices: Send + Sync {
    /// Whether the path is one of theirs.
    fn has(&self, path: &str) -> bool;

    fn answer(&self, request: Request<Body>) -> Answered;
}

/// None.
impl BuiltinServices for () {
    fn has(&self, _: &str) -> bool {
        false
    }

    fn answer(&self, _: Request<Body>) -> Answered {
        Box::pin(std::future::ready(Ok(Status::unimplemented("there is no such service").into_http())))
    }
}

pub(crate) type Answered = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

impl Router {
    pub(crate) fn new(
        dispatch: Arc<Dispatch>,
        own: Box<dyn BuiltinServices>,
        others: Routes,
        calls: CallQueue,
        max_len: usize,
    ) -> Self {
        let list = listing::of(&dispatch).encode_to_vec().into();
        Self(Arc::new(Inner { dispatch, list, own, others: others.prepare(), calls, max_len }))
    }

    /// Has a request answered, in a task where that takes a while.
    pub(super) fn answer(
        &self,
        request: Request<RecvStream>,
        respond: SendResponse<Bytes>,
        backpressure: &Backpressure,
    ) {
        let (inner, answer, backpressure) = (&self.0, Responder::new(respond), backpressure.clone());
        let max_len = inner.max_len;
        let path = request.uri().path();
        if !is_grpc(request.headers()) {
            return answer.no_call();
        }
        let name = request.headers().get(PLUGIN_NAME).map(|name| String::from_utf8_lossy(name.as_bytes()));
        match inner.dispatch.find(path, name.as_deref()) {
            Some(Ok(target)) => {
                // From its arrival on, however long it then waits.
                let deadline = timeout::told(request.headers()).and_then(|left| Instant::now().checked_add(left));
                let calls = inner.calls.clone();
                now_or_later(async move {
                    match respond::message(request.into_body(), max_len).await {
                        Ok(_) if calls.is_full() => {
                            let text = "too many calls wait already, behind others that go on";
                            answer.unary(Err(Fault::refused(fault::Code::RESOURCE_EXHAUSTED, text)), &backpressure);
                        }
                        Ok(message) => call(calls, PendingCall { target, message, deadline, answer, backpressure }),
                        Err(fault) => answer.unary(Err(fault), &backpressure),
                    }
                });
            }
            Some(Err(fault)) => answer.unary(Err(fault), &backpressure),
            None if path == LIST => {
                let list = inner.list.clone();
                now_or_later(async move {
                    let asked = respond::message(request.into_body(), max_len).await;
                    let reply = asked.and_then(|asked| match ListRequest::decode(asked) {
                        Ok(_) => Ok(list),
                        Err(error) => Err(Fault::refused(fault::Code::INVALID_ARGUMENT, error.to_string())),
                    });
                    answer.unary(reply, &backpressure);
                });
            }
            None => {
                let unknown = format!("there is no method `{path}`");
                let answered = if inner.own.has(path) {
                    inner.own.answer(request.map(|body| Body::new(Incoming(body))))
                } else {
                    let mut others = inner.others.clone();
                    Box::pin(async move { others.call(request.map(Incoming)).await })
                };
                tokio::spawn(async move {
                    let Ok(mut response) = answered.await;
                    let told = Status::from_header_map(response.headers());
                    if told.is_some_and(|told| told.code() == Code::Unimplemented && told.message().is_empty()) {
                        response = Status::unimplemented(unknown).into_http();
                    }
                    answer.with(response).await;
                });
            }
        }
    }
}

/// Whether it is a call of gRPC: `application/grpc`, and what may come after that.
fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let rest = kind.get(..GRPC.len()).filter(|start| start.eq_ignore_ascii_case(GRPC)).map(|_| &kind[GRPC.len()..]);
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

/// Does what can be done at once, and the rest in a task. Most requests are there as a whole.
fn now_or_later(future: impl Future<Output = ()> + Send + 'static) {
    let mut future = Box::pin(future);
    if future.as_mut().poll(&mut Context::from_waker(Waker::noop())) == Poll::Pending {
        tokio::spawn(future);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::server::workers::Workers;

    /// What a request of this path and this type of content is answered with, by a server that has no plugins.
    fn answered(path: &str, kind: Option<&str>) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let calls = Workers::new(tokio::runtime::Builder::new_current_thread().build().unwrap()).calls();
        let dispatch = Dispatch::new(std::iter::empty()).unwrap();
        let front = Router::new(dispatch, Box::new(()), Routes::default(), calls, 100);
        let mut request = Request::builder().method("POST").uri(format!("http://localhost{path}"));
        if let Some(kind) = kind {
            request = request.header(CONTENT_TYPE, kind);
        }
        let request = request.body(()).unwrap();
        let (here, there) = tokio::io::duplex(1 << 16);
        runtime.block_on(async {
            let serving = async {
                let mut connection = h2::server::handshake(there).await.unwrap();
                while let Some(Ok((request, respond))) = connection.accept().await {
                    front.answer(request, respond, &Backpressure::default());
                }
            };
            let asking = async {
                let (mut client, connection) = h2::client::handshake(here).await.unwrap();
                tokio::spawn(connection);
                let (reply, _) = client.send_request(request, true).unwrap();
                let reply = reply.await.unwrap();
                match Status::from_header_map(reply.headers()) {
                    Some(status) => format!("{:?}: {}", status.code(), status.message()),
                    None => reply.status().to_string(),
                }
            };
            tokio::select! {
                told = asking => told,
                () = serving => panic!("the connection ended"),
            }
        })
    }

    #[test]
    fn what_is_no_call_is_refused() {
        for kind in [None, Some("text/html"), Some("application/grpc-web"), Some("application/grp")] {
            assert_eq!(answered(LIST, kind), "415 Unsupported Media Type");
        }
        for kind in ["application/grpc", "application/grpc+proto", "application/GRPC; charset=utf-8"] {
            assert_eq!(answered("/a.B/C", Some(kind)), "Unimplemented: there is no method `/a.B/C`");
        }
    }
}
