//! Calls over one stream: many at once, each answered when it is done.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use gobwire::Encode;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{Notify, oneshot};
use tokio::task::AbortHandle;
use tokio::time::{timeout, timeout_at};

use super::{NO_METHOD, NO_SERVICE, PLUGIN};
use crate::portable::signature::Signature;
use crate::process::mux;
use crate::process::mux::Stream;
use crate::process::netrpc::gob::shape::Shape;
use crate::process::netrpc::gob::writer::Outbound;
use crate::process::netrpc::outgoing::Outgoing;
use crate::process::netrpc::values::{ReadError, Request, Response, Values};
use crate::process::netrpc::{fault, values};
use crate::wire::fault::{Code, Fault, Unavailable};

/// A stream that carries calls. Cheap to clone. The last clone closes the stream.
#[derive(Clone)]
pub(super) struct CallStream(Arc<Owner>);

struct Owner {
    inner: Arc<Inner>,
    tasks: [AbortHandle; 2],
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

#[derive(Default)]
struct Inner {
    outgoing: Outgoing,
    waiting: Mutex<Waiting>,
    /// Notified when no more replies come.
    ended: Notify,
}

#[derive(Default)]
struct Waiting {
    next_seq: u64,
    /// The calls without a reply, by their number. Usually a few.
    calls: BTreeMap<u64, (Shape, oneshot::Sender<Result<Bytes, Fault>>)>,
    /// The reason why no more replies come.
    closed: Option<Fault>,
}

/// A call that was sent. Dropping it gives up the reply.
pub(super) struct PendingReply {
    calls: CallStream,
    seq: u64,
    receiver: oneshot::Receiver<Result<Bytes, Fault>>,
}

impl PendingReply {
    pub(super) async fn reply(mut self) -> Result<Bytes, Fault> {
        let reply = (&mut self.receiver).await;
        reply.unwrap_or_else(|_| Err(Fault::Unavailable(Unavailable::of("its connection is closed".to_owned()))))
    }
}

impl Drop for PendingReply {
    fn drop(&mut self) {
        if !self.receiver.is_terminated() {
            self.calls.0.inner.waiting().calls.remove(&self.seq);
        }
    }
}

impl Inner {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CallStream {
    /// Makes calls over this stream.
    ///
    /// The peer must first echo `number`, and `within` this time if it is an object's.
    /// A reply of more than `max_len` bytes is refused.
    /// `session_end` is filled when the session ends, and then explains the end of the stream.
    pub(super) fn new(
        stream: Stream,
        number: Option<u32>,
        within: Option<Duration>,
        max_len: usize,
        session_end: mux::EndReason,
    ) -> Self {
        let (mut reader, writer) = tokio::io::split(stream);
        let inner = Arc::new(Inner::default());
        let (reading, writing) = (Arc::clone(&inner), Arc::clone(&inner));
        let reading = tokio::spawn(async move {
            let echo = async {
                match (number, within) {
                    (Some(number), Some(within)) => accepted(&mut reader, number, within).await,
                    (number, _) => expect_echo(&mut reader, number).await,
                }
            };
            let ended = match echo.await {
                Ok(()) => reading.read(Values::new(reader, max_len)).await,
                Err(fault) => fault,
            };
            // The end of the whole connection explains more.
            let fault = match session_end.get() {
                Some(reason) => Fault::Unavailable(Unavailable::of(reason.clone())),
                None => ended,
            };
            let mut waiting = reading.waiting();
            for (_, sender) in std::mem::take(&mut waiting.calls).into_values() {
                _ = sender.send(Err(fault.clone()));
            }
            waiting.closed = Some(fault);
            drop(waiting);
            reading.ended.notify_waiters();
        });
        let writing = tokio::spawn(async move { writing.outgoing.run(writer).await });
        Self(Arc::new(Owner { inner, tasks: [reading.abort_handle(), writing.abort_handle()] }))
    }

    /// Whether no more replies come.
    pub(super) fn is_closed(&self) -> bool {
        self.0.inner.waiting().closed.is_some()
    }

    /// Closes this side of the stream, and waits until the peer closes the other.
    pub(super) async fn end(&self) {
        let Inner { outgoing, ended, .. } = &*self.0.inner;
        outgoing.close();
        let mut ended = pin!(ended.notified());
        // From here on no notification is missed.
        ended.as_mut().enable();
        if !self.is_closed() {
            ended.await;
        }
    }

    /// Sends a call of a method of the service `Plugin`.
    pub(super) fn begin_method(
        &self,
        signature: &'static Signature,
        request: &[u8],
        deadline: Option<Instant>,
    ) -> Result<PendingReply, Fault> {
        let arguments = Outbound { shape: Shape::of_arguments(signature), message: request };
        let method = format!("{PLUGIN}{}", signature.wire_name);
        self.begin(method, &arguments, Shape::of_output(signature), deadline)
    }

    /// Sends a call. `shape` turns the reply's gob into a message.
    /// The request carries the time that is left until the deadline.
    pub(super) fn begin(
        &self,
        method: String,
        argument: &(impl Encode + ?Sized),
        shape: Shape,
        deadline: Option<Instant>,
    ) -> Result<PendingReply, Fault> {
        let inner = &*self.0.inner;
        let (sender, receiver) = oneshot::channel();
        let pending = {
            let mut waiting = inner.waiting();
            if let Some(fault) = &waiting.closed {
                return Err(unsent(fault));
            }
            let seq = waiting.next_seq;
            waiting.next_seq += 1;
            waiting.calls.insert(seq, (shape, sender));
            PendingReply { calls: self.clone(), seq, receiver }
        };
        let timeout = deadline.map_or(0, |deadline| {
            let left = deadline.saturating_duration_since(Instant::now()).as_nanos();
            u64::try_from(left).unwrap_or(u64::MAX).max(1)
        });
        let request = Request { method, seq: pending.seq, timeout };
        let sent = inner.outgoing.send(&request, argument, Box::new(()));
        sent.map_err(|error| Fault::Malformed(format!("the request cannot be written: {error}")))?;
        Ok(pending)
    }
}

/// Reads the number by which the stream was opened. The peer must echo it.
async fn expect_echo(reader: &mut (impl AsyncRead + Unpin), number: Option<u32>) -> Result<(), Fault> {
    let Some(number) = number else { return Ok(()) };
    let mut echo = [0; 4];
    match reader.read_exact(&mut echo).await {
        Ok(_) if echo == number.to_le_bytes() => Ok(()),
        Ok(_) => {
            let found = u32::from_le_bytes(echo);
            let text = format!("the stream to it, of number {number}, is answered with number {found}");
            Err(Fault::Malformed(text))
        }
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(end_fault(&ReadError::End)),
        Err(error) => Err(end_fault(&ReadError::Lost(error))),
    }
}

/// The same for the stream to an object. An owner in Go closes it after five seconds.
async fn accepted(reader: &mut (impl AsyncRead + Unpin), number: u32, within: Duration) -> Result<(), Fault> {
    match timeout(within, expect_echo(reader, Some(number))).await {
        Ok(Err(Fault::Unavailable(_))) => {
            let text = format!("the other side has no object of number {number}, or not any more");
            Err(Fault::Unavailable(Unavailable::unsent(text)))
        }
        Ok(echoed) => echoed,
        Err(_) => {
            let seconds = within.as_secs();
            let text = format!("the other side has not accepted a stream to object {number} within {seconds} seconds");
            Err(Fault::Unavailable(Unavailable::unsent(text)))
        }
    }
}

/// The reply to a call, which must come before the deadline.
pub(super) async fn until<T>(
    deadline: Option<Instant>,
    reply: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    match deadline {
        None => reply.await,
        Some(deadline) => timeout_at(deadline.into(), reply).await.unwrap_or(Err(Fault::Deadline)),
    }
}

/// The same fault for a call that was not sent.
fn unsent(fault: &Fault) -> Fault {
    match fault {
        Fault::Unavailable(unavailable) => Fault::Unavailable(Unavailable { is_unsent: true, ..unavailable.clone() }),
        other => other.clone(),
    }
}

impl Inner {
    /// Hands each reply to its caller, until the stream ends.
    async fn read(&self, mut values: Values<impl AsyncRead + Unpin>) -> Fault {
        loop {
            let mut response = Response::default();
            match values.wait().await {
                Ok(()) => {}
                Err(error) => return end_fault(&error),
            }
            if let Err(reason) = values.take(&mut response) {
                return Fault::Malformed(reason);
            }
            let caller = self.waiting().calls.remove(&response.seq);
            let reply = match values.wait().await {
                Ok(()) if !response.error.is_empty() => {
                    let mut details = values::Bytes::default();
                    // A body that `plug` did not write means nothing.
                    let _ = values.take(&mut details);
                    Err(response_fault(response.error, details.0.as_deref()))
                }
                Ok(()) => match &caller {
                    Some((shape, _)) => values.take_message(*shape).map(Bytes::from).map_err(Fault::Malformed),
                    // The caller has given up.
                    None => {
                        values.discard();
                        continue;
                    }
                },
                Err(ReadError::TooLong { found, max_len }) => {
                    let message = format!(
                        "the reply has {found} bytes, and the limit is {max_len}\n\
                         hint: `ProcessOptions::max_reply` sets the limit"
                    );
                    Err(Fault::Refused { code: Code::OUT_OF_RANGE, message })
                }
                Err(error) => {
                    let fault = end_fault(&error);
                    if let Some((_, sender)) = caller {
                        _ = sender.send(Err(fault.clone()));
                    }
                    return fault;
                }
            };
            if let Some((_, sender)) = caller {
                _ = sender.send(reply);
            }
        }
    }
}

/// The fault of all calls after the stream has ended.
fn end_fault(error: &ReadError) -> Fault {
    match error {
        ReadError::End => Fault::Unavailable(Unavailable::of("it has closed the stream".to_owned())),
        ReadError::Lost(_) | ReadError::Session(_) => Fault::Unavailable(Unavailable::of(error.to_string())),
        error => Fault::Malformed(error.to_string()),
    }
}

/// The fault of a failed response. Its text is Go's; `plug` adds the details.
fn response_fault(text: String, details: Option<&[u8]>) -> Fault {
    if let Some(fault) = details.and_then(fault::decode) {
        return fault;
    }
    if text.starts_with(NO_SERVICE) || text.starts_with(NO_METHOD) {
        return Fault::Unimplemented(text);
    }
    Fault::Failed(vec![text])
}
