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
use tokio::time::sleep_until;

use crate::portable::signature::Description;
use crate::portable::signature::Signature;
use crate::rpc::back::given::{GivenCall, discard};
use crate::rpc::back::message::{BackMessage, Begin, Content};
use crate::rpc::source::Drawn;
use crate::wire::fault::{Code, Fault, Unavailable};
use crate::wire::message::{Outgoing, ReplyFuture};
use crate::wire::queue::over;
use crate::wire::stream_object::Stream;
use crate::wire::way::{Callback, GivenUp, Offered, Reached, Way};

/// How this side waits.
pub(crate) trait Waits: Send + Sync {
    /// Blocks the thread until the future is ready.
    fn wait(&self, future: Pin<&mut (dyn Future<Output = ()> + Send)>);

    /// A reply that any executor may poll.
    fn driven(&self, reply: ReplyFuture) -> ReplyFuture {
        reply
    }

    /// Fails in a fork of the process that has the connection: there nothing of it may be used.
    fn check(&self) -> Result<(), Fault> {
        Ok(())
    }
}

/// One side of a stream.
pub(crate) struct Session {
    id: u64,
    runtime: Handle,
    waits: Box<dyn Waits>,
    /// The most bytes of a message that this side takes.
    max_len: u64,
    state: Mutex<State>,
    /// The task that reads the stream, in a client.
    reading: Mutex<Option<AbortHandle>>,
}

struct State {
    /// `None` after the end.
    outgoing: Option<mpsc::UnboundedSender<Bytes>>,
    /// The most bytes of a message that the other side takes.
    limit: u64,
    last_object: u32,
    offered: HashMap<u32, Arc<Offered>>,
    /// The calls whose replies have brought these objects.
    brought: HashMap<u32, u64>,
    last_call: u64,
    waiting: HashMap<u64, oneshot::Sender<Result<Bytes, Fault>>>,
    /// The calls of objects that run here. Dropping one cancels it.
    running: HashMap<u64, oneshot::Sender<()>>,
    /// Why there are no more calls.
    end: Option<Fault>,
}

impl Session {
    /// A side of the stream with this number, and what it sends. Within the runtime of its connection.
    /// It takes messages of up to `max_len` bytes.
    pub(crate) fn new(id: u64, waits: Box<dyn Waits>, max_len: usize) -> (Arc<Self>, mpsc::UnboundedReceiver<Bytes>) {
        let (outgoing, messages) = mpsc::unbounded_channel();
        let state = Mutex::new(State {
            outgoing: Some(outgoing),
            limit: u64::MAX,
            last_object: 0,
            offered: HashMap::new(),
            brought: HashMap::new(),
            last_call: 0,
            waiting: HashMap::new(),
            running: HashMap::new(),
            end: None,
        });
        let max_len = u64::try_from(max_len).unwrap_or(u64::MAX);
        let runtime = Handle::current();
        let session = Arc::new(Self { id, runtime, waits, max_len, state, reading: Mutex::default() });
        session.send(&BackMessage::new(0, Content::Limit(max_len)));
        (session, messages)
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
        // There is none after the end, and `end` tells all who wait.
        if let Some(outgoing) = &self.state().outgoing {
            let _ = outgoing.send(message.encode_to_vec().into());
        }
    }

    /// Whether the other side takes the message. A longer one would end the stream for all calls.
    fn check_len(&self, what: &str, message: &BackMessage) -> Result<(), Fault> {
        let (len, limit) = (message.encoded_len() as u64, self.state().limit);
        if len <= limit {
            return Ok(());
        }
        let text = format!("the {what} has {len} bytes, and the limit of the other side is {limit}");
        Err(Fault::refused(Code::OUT_OF_RANGE, text))
    }

    /// Sends the answer to a call. The fault is that of an answer that is too long.
    fn send_answer(&self, call: u64, answer: Result<Bytes, Fault>) -> Result<(), Fault> {
        let message = BackMessage::reply(call, answer);
        let checked = self.check_len("reply", &message);
        match &checked {
            Ok(()) => self.send(&message),
            Err(fault) => self.send(&BackMessage::reply(call, Err(fault.clone()))),
        }
        checked
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
            Some(Content::Cancel(())) => self.cancelled(call),
            Some(Content::Dropped(object)) => self.withdraw(object),
            Some(Content::Limit(limit)) => self.state().limit = limit,
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

    /// Nobody waits for the answer to this call, or has read it.
    fn cancelled(&self, call: u64) {
        let (running, unread) = {
            let mut state = self.state();
            let unread = state.brought.iter().filter(|(_, of)| **of == call).map(|(object, _)| *object);
            let unread: Vec<_> = unread.collect();
            (state.running.remove(&call), unread)
        };
        // Outside of the lock: it wakes an executor.
        drop(running);
        unread.into_iter().for_each(|object| self.withdraw(object));
    }

    fn begin(self: &Arc<Self>, call: u64, Begin { object, method, request, timeout }: Begin) {
        let deadline = match timeout {
            0 => None,
            nanos => Instant::now().checked_add(Duration::from_nanos(nanos)),
        };
        let offered = self.state().offered.get(&object).cloned();
        match offered.as_deref() {
            None => drop(self.send_answer(call, Err(over()))),
            Some(Offered::Lent(lent)) => {
                let given_up = GivenUp::when(self.given_up(call, deadline));
                let unanswered = Unanswered { session: Arc::downgrade(self), call };
                let reply = Box::new(move |reply| unanswered.answer(reply));
                lent(Callback { object, method, request, deadline, reply, given_up });
            }
            Some(Offered::Given(callee)) => {
                let (callee, way) = (Arc::clone(callee), Arc::clone(self) as Arc<dyn Way>);
                let given_up = Box::pin(self.given_up(call, deadline));
                self.run(call, GivenCall { callee, method, request, deadline, way, given_up });
            }
        }
        // The last handle of a given object, whose drop may block.
        offered.into_iter().for_each(|offered| discard(&self.runtime, offered));
    }

    /// Notes that a call runs here. The future is ready when nobody waits for its answer any more.
    fn given_up(&self, call: u64, deadline: Option<Instant>) -> impl Future<Output = ()> + Send + 'static {
        let (cancel, cancelled) = oneshot::channel::<()>();
        let before = self.state().running.insert(call, cancel);
        drop(before);
        let late = deadline.map(|deadline| sleep_until(deadline.into()));
        async move {
            match late {
                None => _ = cancelled.await,
                Some(late) => tokio::select! {
                    _ = cancelled => {}
                    () = late => {}
                },
            }
        }
    }

    /// Whether somebody waited for the answer to this call, which has ended.
    fn ends(&self, call: u64) -> bool {
        let running = self.state().running.remove(&call);
        running.is_some()
    }

    /// Calls a given object in a thread of its own.
    fn run(self: &Arc<Self>, call: u64, given: GivenCall) {
        let this = Arc::clone(self);
        given.run(&self.runtime, move |reply, brought| {
            if !this.ends(call) {
                return;
            }
            {
                let mut state = this.state();
                // They are there until the caller says that it has dropped them, or not read the reply.
                brought.numbers().iter().for_each(|object| _ = state.brought.insert(*object, call));
            }
            if this.send_answer(call, reply).is_ok() {
                brought.keep();
            }
        });
    }

    /// Ends all calls, and drops the objects that the other side had.
    pub(crate) fn end(&self, fault: &Fault) {
        let (waiting, offered, running) = {
            let mut state = self.state();
            state.end.get_or_insert_with(|| fault.clone());
            // The objects of the other side, which may live longer, keep the stream open no more.
            state.outgoing = None;
            state.brought.clear();
            let State { waiting, offered, running, .. } = &mut *state;
            (std::mem::take(waiting), std::mem::take(offered), std::mem::take(running))
        };
        drop(running);
        for waiting in waiting.into_values() {
            let _ = waiting.send(Err(fault.clone()));
        }
        offered.into_values().for_each(|offered| discard(&self.runtime, offered));
    }

    fn remove(&self, number: u32) -> Option<Arc<Offered>> {
        let mut state = self.state();
        state.brought.remove(&number);
        state.offered.remove(&number)
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

    fn draw(&self, stream: Outgoing) -> Box<dyn Stream> {
        Box::new(Drawn::new(stream, &self.runtime))
    }

    fn max_len(&self) -> u64 {
        self.max_len
    }

    fn withdraw(&self, number: u32) {
        let offered = self.remove(number);
        if let Some(offered) = offered {
            discard(&self.runtime, offered);
        }
    }

    fn take_back(&self, number: u32) {
        drop(self.remove(number));
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

/// A callback without an answer. Dropping it says that its call is over.
struct Unanswered {
    session: Weak<Session>,
    call: u64,
}

impl Unanswered {
    /// Answers once, if somebody waits for it.
    fn answer(&self, answer: Result<Bytes, Fault>) {
        if let Some(session) = self.session.upgrade()
            && session.ends(self.call)
        {
            let _ = session.send_answer(self.call, answer);
        }
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        self.answer(Err(over()));
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
        if self.session.waits.check().is_err() {
            return std::mem::forget(Arc::clone(&self.session));
        }
        if self.is_given {
            self.session.send(&BackMessage::new(0, Content::Dropped(self.number)));
        }
    }
}

/// A call whose reply is not read. Dropping it cancels the call.
struct Waiting {
    session: Arc<Session>,
    call: u64,
    is_read: bool,
    reply: oneshot::Receiver<Result<Bytes, Fault>>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.session.waits.check().is_err() {
            return std::mem::forget(Arc::clone(&self.session));
        }
        let waiting = self.session.state().waiting.remove(&self.call);
        drop(waiting);
        if !self.is_read {
            self.session.send(&BackMessage::new(self.call, Content::Cancel(())));
        }
    }
}

impl Reached for SessionObject {
    fn call(&self, method: &'static Signature, request: Bytes, deadline: Option<Instant>) -> ReplyFuture {
        if let Err(fault) = self.session.waits.check() {
            return Box::pin(std::future::ready(Err(fault)));
        }
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
        let begin = BackMessage::new(call, Content::Begin(Begin { object, method, request, timeout }));
        if let Err(fault) = session.check_len("request", &begin) {
            let waiting = session.state().waiting.remove(&call);
            drop(waiting);
            return Box::pin(std::future::ready(Err(fault)));
        }
        session.send(&begin);
        // Any executor may poll it, and the timer is the connection's.
        let late = deadline.map(|deadline| {
            let _context = session.runtime.enter();
            sleep_until(deadline.into())
        });
        let mut waiting = Waiting { session, call, is_read: false, reply };
        Box::pin(async move {
            let reply = async {
                let reply = (&mut waiting.reply).await;
                waiting.is_read = true;
                reply
                    .unwrap_or_else(|_| Err(Fault::Unavailable(Unavailable::of("its connection has ended".to_owned()))))
            };
            match late {
                None => reply.await,
                Some(late) => tokio::select! {
                    biased;
                    reply = reply => reply,
                    () = late => Err(Fault::Deadline),
                },
            }
        })
    }
}

#[cfg(test)]
mod tests;
