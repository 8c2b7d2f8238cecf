//! Writes the responses to an HTTP/2 connection.
//! The messages of plugins go directly over `h2`, and other responses are tonic's.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, SendStream};
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, HeaderName, Response, StatusCode};
use http_body::Body as _;
use tokio::time::{sleep_until, timeout};
use tonic::Status;
use tonic::body::Body;

use crate::rpc::frames;
use crate::rpc::server::backpressure::{Backpressure, Outgoing, Unsent};
use crate::rpc::server::body::SMALL;
use crate::rpc::server::compression::{ACCEPTED, Compression, ENCODING, Negotiated};
use crate::rpc::server::request::Respond;
use crate::rpc::source::Source;
use crate::rpc::status::{Errors, status};
use crate::wire::fault::{Code, Fault};

/// A reply longer than this many bytes is sent as the peer opens its window.
/// So is a shorter one that the window has no room for.
const LONG: usize = 64 << 10;

/// Responds to one request. If it is dropped unused, it responds that the server is about to end.
pub(super) struct Responder {
    respond: Option<SendResponse<Outgoing>>,
    /// The lengths of errors that the client accepts.
    errors: Errors,
    /// How long a reply waits for a peer that reads none of it.
    patience: Duration,
    negotiated: Negotiated,
    /// The most bytes of a request after it is decompressed.
    max_request: usize,
    is_request_compressed: bool,
    is_reply_compressed: bool,
    /// That of the call.
    deadline: Option<Instant>,
}

impl Responder {
    pub(super) fn new(respond: SendResponse<Outgoing>, errors: Errors, max_request: usize, patience: Duration) -> Self {
        Self {
            respond: Some(respond),
            errors,
            patience,
            negotiated: Negotiated::default(),
            max_request,
            is_request_compressed: false,
            is_reply_compressed: false,
            deadline: None,
        }
    }

    pub(super) fn until(mut self, deadline: Option<Instant>) -> Self {
        self.deadline = deadline;
        self
    }

    /// How the messages of the request are compressed, if they are.
    pub(super) fn compression(&self) -> Option<&'static Compression> {
        self.negotiated.request
    }

    /// Sets the compression of the call.
    pub(super) fn negotiated(mut self, negotiated: Negotiated) -> Self {
        self.negotiated = negotiated;
        self
    }

    /// Notes whether the message of the request is compressed.
    pub(super) fn received(mut self, is_compressed: bool) -> Self {
        self.is_request_compressed = is_compressed;
        self
    }

    /// Refuses a request with tonic's status, which may have metadata.
    pub(super) fn refuse_with(mut self, status: Status) {
        if let Some(mut respond) = self.respond.take() {
            let _ = respond.send_response(status.into_http(), true);
        }
    }

    /// Refuses a request that is not gRPC with an HTTP status.
    pub(super) fn refuse(mut self, status: StatusCode) {
        if let Some(mut respond) = self.respond.take() {
            let mut response = Response::new(());
            *response.status_mut() = status;
            if status == StatusCode::METHOD_NOT_ALLOWED {
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            }
            let _ = respond.send_response(response, true);
        }
    }

    /// Begins a response of several messages with the first one. `None` if the peer has cancelled.
    pub(super) fn begin(mut self, first: Bytes) -> Option<SendStream<Outgoing>> {
        let mut stream = begin(self.respond.take()?, &self.negotiated, false).ok()?;
        let (start, rest) = frames::pieces(first, false);
        for piece in [Some(start), rest].into_iter().flatten() {
            stream.send_data(Outgoing::of(piece), false).ok()?;
        }
        Some(stream)
    }

    /// Sends tonic's response once it is ready, and its body as it comes.
    /// If the peer cancels, or when its deadline has passed, it drops the rest of either.
    pub(super) async fn stream(
        mut self,
        response: impl Future<Output = Response<Body>>,
        deadline: Option<Instant>,
        backpressure: &Backpressure,
    ) {
        let Some(mut respond) = self.respond.take() else { return };
        let mut late = pin!(until(deadline));
        let response = tokio::select! {
            biased;
            _ = poll_fn(|context| respond.poll_reset(context)) => return,
            response = response => response,
            () = &mut late => late_status().into_http(),
        };
        let (head, body) = response.into_parts();
        let is_empty = body.is_end_stream();
        let Ok(mut stream) = respond.send_response(Response::from_parts(head, ()), is_empty) else { return };
        if is_empty {
            return;
        }
        let sent = tokio::select! {
            biased;
            sent = self.send_body(body, &mut stream, backpressure) => sent,
            () = late => Err(late_status()),
        };
        if let Err(status) = sent {
            fail(stream, &status);
        }
    }

    /// Sends a body as the peer opens its window. It ends without an error if the peer cancels.
    async fn send_body(
        &self,
        body: Body,
        stream: &mut SendStream<Outgoing>,
        backpressure: &Backpressure,
    ) -> Result<(), Status> {
        let mut body = pin!(body);
        loop {
            let frame = poll_fn(|context| {
                if stream.poll_reset(context).is_ready() {
                    return Poll::Ready(None);
                }
                body.as_mut().poll_frame(context).map(Some)
            });
            let is_done = match frame.await {
                None => Err(Reason::CANCEL.into()),
                Some(None) => stream.send_data(Outgoing::of(Bytes::new()), true).map(|()| true),
                Some(Some(frame)) => match frame?.into_data() {
                    Ok(data) => {
                        let unsent = backpressure.take(data.len());
                        send_all(stream, data, unsent, self.patience).await.map(|()| false)
                    }
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
}

impl Respond for Responder {
    fn poll_cancelled(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.respond {
            // An error means that the connection is lost.
            Some(respond) => respond.poll_reset(context).map(drop),
            None => Poll::Ready(()),
        }
    }

    fn decode(&mut self, message: Bytes, backpressure: &Backpressure) -> Result<Bytes, Fault> {
        if !self.is_request_compressed {
            return Ok(message);
        }
        let compression = self.negotiated.request.ok_or_else(|| {
            Fault::refused(Code::INTERNAL, "the message is compressed, and the request has no `grpc-encoding`")
        })?;
        let mut held = backpressure.hold();
        let decompressed = (compression.decompress)(&message, self.max_request, &mut held)?;
        Ok(held.message(decompressed.into()))
    }

    fn encode(&mut self, reply: Bytes) -> Bytes {
        match self.negotiated.reply.and_then(|compression| (compression.compress)(&reply)) {
            Some(compressed) => {
                self.is_reply_compressed = true;
                compressed
            }
            None => reply,
        }
    }

    fn has_streams(&self) -> bool {
        true
    }

    /// The peer may take its time: a stream has no limit but its deadline.
    fn messages(mut self, source: Source, backpressure: Backpressure) {
        let Some(respond) = self.respond.take() else { return };
        let Ok(stream) = begin(respond, &self.negotiated, false) else { return };
        let deadline = self.deadline;
        tokio::spawn(async move {
            send_messages(stream, source, deadline).await;
            // The connection is not idle as long as it has a stream.
            drop(backpressure);
        });
    }

    /// Sends a short message at once, and a long one in a task, as the peer opens its window.
    fn unary(mut self, reply: Result<Bytes, Fault>, backpressure: &Backpressure) {
        let Some(mut respond) = self.respond.take() else { return };
        // Errors are dropped: the peer has disconnected or cancelled the call.
        match reply {
            Ok(message) => {
                let (unsent, patience) = (backpressure.take(message.len()), self.patience);
                let is_compressed = self.is_reply_compressed;
                let Ok(mut stream) = begin(respond, &self.negotiated, is_compressed) else { return };
                if message.len() <= SMALL || (message.len() <= LONG && has_room(&mut stream, message.len())) {
                    drop(send_short(stream, message, is_compressed, unsent));
                } else {
                    let Ok(()) = stream.send_data(prefix_of(&message, is_compressed), false) else { return };
                    tokio::spawn(async move { drop(send_long(stream, message, unsent, patience).await) });
                }
            }
            Err(fault) => drop(respond.send_response(status(fault, self.errors).into_http(), true)),
        }
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        if let Some(respond) = &mut self.respond {
            let status = Status::unavailable("the server is about to end");
            let _ = respond.send_response(status.into_http(), true);
        }
    }
}

pub(super) fn late_status() -> Status {
    Status::deadline_exceeded("the deadline has passed")
}

/// Waits until the deadline, and for ever if there is none.
pub(super) async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

/// Whether the peer's window has room for a message of this length.
fn has_room(stream: &mut SendStream<Outgoing>, len: usize) -> bool {
    stream.reserve_capacity(frames::PREFIX + len);
    stream.capacity() >= frames::PREFIX + len
}

fn prefix_of(message: &Bytes, is_compressed: bool) -> Outgoing {
    Outgoing::of(frames::prefix(message.len(), is_compressed))
}

fn send_short(
    mut stream: SendStream<Outgoing>,
    message: Bytes,
    is_compressed: bool,
    unsent: Unsent,
) -> Result<(), h2::Error> {
    let (start, rest) = frames::pieces(message, is_compressed);
    let last = match rest {
        None => start,
        Some(rest) => {
            stream.send_data(Outgoing::of(start), false)?;
            rest
        }
    };
    stream.send_data(Outgoing { bytes: last, unsent: Some(unsent) }, false)?;
    end(stream)
}

async fn send_long(
    mut stream: SendStream<Outgoing>,
    message: Bytes,
    unsent: Unsent,
    patience: Duration,
) -> Result<(), h2::Error> {
    send_all(&mut stream, message, unsent, patience).await?;
    end(stream)
}

/// Sends messages until they end, the deadline passes, or the peer cancels.
async fn send_messages(mut stream: SendStream<Outgoing>, source: Source, deadline: Option<Instant>) {
    let mut late = pin!(until(deadline));
    let status = loop {
        let next = tokio::select! {
            biased;
            // An error means that the connection is lost.
            _ = poll_fn(|context| stream.poll_reset(context)) => return,
            next = source.next() => next,
            () = &mut late => break late_status(),
        };
        let piece = match next {
            None => return drop(end(stream)),
            Some(Err(error)) => break status(Fault::of_plugin(&error), Errors::Long),
            Some(Ok(piece)) => piece,
        };
        let sent = tokio::select! {
            sent = send_piece(&mut stream, piece) => sent,
            () = &mut late => return fail(stream, &late_status()),
        };
        if sent.is_none() {
            return;
        }
    };
    fail(stream, &status);
}

/// Sends bytes as the peer opens its window. `None` if it has cancelled.
async fn send_piece(stream: &mut SendStream<Outgoing>, mut piece: Bytes) -> Option<()> {
    while !piece.is_empty() {
        stream.reserve_capacity(piece.len());
        if stream.capacity() == 0 {
            poll_fn(|context| stream.poll_capacity(context)).await?.ok()?;
        }
        let len = stream.capacity().min(piece.len());
        stream.send_data(Outgoing::of(piece.split_to(len)), false).ok()?;
    }
    Some(())
}

fn begin(
    mut respond: SendResponse<Outgoing>,
    negotiated: &Negotiated,
    is_compressed: bool,
) -> Result<SendStream<Outgoing>, h2::Error> {
    let mut head = Response::new(());
    let headers = head.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    if let Some(accepted) = negotiated.accepted {
        headers.insert(&ACCEPTED, HeaderValue::from_static(accepted));
    }
    if let Some(compression) = negotiated.reply.filter(|_| is_compressed) {
        headers.insert(&ENCODING, HeaderValue::from_static(compression.name));
    }
    respond.send_response(head, false)
}

pub(super) fn end(mut stream: SendStream<Outgoing>) -> Result<(), h2::Error> {
    let mut trailers = HeaderMap::with_capacity(1);
    trailers.insert(HeaderName::from_static("grpc-status"), HeaderValue::from_static("0"));
    stream.send_trailers(trailers)
}

/// Ends a response with an error.
pub(super) fn fail(mut stream: SendStream<Outgoing>, status: &Status) {
    let mut trailers = HeaderMap::new();
    let is_sent = status.add_header(&mut trailers).is_ok() && stream.send_trailers(trailers).is_ok();
    if !is_sent {
        stream.send_reset(Reason::INTERNAL_ERROR);
    }
}

/// Sends bytes as the peer opens its window.
/// It resets the stream of a peer that does not do so for as long as `patience`.
async fn send_all(
    stream: &mut SendStream<Outgoing>,
    mut data: Bytes,
    unsent: Unsent,
    patience: Duration,
) -> Result<(), h2::Error> {
    let mut unsent = Some(unsent);
    while !data.is_empty() {
        stream.reserve_capacity(data.len());
        if stream.capacity() == 0 {
            match timeout(patience, poll_fn(|context| stream.poll_capacity(context))).await {
                Ok(Some(capacity)) => _ = capacity?,
                // The stream has ended.
                Ok(None) => return Err(Reason::CANCEL.into()),
                Err(_) => {
                    stream.send_reset(Reason::CANCEL);
                    return Err(Reason::CANCEL.into());
                }
            }
        }
        let bytes = data.split_to(stream.capacity().min(data.len()));
        let unsent = if data.is_empty() { unsent.take() } else { None };
        stream.send_data(Outgoing { bytes, unsent }, false)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
