//! Serves one object over an HTTP/2 connection of its own.

use std::future::poll_fn;
use std::time::Duration;

use h2::RecvStream;
use h2::server::SendResponse;
use http::Request;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::rpc::back::offered::ObjectCall;
use crate::rpc::limits::{CONNECTION_WINDOW, HEADERS, STREAM_WINDOW};
use crate::rpc::server::backpressure::{Backpressure, Outgoing};
use crate::rpc::server::body;
use crate::rpc::server::body::RequestLimits;
use crate::rpc::server::compression::Negotiated;
use crate::rpc::server::request::Respond;
use crate::rpc::server::respond::Responder;
use crate::rpc::server::router::begun;
use crate::rpc::status::Errors;
use crate::wire::fault::{Fault, Unavailable};

/// An object that is served.
pub(crate) struct ServedObject<F> {
    /// The full name of its service.
    pub service: &'static str,
    /// The longest request that is accepted, in bytes.
    pub max_len: usize,
    pub call: F,
}

impl<F: Fn(ObjectCall)> ServedObject<F> {
    /// Serves a connection until the peer ends it. If this is dropped, the connection ends.
    pub(crate) async fn serve(&self, stream: impl AsyncRead + AsyncWrite + Unpin)
    where
        F: Clone + Send + Sync + 'static,
    {
        let mut builder = h2::server::Builder::new();
        builder
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(HEADERS);
        let Ok(mut connection) = builder.handshake(stream).await else { return };
        let (backpressure, mut calls) = (Backpressure::default(), JoinSet::new());
        loop {
            let accepted = tokio::select! {
                accepted = connection.accept() => accepted,
                Some(_) = calls.join_next() => continue,
            };
            let Some(Ok((request, respond))) = accepted else { return };
            if let Some(call) = self.begin(request, respond, &backpressure) {
                calls.spawn(call);
            }
        }
    }

    /// The call of a request, unless it is refused.
    fn begin(
        &self,
        request: Request<RecvStream>,
        respond: SendResponse<Outgoing>,
        backpressure: &Backpressure,
    ) -> Option<impl Future<Output = ()> + Send + 'static>
    where
        F: Clone + Send + Sync + 'static,
    {
        let errors = Errors::accepted(request.headers());
        let responder = Responder::new(respond, errors, self.max_len, Duration::MAX);
        let (responder, deadline) = begun(&request, responder, backpressure)?;
        let path = request.uri().path();
        let method = path.strip_prefix('/').and_then(|path| path.strip_prefix(self.service)?.strip_prefix('/'));
        let Some(method) = method.map(str::to_owned) else {
            responder.unary(Err(Fault::Unimplemented(format!("there is no method `{path}`"))), backpressure);
            return None;
        };
        let mut responder = match Negotiated::new(None, request.headers()) {
            Ok(negotiated) => responder.negotiated(negotiated),
            Err(status) => {
                responder.refuse_with(status);
                return None;
            }
        };
        let limits = RequestLimits { max_len: self.max_len, timeout: Duration::MAX, deadline };
        let (call, backpressure) = (self.call.clone(), backpressure.clone());
        Some(async move {
            let (message, is_compressed) = match body::message(request.into_body(), limits, &backpressure).await {
                Ok(message) => message,
                Err(fault) => return responder.unary(Err(fault), &backpressure),
            };
            responder = responder.received(is_compressed);
            let request = match responder.decode(message, &backpressure) {
                Ok(request) => request,
                Err(fault) => return responder.unary(Err(fault), &backpressure),
            };
            let (send, reply) = oneshot::channel();
            let (_cancel, cancelled) = oneshot::channel::<()>();
            let cancelled = Box::pin(async move { _ = cancelled.await });
            let send = Box::new(move |reply| _ = send.send(reply));
            call(ObjectCall { method, request, deadline, reply: send, cancelled });
            let reply = tokio::select! {
                reply = reply => reply,
                () = poll_fn(|context| responder.poll_cancelled(context)) => return,
            };
            let lost = |_| Err(Fault::Unavailable(Unavailable::of("the owner of the object has ended".to_owned())));
            responder.unary(reply.unwrap_or_else(lost), &backpressure);
        })
    }
}
