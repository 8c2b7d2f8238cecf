//! What answers the requests of one server: the methods of plugins, `plug.v1.Plugins`, go-plugin's own services where it is a process,
//! and the services that were added.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use prost::Message as _;
use tokio::sync::oneshot;
use tonic::body::Body;
use tonic::server::{Grpc, UnaryService};
use tonic::service::Routes;
use tonic::{Request, Response, Status};
use tower_service::Service;

use super::dispatch::{Dispatch, Target};
use super::listing;
use super::workers::Calls;
use crate::remote::{LIST, ListRequest, PLUGIN_NAME, Raw};

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Front(Arc<Inner>);

struct Inner {
    dispatch: Arc<Dispatch>,
    /// The reply to `List`, which never changes.
    list: Bytes,
    own: Box<dyn Own>,
    others: Routes,
    calls: Calls,
}

/// Services that are there because of what the server is.
pub(crate) trait Own: Send + Sync {
    /// Whether the path is one of theirs.
    fn has(&self, path: &str) -> bool;

    fn answer(&self, request: http::Request<hyper::body::Incoming>) -> Answer;
}

/// None.
impl Own for () {
    fn has(&self, _: &str) -> bool {
        false
    }

    fn answer(&self, _: http::Request<hyper::body::Incoming>) -> Answer {
        Box::pin(std::future::ready(Ok(Status::unimplemented("there is no such service").into_http())))
    }
}

pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

impl Front {
    pub(crate) fn new(dispatch: Arc<Dispatch>, own: Box<dyn Own>, others: Routes, calls: Calls) -> Self {
        let list = listing::of(&dispatch).encode_to_vec().into();
        Self(Arc::new(Inner { dispatch, list, own, others: others.prepare(), calls }))
    }
}

impl hyper::service::Service<http::Request<hyper::body::Incoming>> for Front {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn call(&self, request: http::Request<hyper::body::Incoming>) -> Answer {
        let inner = &self.0;
        let name = request.headers().get(PLUGIN_NAME).map(|name| String::from_utf8_lossy(name.as_bytes()));
        let called = match inner.dispatch.find(request.uri().path(), name.as_deref()) {
            Some(Ok(target)) => Called::Plugin(target, timeout(request.headers()), inner.calls.clone()),
            Some(Err(status)) => return Box::pin(std::future::ready(Ok(status.into_http()))),
            None if request.uri().path() == LIST => Called::List(inner.list.clone()),
            None if inner.own.has(request.uri().path()) => return inner.own.answer(request),
            None => {
                let mut others = inner.others.clone();
                return Box::pin(async move { others.call(request).await });
            }
        };
        Box::pin(async move {
            let mut grpc = Grpc::new(Raw).max_decoding_message_size(usize::MAX).max_encoding_message_size(usize::MAX);
            Ok(grpc.unary(called, request).await)
        })
    }
}

enum Called {
    Plugin(Target, Option<Duration>, Calls),
    List(Bytes),
}

impl UnaryService<Bytes> for Called {
    type Response = Bytes;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, Status>> + Send>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        match self {
            Self::List(list) => {
                let read = ListRequest::decode(request.into_inner());
                let list = list.clone();
                Box::pin(std::future::ready(match read {
                    Ok(_) => Ok(Response::new(list)),
                    Err(error) => Err(Status::invalid_argument(error.to_string())),
                }))
            }
            Self::Plugin(target, timeout, calls) => {
                let (target, timeout) = (target.clone(), *timeout);
                let (tell, told) = oneshot::channel();
                calls.work(move || {
                    // Whoever wanted to know may have given up.
                    if !tell.is_closed() {
                        let _ = tell.send(target.call(&request.into_inner(), timeout));
                    }
                });
                Box::pin(async move {
                    let reply = told.await.map_err(|_| Status::unavailable("the server is about to end"))?;
                    reply.map(Response::new)
                })
            }
        }
    }
}

/// What `grpc-timeout` says, at most eight digits and a unit:
/// <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>. What says something else says nothing.
fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = digits.parse().ok().filter(|_| digits.len() <= 8)?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_digits_and_a_unit() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", text.parse().unwrap());
            timeout(&headers)
        };
        assert_eq!(of("2H"), Some(Duration::from_secs(7200)));
        assert_eq!(of("99999999m"), Some(Duration::from_millis(99_999_999)));
        assert_eq!(of("1n"), Some(Duration::from_nanos(1)));
        for none in ["", "m", "1", "1x", "-1S", "999999999S", "1 S", "é"] {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
