//! Answers the calls of one stream.
//!
//! Calls of the process itself are answered at once. Calls of a plugin are made by worker threads,
//! which they may block.

use std::collections::BTreeMap;
use std::future::{pending, ready};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::AsyncRead;

use super::{NO_METHOD, NO_SERVICE};
use crate::portable::method::Signature;
use crate::portable::types::Type;
use crate::process::mux::Stream;
use crate::process::netrpc::gob::shape::Shape;
use crate::process::netrpc::gob::writer::Outbound;
use crate::process::netrpc::outgoing::Outgoing;
use crate::process::netrpc::values::{ReadError, Request, Response, Values};
use crate::process::netrpc::{fault, values};
use crate::rpc::server::backpressure::Backpressure;
use crate::rpc::server::request::{PendingCall, Respond, call};
use crate::rpc::server::workers::CallQueue;
use crate::wire::dispatch::Target;
use crate::wire::fault::{Code, Fault};

/// The methods that can be called over a stream.
pub(super) trait Service: Send + Sync + 'static {
    /// Finds a method by its full name, such as `Plugin.SayHello`.
    fn find(&self, method: &str) -> Lookup<'_>;
}

pub(super) enum Lookup<'a> {
    NoService,
    NoMethod,
    /// A method of a plugin.
    Method(Target, &'static Signature),
    /// A method of the process, which never blocks.
    /// It gets the argument if that is a text, and returns a value of this type.
    Builtin(&'static Type, Box<dyn FnOnce(String) -> Result<Vec<u8>, Fault> + Send + 'a>),
    /// A method of the process that may block. It takes bytes, and gives a message with bytes.
    Blocking(Box<BlockingMethod>),
}

pub(super) type BlockingMethod = dyn FnOnce(Vec<u8>) -> Result<Vec<u8>, Fault> + Send;

/// The state that all streams of a connection share.
#[derive(Clone)]
pub(super) struct ConnectionState {
    pub calls: CallQueue,
    pub backpressure: Backpressure,
    /// The longest request that is accepted, in bytes.
    pub max_len: usize,
    pub unanswered: Unanswered,
}

/// The number of responses that are not sent yet. Clones share the number.
#[derive(Clone, Default)]
pub(super) struct Unanswered(Arc<AtomicUsize>);

/// Counts as one response until it is dropped.
pub(super) struct UnansweredGuard(Unanswered);

impl Clone for UnansweredGuard {
    fn clone(&self) -> Self {
        self.0.add()
    }
}

impl Unanswered {
    pub(super) fn is_empty(&self) -> bool {
        self.0.load(SeqCst) == 0
    }

    pub(super) fn add(&self) -> UnansweredGuard {
        self.0.fetch_add(1, SeqCst);
        UnansweredGuard(self.clone())
    }
}

impl Drop for UnansweredGuard {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, SeqCst);
    }
}

/// Answers all calls of a stream.
///
/// # Errors
///
/// If the stream does not end between two calls.
pub(super) async fn serve(stream: Stream, service: impl Service, state: ConnectionState) -> Result<(), ReadError> {
    serve_until(pending(), stream, service, state, ready(())).await
}

/// Answers the calls of a stream until `end` is ready. The stream is closed after `closing`.
///
/// # Errors
///
/// If the stream does not end between two calls.
pub(super) async fn serve_until(
    end: impl Future<Output = ()>,
    stream: Stream,
    service: impl Service,
    state: ConnectionState,
    closing: impl Future<Output = ()>,
) -> Result<(), ReadError> {
    let (reader, writer) = tokio::io::split(stream);
    let (outgoing, stream_end) = (Arc::new(Outgoing::default()), EndOnDrop::default());
    let reading = async {
        let ended = tokio::select! {
            ended = read(Values::new(reader, state.max_len), &service, &outgoing, &state, &stream_end.0) => {
                // Nobody waits for replies any more.
                stream_end.0.end();
                ended
            }
            () = end => Ok(()),
        };
        closing.await;
        ended
    };
    tokio::select! {
        ended = reading => ended,
        () = outgoing.run(writer) => Ok(()),
    }
}

async fn read(
    mut values: Values<impl AsyncRead + Unpin>,
    service: &impl Service,
    outgoing: &Arc<Outgoing>,
    state: &ConnectionState,
    end: &Arc<StreamEnd>,
) -> Result<(), ReadError> {
    loop {
        match values.wait().await {
            Ok(()) => {}
            Err(ReadError::End) => return Ok(()),
            Err(error) => return Err(error),
        }
        let mut request = Request::default();
        let decoded = values.take(&mut request);
        decoded.map_err(ReadError::Malformed)?;
        let found = service.find(&request.method);
        let shape = match &found {
            Lookup::Method(_, signature) => Shape::of_output(signature),
            Lookup::Builtin(ty, _) => Shape::One(ty),
            Lookup::Blocking(_) => Shape::One(&Type::Bytes),
            Lookup::NoService | Lookup::NoMethod => Shape::Nothing,
        };
        let Request { method, seq, timeout } = request;
        let timeout = (timeout > 0).then(|| Duration::from_nanos(timeout));
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let unanswered = state.unanswered.add();
        let (outgoing, end) = (Arc::clone(outgoing), AwaitedEnd::of(end));
        let answer = Responder { outgoing, method, seq, shape, unanswered, end };
        let refuse = |answer: Responder, fault| answer.unary(Err(fault), &state.backpressure);
        match values.wait().await {
            Ok(()) => {}
            Err(ReadError::TooLong { found, max_len }) => {
                let text = format!(
                    "the request has {found} bytes, and the limit is {max_len}\n\
                     hint: `Server::max_request` of the plugin sets the limit"
                );
                refuse(answer, Fault::refused(Code::RESOURCE_EXHAUSTED, text));
                continue;
            }
            Err(error) => return Err(error),
        }
        match found {
            Lookup::NoService | Lookup::NoMethod => {
                values.discard();
                let fact = if matches!(found, Lookup::NoService) { NO_SERVICE } else { NO_METHOD };
                let fault = Fault::Unimplemented(format!("{fact}{}", answer.method));
                refuse(answer, fault);
            }
            Lookup::Builtin(_, method) => {
                let mut argument = ControlText::default();
                let decoded = values.take(&mut argument);
                let decoded = decoded.map_err(|reason| Fault::refused(Code::INVALID_ARGUMENT, reason));
                let reply = decoded.and_then(|()| method(argument.0));
                answer.unary(reply.map(Bytes::from), &state.backpressure);
            }
            Lookup::Blocking(_) if state.calls.is_full() => {
                values.discard();
                let text = "too many calls wait already";
                refuse(answer, Fault::refused(Code::RESOURCE_EXHAUSTED, text));
            }
            Lookup::Blocking(method) => {
                let mut argument = values::Bytes::default();
                let decoded = values.take(&mut argument);
                let decoded = decoded.map_err(|reason| Fault::refused(Code::INVALID_ARGUMENT, reason));
                let run = move || decoded.and_then(|()| method(argument.0.unwrap_or_default()));
                let backpressure = state.backpressure.clone();
                state.calls.work(run, move |reply| answer.unary(reply.map(Bytes::from), &backpressure));
            }
            Lookup::Method(target, signature) => match values.take_message(Shape::of_arguments(signature)) {
                Err(reason) => {
                    let fault = target.malformed_request(&reason);
                    refuse(answer, fault);
                }
                Ok(_) if state.calls.is_full() => {
                    let text = "too many calls wait already";
                    refuse(answer, Fault::refused(Code::RESOURCE_EXHAUSTED, text));
                }
                Ok(message) => {
                    let (message, backpressure) = (message.into(), state.backpressure.clone());
                    call(
                        state.calls.clone(),
                        PendingCall { target, message, deadline, responder: answer, backpressure },
                    );
                }
            },
        }
    }
}

/// The end of a stream, which the calls of asynchronous methods await.
struct StreamEnd(Mutex<Option<Awaiting>>);

/// The wakers of these calls, each by a number.
#[derive(Default)]
struct Awaiting {
    last_number: u64,
    wakers: BTreeMap<u64, Waker>,
}

impl StreamEnd {
    fn end(&self) {
        let awaiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        awaiting.into_iter().flat_map(|awaiting| awaiting.wakers.into_values()).for_each(Waker::wake);
    }
}

/// Ends the stream when it is dropped.
struct EndOnDrop(Arc<StreamEnd>);

impl Default for EndOnDrop {
    fn default() -> Self {
        Self(Arc::new(StreamEnd(Mutex::new(Some(Awaiting::default())))))
    }
}

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// The end of a stream, for one call.
struct AwaitedEnd {
    end: Arc<StreamEnd>,
    number: Option<u64>,
}

impl AwaitedEnd {
    fn of(end: &Arc<StreamEnd>) -> Self {
        Self { end: Arc::clone(end), number: None }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut awaiting = self.end.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Awaiting { last_number, wakers }) = &mut *awaiting else { return Poll::Ready(()) };
        let number = *self.number.get_or_insert_with(|| {
            *last_number += 1;
            *last_number
        });
        let is_known = wakers.get(&number).is_some_and(|waker| waker.will_wake(context.waker()));
        if !is_known {
            wakers.insert(number, context.waker().clone());
        }
        Poll::Pending
    }
}

impl Drop for AwaitedEnd {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let mut awaiting = self.end.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waker = awaiting.as_mut().and_then(|awaiting| awaiting.wakers.remove(&number));
        // Outside of the lock: it may be the last one of its call.
        drop(awaiting);
        drop(waker);
    }
}

/// Answers one call.
struct Responder {
    outgoing: Arc<Outgoing>,
    method: String,
    seq: u64,
    shape: Shape,
    unanswered: UnansweredGuard,
    end: AwaitedEnd,
}

impl Respond for Responder {
    /// net/rpc has no cancellation, so only the end of the stream ends a call.
    fn poll_cancelled(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.end.poll(context)
    }

    /// A call that is not asynchronous is made even so.
    fn is_cancelled(&mut self) -> bool {
        false
    }

    fn unary(self, reply: Result<Bytes, Fault>, backpressure: &Backpressure) {
        let Self { outgoing, method, seq, shape, unanswered, .. } = self;
        let mut response = Response { method, seq, error: String::new() };
        let refusal = match reply {
            Ok(message) => {
                let value = Outbound { shape, message: &message };
                let guards = Box::new((unanswered.clone(), backpressure.take(message.len())));
                let sent = outgoing.send(&response, &value, guards);
                let text = |error| format!("the reply cannot be written: {error}");
                sent.err().map(|error| Fault::refused(Code::INTERNAL, text(error)))
            }
            Err(fault) => Some(fault),
        };
        if let Some(fault) = refusal {
            response.error = match fault.text() {
                // Go takes an empty error for success.
                "" => "the plugin failed without a message".to_owned(),
                text => text.to_owned(),
            };
            // The whole fault, for hosts of `plug`. Go ignores the body of a failed response.
            let _ = outgoing.send(&response, &values::Bytes(Some(fault::encode(fault))), Box::new(unanswered));
        }
    }
}

/// A text. A value of another type is skipped.
#[derive(Default)]
struct ControlText(String);

impl gobwire::GobType for ControlText {
    fn describe(_: &mut gobwire::Describer<'_>) -> gobwire::Result<i64> {
        Ok(gobwire::ids::STRING)
    }

    fn compatible(_: &gobwire::TypeTable, _: i64) -> bool {
        true
    }
}

impl gobwire::Decode for ControlText {
    fn decode_into(&mut self, decoder: &mut gobwire::ValueDecoder<'_>, remote: i64) -> gobwire::Result<()> {
        if remote != gobwire::ids::STRING {
            return decoder.skip(remote);
        }
        self.0 = String::from_utf8_lossy(decoder.read_bytes()?).into_owned();
        Ok(())
    }
}
