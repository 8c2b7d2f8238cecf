//! The stream of one connection, in either side.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use prost::Message;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::timeout_at;

use crate::portable::signature::Description;
use crate::portable::signature::Signature;
use crate::rpc::back::given::{GivenCall, discard};
use crate::rpc::back::message::{BackMessage, Begin, Content};
use crate::wire::callee::Callee;
use crate::wire::channel::ReplyFuture;
use crate::wire::exchange::over;
use crate::wire::fault::{Code, Fault, Unavailable};
use crate::wire::way::{Callback, Offered, Reached, Way};

/// How this side waits.
pub(crate) trait Waits: Send + Sync {
    /// Blocks the thread until the future is ready.
    fn wait(&self, future: Pin<&mut (dyn Future<Output = ()> + Send)>);

    /// A reply that any executor may poll.
    fn driven(&self, reply: ReplyFuture) -> ReplyFuture {
        reply
    }
}

/// One side of a stream.
pub(crate) struct Session {
    id: u64,
    runtime: Handle,
    waits: Box<dyn Waits>,
    outgoing: mpsc::UnboundedSender<Bytes>,
    state: Mutex<State>,
    /// The task that reads the stream, in a client.
    reading: Mutex<Option<AbortHandle>>,
}

#[derive(Default)]
struct State {
    last_object: u32,
    offered: HashMap<u32, Arc<Offered>>,
    last_call: u64,
    waiting: HashMap<u64, oneshot::Sender<Result<Bytes, Fault>>>,
    /// The calls of given objects that run here. Dropping one cancels it.
    running: HashMap<u64, oneshot::Sender<()>>,
    /// Why there are no more calls.
    end: Option<Fault>,
}

impl Session {
    /// A side of the stream with this number, and what it sends. Within the runtime of its connection.
    pub(crate) fn new(id: u64, waits: Box<dyn Waits>) -> (Arc<Self>, mpsc::UnboundedReceiver<Bytes>) {
        let (outgoing, messages) = mpsc::unbounded_channel();
        let (runtime, state, reading) = (Handle::current(), Mutex::default(), Mutex::default());
        (Arc::new(Self { id, runtime, waits, outgoing, state, reading }), messages)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.state().end.is_some()
    }

    /// Ends the task with this side.
    pub(crate) fn reads_in(&self, task: AbortHandle) {
        *self.reading.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }

    fn send(&self, message: &BackMessage) {
        // An error means that the stream has ended, and `end` tells all who wait.
        let _ = self.outgoing.send(message.encode_to_vec().into());
    }

    /// Takes a message of the other side.
    ///
    /// # Errors
    ///
    /// If it is no such message.
    pub(crate) fn take(self: &Arc<Self>, message: Bytes) -> Result<(), Fault> {
        let malformed = |error: prost::DecodeError| Fault::refused(Code::INVALID_ARGUMENT, error.to_string());
        let BackMessage { call, content } = BackMessage::decode(message).map_err(malformed)?;
        match content {
            // The first message of a client has none, nor has one of a later version that this one does
            // not know.
            None => {}
            Some(Content::Begin(begin)) => self.begin(call, begin),
            Some(Content::Reply(reply)) => self.replied(call, Ok(reply)),
            Some(Content::Failure(failure)) => self.replied(call, Err(failure.fault())),
            Some(Content::Cancel(())) => drop(self.state().running.remove(&call)),
            Some(Content::Dropped(object)) => self.withdraw(object),
        }
        Ok(())
    }

    fn replied(&self, call: u64, reply: Result<Bytes, Fault>) {
        // The caller may have given up.
        let waiting = self.state().waiting.remove(&call);
        if let Some(waiting) = waiting {
            let _ = waiting.send(reply);
        }
    }

    fn begin(self: &Arc<Self>, call: u64, Begin { object, method, request, timeout }: Begin) {
        let deadline = match timeout {
            0 => None,
            nanos => Instant::now().checked_add(Duration::from_nanos(nanos)),
        };
        let offered = self.state().offered.get(&object).cloned();
        let (this, is_sent) = (Arc::downgrade(self), call);
        let reply = Box::new(move |reply| {
            if let Some(this) = Weak::upgrade(&this) {
                this.send(&BackMessage::reply(is_sent, reply));
            }
        });
        match offered.as_deref() {
            None => reply(Err(over())),
            Some(Offered::Lent(ask)) => ask(Callback { object, method, request, deadline, reply }),
            Some(Offered::Given(callee)) => self.run(call, Arc::clone(callee), method, request, deadline),
        }
    }

    /// Calls a given object in a thread of its own.
    fn run(
        self: &Arc<Self>,
        call: u64,
        callee: Arc<dyn Callee>,
        method: String,
        request: Bytes,
        deadline: Option<Instant>,
    ) {
        let (cancel, cancelled) = oneshot::channel();
        let cancelled = Box::pin(async move { _ = cancelled.await });
        self.state().running.insert(call, cancel);
        let (this, way) = (Arc::clone(self), Arc::clone(self) as Arc<dyn Way>);
        let given = GivenCall { callee, method, request, deadline, way, cancelled };
        given.run(&self.runtime, move |reply| {
            let is_awaited = this.state().running.remove(&call).is_some();
            if is_awaited {
                this.send(&BackMessage::reply(call, reply));
            }
        });
    }

    /// Ends all calls, and drops the objects that the other side had.
    pub(crate) fn end(&self, fault: &Fault) {
        let (waiting, offered, running) = {
            let mut state = self.state();
            state.end.get_or_insert_with(|| fault.clone());
            let State { waiting, offered, running, .. } = &mut *state;
            (std::mem::take(waiting), std::mem::take(offered), std::mem::take(running))
        };
        drop(running);
        for waiting in waiting.into_values() {
            let _ = waiting.send(Err(fault.clone()));
        }
        offered.into_values().for_each(|offered| discard(&self.runtime, offered));
    }
}

impl Way for Session {
    fn id(&self) -> Option<u64> {
        Some(self.id)
    }

    fn offer(&self, object: Offered, _: &'static Description) -> Result<u32, Fault> {
        let mut state = self.state();
        if let Some(fault) = &state.end {
            return Err(fault.clone());
        }
        let number = loop {
            state.last_object = state.last_object.wrapping_add(1);
            // 0 is the number of none.
            if state.last_object != 0 && !state.offered.contains_key(&state.last_object) {
                break state.last_object;
            }
        };
        state.offered.insert(number, Arc::new(object));
        Ok(number)
    }

    fn withdraw(&self, number: u32) {
        let offered = self.state().offered.remove(&number);
        if let Some(offered) = offered {
            discard(&self.runtime, offered);
        }
    }

    fn reach(self: Arc<Self>, number: u32, _: &'static Description, is_given: bool) -> Arc<dyn Reached> {
        Arc::new(SessionObject { session: self, number, is_given })
    }

    fn wait(&self, future: Pin<&mut (dyn Future<Output = ()> + Send)>) {
        self.waits.wait(future);
    }

    fn driven(&self, reply: ReplyFuture) -> ReplyFuture {
        self.waits.driven(reply)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end(&Fault::Unavailable(Unavailable::of("its connection has ended".to_owned())));
        if let Some(task) = self.reading.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

/// An object of the other side.
struct SessionObject {
    session: Arc<Session>,
    number: u32,
    is_given: bool,
}

impl Drop for SessionObject {
    fn drop(&mut self) {
        if self.is_given {
            self.session.send(&BackMessage::new(0, Content::Dropped(self.number)));
        }
    }
}

/// A call without a reply. Dropping it cancels the call.
struct Waiting {
    session: Arc<Session>,
    call: u64,
    reply: oneshot::Receiver<Result<Bytes, Fault>>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.session.state().waiting.remove(&self.call).is_some() {
            self.session.send(&BackMessage::new(self.call, Content::Cancel(())));
        }
    }
}

impl Reached for SessionObject {
    fn call(&self, method: &'static Signature, request: Bytes, deadline: Option<Instant>) -> ReplyFuture {
        let session = Arc::clone(&self.session);
        let (sender, reply) = oneshot::channel();
        let timeout = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
            None => 0,
            Some(left) if left.is_zero() => return Box::pin(std::future::ready(Err(Fault::Deadline))),
            Some(left) => u64::try_from(left.as_nanos()).unwrap_or(u64::MAX),
        };
        let call = {
            let mut state = session.state();
            if let Some(fault) = &state.end {
                return Box::pin(std::future::ready(Err(fault.clone())));
            }
            state.last_call += 1;
            let call = state.last_call;
            state.waiting.insert(call, sender);
            call
        };
        let (object, method) = (self.number, method.wire_name.to_owned());
        session.send(&BackMessage::new(call, Content::Begin(Begin { object, method, request, timeout })));
        let mut waiting = Waiting { session, call, reply };
        Box::pin(async move {
            let reply = async {
                let reply = (&mut waiting.reply).await;
                reply
                    .unwrap_or_else(|_| Err(Fault::Unavailable(Unavailable::of("its connection has ended".to_owned()))))
            };
            match deadline {
                None => reply.await,
                Some(deadline) => timeout_at(deadline.into(), reply).await.unwrap_or(Err(Fault::Deadline)),
            }
        })
    }
}
