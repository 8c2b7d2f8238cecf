//! Answers the calls of one stream.
//!
//! Calls of the process itself are answered at once. Calls of a plugin are made by worker threads,
//! which they may block.

use std::future::{pending, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::AsyncRead;
use tokio::sync::watch;

use super::{NO_METHOD, NO_SERVICE};
use crate::portable::signature::Signature;
use crate::portable::types::Type;
use crate::process::mux::Stream;
use crate::process::netrpc::gob::shape::Shape;
use crate::process::netrpc::gob::writer::Outbound;
use crate::process::netrpc::outgoing::Outgoing;
use crate::process::netrpc::values::{ReadError, Request, Response, Values};
use crate::process::netrpc::{fault, values};
use crate::rpc::back::offered::ObjectCall;
use crate::rpc::server::backpressure::Backpressure;
use crate::rpc::server::request::{Input, PendingCall, Respond, call};
use crate::rpc::server::workers::CallQueue;
use crate::wire::dispatch::Target;
use crate::wire::fault::{Code, Fault};
use crate::wire::way::Way;

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
    /// A method of an object that this side offers.
    Object(&'static Signature, Box<dyn FnOnce(ObjectCall) + Send + 'a>),
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
    /// The way to the objects of both sides.
    pub way: Option<Arc<dyn Way>>,
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
    let (outgoing, (is_open, open)) = (Arc::new(Outgoing::default()), watch::channel(()));
    let mut is_open = Some(is_open);
    let reading = async {
        let ended = tokio::select! {
            ended = read(Values::new(reader, state.max_len), &service, &outgoing, &state, &open) => {
                // Nobody waits for replies any more.
                drop(is_open.take());
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
    open: &watch::Receiver<()>,
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
            Lookup::Method(_, signature) | Lookup::Object(signature, _) => Shape::of_output(signature),
            Lookup::Builtin(ty, _) => Shape::One(ty),
            Lookup::Blocking(_) => Shape::One(&Type::Bytes),
            Lookup::NoService | Lookup::NoMethod => Shape::Nothing,
        };
        let Request { method, seq, timeout } = request;
        let timeout = (timeout > 0).then(|| Duration::from_nanos(timeout));
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let unanswered = state.unanswered.add();
        let (outgoing, end) = (Arc::clone(outgoing), StreamEnd { open: open.clone(), ended: None });
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
            Lookup::Object(signature, call) => match values.take_message(Shape::of_arguments(signature)) {
                Err(reason) => {
                    let text = format!("the request cannot be decoded: {reason}");
                    refuse(answer, Fault::refused(Code::INVALID_ARGUMENT, text));
                }
                Ok(message) => {
                    let (mut open, backpressure) = (open.clone(), state.backpressure.clone());
                    call(ObjectCall {
                        method: signature.wire_name.to_owned(),
                        request: message.into(),
                        deadline,
                        reply: Box::new(move |reply| answer.unary(reply, &backpressure)),
                        cancelled: Box::pin(async move { while open.changed().await.is_ok() {} }),
                    });
                }
            },
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
                    let way = state.way.clone();
                    call(
                        state.calls.clone(),
                        PendingCall {
                            target,
                            input: Input::Message(message),
                            deadline,
                            way,
                            responder: answer,
                            backpressure,
                        },
                    );
                }
            },
        }
    }
}

/// The end of a stream, which the call of an asynchronous method awaits.
/// It has come when the sender is gone.
struct StreamEnd {
    open: watch::Receiver<()>,
    ended: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl StreamEnd {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let open = &self.open;
        let ended = self.ended.get_or_insert_with(|| {
            let mut open = open.clone();
            Box::pin(async move { while open.changed().await.is_ok() {} })
        });
        ended.as_mut().poll(context)
    }
}

/// Answers one call.
struct Responder {
    outgoing: Arc<Outgoing>,
    method: String,
    seq: u64,
    shape: Shape,
    unanswered: UnansweredGuard,
    end: StreamEnd,
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
