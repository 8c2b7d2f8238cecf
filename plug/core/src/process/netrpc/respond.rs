//! How the calls that come by one stream are answered: those of the process itself at once, and those of a plugin by threads that may be blocked.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use bytes::Bytes;
use gobwire::Encode;
use tokio::io::AsyncRead;

use super::{NO_METHOD, NO_SERVICE};
use crate::portable::method::Signature;
use crate::portable::types::Type;
use crate::process::netrpc::fault;
use crate::process::netrpc::gob::shape::Shape;
use crate::process::netrpc::gob::writer::Outbound;
use crate::process::netrpc::mux::Stream;
use crate::process::netrpc::outgoing::Outgoing;
use crate::process::netrpc::values::{Broken, Request, Response, Values};
use crate::rpc::server::backpressure::Backpressure;
use crate::rpc::server::request::{PendingCall, Respond, call};
use crate::rpc::server::workers::CallQueue;
use crate::wire::dispatch::Target;
use crate::wire::fault::{Code, Fault};

/// What a stream is for.
pub(super) trait Service: Send + Sync + 'static {
    /// What a method is, by the name that it is called by.
    fn find(&self, method: &str) -> Lookup<'_>;
}

pub(super) enum Lookup<'a> {
    NoService,
    NoMethod,
    /// A method of a plugin.
    Method(Target, &'static Signature),
    /// One of the process's, which takes no time. It is given a text, or nothing of interest, and returns a value of this type.
    Own(&'static Type, Box<dyn FnOnce(String) -> Result<Vec<u8>, Fault> + Send + 'a>),
}

/// What all streams of a connection have in common.
#[derive(Clone)]
pub(super) struct Common {
    pub calls: CallQueue,
    pub backpressure: Backpressure,
    /// The longest request that is taken, in bytes.
    pub max_len: usize,
    pub owed: Owed,
}

/// How many answers the other side waits for. Clones are the same one.
#[derive(Clone, Default)]
pub(super) struct Owed(Arc<AtomicUsize>);

/// One of them.
struct One(Owed);

impl Clone for One {
    fn clone(&self) -> Self {
        self.0.one()
    }
}

impl Owed {
    pub(super) fn is_nothing(&self) -> bool {
        self.0.load(SeqCst) == 0
    }

    fn one(&self) -> One {
        self.0.fetch_add(1, SeqCst);
        One(self.clone())
    }
}

impl Drop for One {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, SeqCst);
    }
}

/// Answers what comes by a stream, until nothing more does. It is an error where that is not how it ends.
pub(super) async fn answer(stream: Stream, service: impl Service, common: Common) -> Result<(), Broken> {
    let (from, to) = tokio::io::split(stream);
    let outgoing = Arc::new(Outgoing::default());
    let reading = read(Values::new(from, common.max_len), &service, &outgoing, &common);
    tokio::select! {
        ended = reading => ended,
        () = outgoing.run(to) => Ok(()),
    }
}

async fn read(
    mut values: Values<impl AsyncRead + Unpin>,
    service: &impl Service,
    outgoing: &Arc<Outgoing>,
    common: &Common,
) -> Result<(), Broken> {
    loop {
        match values.wait().await {
            Ok(()) => {}
            Err(Broken::End) => return Ok(()),
            Err(broken) => return Err(broken),
        }
        let mut request = Request::default();
        let taken = values.take(&mut request);
        taken.map_err(Broken::Malformed)?;
        let found = service.find(&request.method);
        let shape = match &found {
            Lookup::Method(_, signature) => Shape::of_output(signature),
            Lookup::Own(ty, _) => Shape::One(ty),
            Lookup::NoService | Lookup::NoMethod => Shape::Nothing,
        };
        let Request { method, seq, timeout } = request;
        let left = (timeout > 0).then(|| Duration::from_nanos(timeout));
        let deadline = left.and_then(|left| Instant::now().checked_add(left));
        let owed = common.owed.one();
        let answer = Responder { to: Arc::clone(outgoing), method, seq, shape, owed };
        let refused = |answer: Responder, fault| answer.unary(Err(fault), &common.backpressure);
        match values.wait().await {
            Ok(()) => {}
            Err(broken @ Broken::TooLong { .. }) => {
                refused(answer, Fault::refused(Code::RESOURCE_EXHAUSTED, format!("of the request {broken}")));
                continue;
            }
            Err(broken) => return Err(broken),
        }
        match found {
            Lookup::NoService | Lookup::NoMethod => {
                values.discard();
                let fact = if matches!(found, Lookup::NoService) { NO_SERVICE } else { NO_METHOD };
                let fault = Fault::Unimplemented(format!("{fact}{}", answer.method));
                refused(answer, fault);
            }
            Lookup::Own(_, method) => {
                let mut given = ControlText::default();
                let taken = values.take(&mut given);
                let taken = taken.map_err(|what| Fault::refused(Code::INVALID_ARGUMENT, what));
                let done = taken.and_then(|()| method(given.0));
                answer.unary(done.map(Bytes::from), &common.backpressure);
            }
            Lookup::Method(target, signature) => match values.taken(Shape::of_arguments(signature)) {
                Err(what) => {
                    let fault = target.malformed_request(&what);
                    refused(answer, fault);
                }
                Ok(_) if common.calls.is_full() => {
                    let text = "too many calls wait already, behind others that go on";
                    refused(answer, Fault::refused(Code::RESOURCE_EXHAUSTED, text));
                }
                Ok(message) => {
                    let (message, backpressure) = (message.into(), common.backpressure.clone());
                    call(
                        common.calls.clone(),
                        PendingCall { target, message, deadline, responder: answer, backpressure },
                    );
                }
            },
        }
    }
}

/// How one call is answered.
struct Responder {
    to: Arc<Outgoing>,
    method: String,
    seq: u64,
    shape: Shape,
    owed: One,
}

impl Respond for Responder {
    /// Nobody says so.
    fn is_cancelled(&mut self) -> bool {
        false
    }

    fn unary(self, reply: Result<Bytes, Fault>, backpressure: &Backpressure) {
        let Self { to, method, seq, shape, owed } = self;
        let mut response = Response { method, seq, error: String::new() };
        let refusal = match reply {
            Ok(message) => {
                let given = Outbound { shape, message: &message };
                let sent = to.send(&response, &given, Box::new((owed.clone(), backpressure.take(message.len()))));
                let text = |error| format!("the reply cannot be written: {error}");
                sent.err().map(|error| Fault::refused(Code::INTERNAL, text(error)))
            }
            Err(fault) => Some(fault),
        };
        if let Some(fault) = refusal {
            response.error = match fault.text() {
                // In Go an error without a text is none.
                "" => "the plugin failed, and did not say with what".to_owned(),
                text => text.to_owned(),
            };
            // To Go, what comes with an error means nothing.
            let _ = to.send(&response, &FaultBytes(fault::encode(fault)), Box::new(owed));
        }
    }
}

/// The whole fault, for programs of ours.
struct FaultBytes(Vec<u8>);

impl Encode for FaultBytes {
    fn describe_value(&self, _: &mut gobwire::Describer<'_>) -> gobwire::Result<i64> {
        Ok(gobwire::ids::BYTES)
    }

    fn is_zero(&self) -> bool {
        false
    }

    fn encode(&self, encoder: &mut gobwire::ValueEncoder<'_>) -> gobwire::Result<()> {
        encoder.bytes(&self.0);
        Ok(())
    }
}

/// A text, or something else that is of no interest.
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
