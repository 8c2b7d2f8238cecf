//! CallStream that are made by one stream: many at once, each answered when it is done. It knows no plugin.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use gobwire::Encode;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::{NO_METHOD, NO_SERVICE};
use crate::process::netrpc::gob::shape::Shape;
use crate::process::netrpc::mux::Stream;
use crate::process::netrpc::outgoing::Outgoing;
use crate::process::netrpc::values::{Broken, Request, Response, Values};
use crate::process::netrpc::{fault, mux, values};
use crate::wire::fault::{Code, Fault, Unavailable};

/// Cheap to clone. The stream is closed with the last one.
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
}

#[derive(Default)]
struct Waiting {
    next: u64,
    /// Those that wait, of which there are not many.
    calls: BTreeMap<u64, (Shape, oneshot::Sender<Result<Bytes, Fault>>)>,
    /// Why there are no more answers.
    over: Option<Fault>,
}

/// A call that is on its way.
pub(super) struct PendingReply {
    calls: CallStream,
    seq: u64,
    told: oneshot::Receiver<Result<Bytes, Fault>>,
}

impl PendingReply {
    pub(super) async fn reply(mut self) -> Result<Bytes, Fault> {
        let told = (&mut self.told).await;
        told.unwrap_or_else(|_| Err(Fault::Unavailable(Unavailable::of("its connection is closed".to_owned()))))
    }
}

impl Drop for PendingReply {
    /// Nobody waits any more.
    fn drop(&mut self) {
        if !self.told.is_terminated() {
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
    /// CallStream by this stream, which is to be answered with this number first; each of whose replies has at most so many bytes; and the reason why its session ends, once it does.
    pub(super) fn over(stream: Stream, number: Option<u32>, max_len: usize, why: mux::Why) -> Self {
        let (mut from, to) = tokio::io::split(stream);
        let inner = Arc::new(Inner::default());
        let (reading, writing) = (Arc::clone(&inner), Arc::clone(&inner));
        let reading = tokio::spawn(async move {
            let ended = match agree(&mut from, number).await {
                Ok(()) => reading.read(Values::new(from, max_len)).await,
                Err(fault) => fault,
            };
            // Where all of the connection has ended, that says more.
            let fault = match why.get() {
                Some(why) => Fault::Unavailable(Unavailable::of(why.clone())),
                None => ended,
            };
            let mut waiting = reading.waiting();
            for (_, tell) in std::mem::take(&mut waiting.calls).into_values() {
                _ = tell.send(Err(fault.clone()));
            }
            waiting.over = Some(fault);
        });
        let writing = tokio::spawn(async move { writing.outgoing.run(to).await });
        Self(Arc::new(Owner { inner, tasks: [reading.abort_handle(), writing.abort_handle()] }))
    }

    /// Whether nothing is answered any more.
    pub(super) fn is_over(&self) -> bool {
        self.0.inner.waiting().over.is_some()
    }

    /// Has a method called, whose reply is made into a message by its shape. The other side is told until when.
    pub(super) fn begin(
        &self,
        method: String,
        given: &(impl Encode + ?Sized),
        shape: Shape,
        deadline: Option<Instant>,
    ) -> Result<PendingReply, Fault> {
        let inner = &*self.0.inner;
        let (tell, told) = oneshot::channel();
        let begun = {
            let mut waiting = inner.waiting();
            if let Some(fault) = &waiting.over {
                return Err(unsent(fault));
            }
            let seq = waiting.next;
            waiting.next += 1;
            waiting.calls.insert(seq, (shape, tell));
            PendingReply { calls: self.clone(), seq, told }
        };
        let timeout = deadline.map_or(0, |deadline| {
            let left = deadline.saturating_duration_since(Instant::now()).as_nanos();
            u64::try_from(left).unwrap_or(u64::MAX).max(1)
        });
        let request = Request { method, seq: begun.seq, timeout };
        let sent = inner.outgoing.send(&request, given, Box::new(()));
        sent.map_err(|error| Fault::Malformed(format!("the request cannot be written: {error}")))?;
        Ok(begun)
    }
}

/// That what opens the stream is answered with its number.
async fn agree(from: &mut (impl AsyncRead + Unpin), number: Option<u32>) -> Result<(), Fault> {
    let Some(number) = number else { return Ok(()) };
    let mut answer = [0; 4];
    match from.read_exact(&mut answer).await {
        Ok(_) if answer == number.to_le_bytes() => Ok(()),
        Ok(_) => {
            let found = u32::from_le_bytes(answer);
            let text = format!("the stream to it, of number {number}, is answered with number {found}");
            Err(Fault::Malformed(text))
        }
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(over(&Broken::End)),
        Err(error) => Err(over(&Broken::Lost(error))),
    }
}

/// The same where the call was not made.
fn unsent(fault: &Fault) -> Fault {
    match fault {
        Fault::Unavailable(unavailable) => Fault::Unavailable(Unavailable { is_unsent: true, ..unavailable.clone() }),
        other => other.clone(),
    }
}

impl Inner {
    /// Hands out what comes, until nothing more does.
    async fn read(&self, mut values: Values<impl AsyncRead + Unpin>) -> Fault {
        loop {
            let mut response = Response::default();
            match values.wait().await {
                Ok(()) => {}
                Err(broken) => return over(&broken),
            }
            if let Err(what) = values.take(&mut response) {
                return Fault::Malformed(what);
            }
            let waits = self.waiting().calls.remove(&response.seq);
            let answer = match values.wait().await {
                Ok(()) if !response.error.is_empty() => {
                    let mut details = values::Bytes::default();
                    // It is of interest only where it is ours.
                    let _ = values.take(&mut details);
                    Err(failed(response.error, details.0.as_deref()))
                }
                Ok(()) => match &waits {
                    Some((shape, _)) => values.taken(*shape).map(Bytes::from).map_err(Fault::Malformed),
                    // Nobody waits any more.
                    None => {
                        values.discard();
                        continue;
                    }
                },
                Err(broken @ Broken::TooLong { .. }) => {
                    Err(Fault::Refused { code: Code::OUT_OF_RANGE, message: broken.to_string() })
                }
                Err(broken) => {
                    let fault = over(&broken);
                    if let Some((_, tell)) = waits {
                        _ = tell.send(Err(fault.clone()));
                    }
                    return fault;
                }
            };
            if let Some((_, tell)) = waits {
                _ = tell.send(answer);
            }
        }
    }
}

/// Why there are no more answers.
fn over(broken: &Broken) -> Fault {
    match broken {
        Broken::End => Fault::Unavailable(Unavailable::of("it has closed the stream".to_owned())),
        Broken::Lost(_) | Broken::Session(_) => Fault::Unavailable(Unavailable::of(broken.to_string())),
        broken => Fault::Malformed(broken.to_string()),
    }
}

/// What a call has failed with, as whoever answers says it: in words, to which a program of ours adds the rest.
fn failed(text: String, details: Option<&[u8]>) -> Fault {
    if let Some(fault) = details.and_then(fault::decode) {
        return fault;
    }
    if text.starts_with(NO_SERVICE) || text.starts_with(NO_METHOD) {
        return Fault::Unimplemented(text);
    }
    Fault::Failed(vec![text])
}
