//! Calls whose arguments or results are objects.
//!
//! Whoever waits for the reply also answers the calls of the objects that he has lent, in the same
//! thread or in the same future: so they may borrow.

use std::cell::Cell;
use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::error::Error;
use crate::panic::Caught;
use crate::portable::Portable;
use crate::portable::arguments::VisitObjects;
use crate::portable::arguments::{Arguments, Crosses};
use crate::portable::arguments::{Returns, Share};
use crate::portable::codec::Malformed;
use crate::portable::flow::Flowing;
use crate::portable::method::Lend;
use crate::portable::method::Method;
use crate::portable::signature::Description;
use crate::protobuf;
use crate::scope::Scope;
use crate::task::with_hint;
use crate::wire::binder::Binder;
use crate::wire::callee::{Answer, LentCalled, LentCallee, LentObject, NoReply, Reply, shared};
use crate::wire::channel::{FaultFuture, ReplyFuture};
use crate::wire::fault::{Code, Fault, Panicked, Unavailable};
use crate::wire::stream::{self, CallStream, Incoming, Outgoing, TakeStream};
use crate::wire::way::{Callback, NO_WAY, OVER, Offered, Replier, Way};

/// Why a call has no result.
pub(crate) enum Failure {
    Fault(Fault),
    /// The arguments do not cross.
    Refused(Malformed),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

type Given<'a, M> = <<M as Method>::Arguments as Arguments>::Given<'a>;
/// A call that is polled.
pub(crate) type ResultFuture<'a, M> = Pin<Box<dyn Future<Output = Result<<M as Method>::Ok, Failure>> + Send + 'a>>;

type Kept<M> = <<M as Method>::Returns as Crosses>::Kept;

/// What a call sends.
pub(crate) enum Sent {
    Message(Vec<u8>),
    Stream(Outgoing),
}

/// What a call receives.
pub(crate) enum Got {
    Message(Bytes),
    Stream(Box<dyn Incoming>),
}

pub(crate) type GotFuture = FaultFuture<Got>;

/// A reply that is one message.
pub(crate) fn message(reply: ReplyFuture) -> GotFuture {
    Box::pin(async { reply.await.map(Got::Message) })
}

/// Whether a method takes or returns objects or streams.
pub(crate) const fn has_objects<M: Method>() -> bool {
    M::Arguments::HAS_OBJECTS || M::Returns::HAS_OBJECTS || has_streams::<M>()
}

/// Whether a method takes or returns streams.
pub(crate) const fn has_streams<M: Method>() -> bool {
    M::Arguments::HAS_STREAM || M::Returns::IS_STREAM
}

/// Whether a method needs a way back. `has_calls` says whether a call can be a stream.
pub(crate) const fn needs_way<M: Method>(has_calls: bool) -> bool {
    M::Arguments::HAS_OBJECTS || M::Returns::HAS_OBJECTS || (!has_calls && has_streams::<M>())
}

/// Where a call goes.
pub(crate) struct Route {
    /// The way to the objects of the call, if it needs one.
    pub way: Option<Arc<dyn Way>>,
    /// Whether a call can be a stream. Streams are objects otherwise.
    pub has_streams: bool,
}

/// Calls a method, and waits by `wait` in this thread.
/// `error` makes the error of a fault amid a stream.
pub(crate) fn call<M: Method>(
    route: Route,
    given: &Given<'_, M>,
    begin: impl FnOnce(Sent) -> Result<GotFuture, Fault>,
    wait: &dyn Fn(Pin<&mut (dyn Future<Output = ()> + Send)>),
    error: impl Fn(Fault) -> Error + Clone + Send + 'static,
) -> Result<M::Ok, Failure> {
    let mut lender = Lender::new::<M>(route);
    let request = lender.request::<M>(given)?;
    let reply = begin(request).and_then(|reply| lender.serve(reply, wait));
    lender.finish::<M>(reply, error)
}

/// The same for a caller that polls. The future borrows what the arguments do, and not them.
pub(crate) fn start<'a, M: Method>(
    route: Route,
    given: &Given<'a, M>,
    begin: impl FnOnce(Sent) -> Result<GotFuture, Fault>,
    error: impl Fn(Fault) -> Error + Clone + Send + 'static,
) -> ResultFuture<'a, M> {
    let mut lender = Lender::new::<M>(route);
    let reply = lender.request::<M>(given).map(begin);
    Box::pin(async move {
        let reply = match reply? {
            Ok(reply) => lender.serve_polled(reply).await,
            Err(fault) => Err(fault),
        };
        lender.finish::<M>(reply, error)
    })
}

/// The value of a decoded result.
pub(crate) fn result<M: Method>(mut kept: Kept<M>, way: Option<&Arc<dyn Way>>) -> M::Ok {
    if let Some(way) = way.filter(|_| M::Returns::HAS_OBJECTS || M::Returns::IS_STREAM) {
        M::Returns::bind(&mut kept, &Binder { way });
    }
    M::Returns::unpack(M::Returns::give_kept(kept, &mut None))
}

/// The objects and streams of one call, until it is over.
struct Lender<'a> {
    route: Route,
    lent: HashMap<u32, Box<dyn LentCallee<'a> + 'a>>,
    given: Vec<u32>,
    queue: Arc<Queue>,
    /// The stream that the call itself is.
    stream: TakeStream,
    /// Why an object could not be offered.
    fault: Option<Fault>,
}

impl<'a> Lender<'a> {
    fn new<M: Method>(route: Route) -> Self {
        let stream = TakeStream::of::<M>(false);
        Self { route, lent: HashMap::new(), given: Vec::new(), queue: Arc::default(), stream, fault: None }
    }

    /// Offers the objects among the arguments, and encodes them.
    fn request<M: Method>(&mut self, given: &Given<'a, M>) -> Result<Sent, Failure> {
        M::Arguments::visit(given, self);
        if let Some(fault) = self.fault.take() {
            self.take_back();
            return Err(fault.into());
        }
        if let Some(stream) = self.stream.taken.take() {
            return Ok(Sent::Stream(stream));
        }
        protobuf::encode_request::<M>(given).map(Sent::Message).map_err(|flaw| {
            self.take_back();
            Failure::Refused(flaw)
        })
    }

    fn finish<M: Method>(
        &mut self,
        reply: Result<Got, Fault>,
        error: impl Fn(Fault) -> Error + Clone + Send + 'static,
    ) -> Result<M::Ok, Failure> {
        if reply.as_ref().is_err_and(is_unbegun) {
            self.take_back();
        }
        let malformed = |text: String| Failure::Fault(Fault::Malformed(text));
        match reply? {
            Got::Message(message) => {
                let kept = protobuf::decode_reply::<M>(&message).map_err(|flaw| malformed(flaw.to_string()))?;
                Ok(result::<M>(kept, self.route.way.as_ref()))
            }
            Got::Stream(incoming) => {
                let kept = M::Returns::of_stream(&CallStream::of_result(incoming, error));
                let kept = kept.ok_or_else(|| malformed("it is a stream, and the method returns none".to_owned()))?;
                Ok(M::Returns::unpack(M::Returns::give_kept(kept, &mut None)))
            }
        }
    }

    fn offer(&self, object: Offered, description: &'static Description) -> Result<u32, Fault> {
        let way = self.route.way.as_ref().ok_or_else(|| Fault::Failed(vec![NO_WAY.to_owned()]))?;
        way.offer(object, description)
    }

    /// Takes back what the other side has not taken.
    fn take_back(&mut self) {
        let given = std::mem::take(&mut self.given);
        if let Some(way) = &self.route.way {
            given.into_iter().for_each(|number| way.withdraw(number));
        }
    }

    /// Answers calls in this thread until the reply comes.
    fn serve(
        &mut self,
        mut reply: GotFuture,
        wait: &dyn Fn(Pin<&mut (dyn Future<Output = ()> + Send)>),
    ) -> Result<Got, Fault> {
        let queue = Arc::clone(&self.queue);
        loop {
            let mut event = None;
            wait(pin!(async { event = Some(next(&queue, &mut reply).await) }));
            match event {
                Some(Event::Replied(reply)) => return reply,
                Some(Event::Called(callback)) => {
                    let (called, replier) = self.answer(callback);
                    let answer = match called {
                        LentCalled::Replied(reply) => reply,
                        LentCalled::Started(task) => {
                            let (mut answer, mut task) = (Err(NoReply::NoMethod), Guarded(task));
                            wait(pin!(async { answer = poll_fn(|context| task.poll(context)).await }));
                            answer
                        }
                    };
                    replier(message_of(answer));
                }
                Some(Event::Answered(_)) | None => {
                    return Err(Fault::Unavailable(Unavailable::of("its connection has ended".to_owned())));
                }
            }
        }
    }

    /// The same in the future of an asynchronous caller.
    async fn serve_polled(&mut self, mut reply: GotFuture) -> Result<Got, Fault> {
        let queue = Arc::clone(&self.queue);
        let mut current: Option<(Replier, Guarded<'a>)> = None;
        loop {
            let event = poll_fn(|context| {
                if let Poll::Ready(reply) = reply.as_mut().poll(context) {
                    return Poll::Ready(Event::Replied(reply));
                }
                match &mut current {
                    None => queue.poll(context).map(Event::Called),
                    Some((_, task)) => task.poll(context).map(Event::Answered),
                }
            });
            let answer = match event.await {
                Event::Replied(reply) => return reply,
                Event::Answered(answer) => current.take().map(|(replier, _)| (answer, replier)),
                Event::Called(callback) => match self.answer(callback) {
                    (LentCalled::Replied(answer), replier) => Some((answer, replier)),
                    (LentCalled::Started(task), replier) => {
                        current = Some((replier, Guarded(task)));
                        None
                    }
                },
            };
            if let Some((answer, replier)) = answer {
                replier(message_of(answer));
            }
        }
    }

    fn answer(&self, callback: Callback) -> (LentCalled<'a>, Replier) {
        let Callback { object, method, request, deadline, reply } = callback;
        let called = match (self.lent.get(&object), &self.route.way) {
            (Some(lent), Some(way)) => {
                let scope = Scope::current().and_until(deadline);
                scope.enter(|| lent.call(&method, &request, way))
            }
            _ => LentCalled::Replied(Err(NoReply::Failed(vec![OVER.to_owned()]))),
        };
        (called, reply)
    }
}

/// The next event of a call that waits.
enum Event {
    Called(Callback),
    Answered(Reply),
    Replied(Result<Got, Fault>),
}

async fn next(queue: &Queue, reply: &mut GotFuture) -> Event {
    poll_fn(|context| match queue.poll(context) {
        Poll::Ready(callback) => Poll::Ready(Event::Called(callback)),
        Poll::Pending => reply.as_mut().poll(context).map(Event::Replied),
    })
    .await
}

/// A future whose panic is a reply.
struct Guarded<'a>(Pin<Box<dyn Future<Output = Reply> + Send + 'a>>);

impl Guarded<'_> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Reply> {
        let polled = catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(context)));
        polled.unwrap_or_else(|payload| Poll::Ready(Err(NoReply::Panicked(payload))))
    }
}

impl<'a> VisitObjects<'a> for Lender<'a> {
    fn lent<I: ?Sized + Lend>(&mut self, object: &'a I::Of<'a>, place: &Cell<u32>) {
        let queue = Arc::clone(&self.queue);
        let offered = Offered::Lent(Box::new(move |callback| queue.push(callback)));
        match self.offer(offered, const { &Description::of::<I>() }) {
            Ok(number) => {
                place.set(number);
                self.lent.insert(number, Box::new(LentObject::<I>(object)));
            }
            Err(fault) => self.fault = Some(fault),
        }
    }

    fn given<I: ?Sized + Lend>(&mut self, object: &dyn Share<I>) {
        object.share(
            &mut |object| match self.offer(Offered::Given(shared(object)), const { &Description::of::<I>() }) {
                Ok(number) => {
                    self.given.push(number);
                    number
                }
                Err(fault) => {
                    self.fault = Some(fault);
                    0
                }
            },
        );
    }

    fn stream<T: Portable>(&mut self, stream: &dyn Flowing<T>) {
        self.stream.stream(stream);
        if self.route.has_streams {
            return;
        }
        let Some(flow) = self.stream.taken.take() else { return };
        let offered = match &self.route.way {
            Some(way) => stream::offer(&**way, flow),
            None => Err(Fault::Failed(vec![NO_WAY.to_owned()])),
        };
        match offered {
            Ok(number) => {
                self.given.push(number);
                stream.set_number(number);
            }
            Err(fault) => self.fault = Some(fault),
        }
    }
}

impl Drop for Lender<'_> {
    fn drop(&mut self) {
        if let Some(way) = &self.route.way {
            self.lent.keys().for_each(|number| way.withdraw(*number));
        }
        for Callback { reply, .. } in self.queue.close() {
            reply(Err(over()));
        }
    }
}

/// The calls of the objects that are lent for one call.
#[derive(Default)]
struct Queue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    calls: VecDeque<Callback>,
    waker: Option<Waker>,
    is_over: bool,
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, callback: Callback) {
        let mut waiting = self.waiting();
        if waiting.is_over {
            drop(waiting);
            return (callback.reply)(Err(over()));
        }
        waiting.calls.push_back(callback);
        let waker = waiting.waker.take();
        drop(waiting);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn poll(&self, context: &mut Context<'_>) -> Poll<Callback> {
        let mut waiting = self.waiting();
        match waiting.calls.pop_front() {
            Some(callback) => Poll::Ready(callback),
            None => {
                waiting.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    fn close(&self) -> VecDeque<Callback> {
        let mut waiting = self.waiting();
        waiting.is_over = true;
        std::mem::take(&mut waiting.calls)
    }
}

/// The fault of a callback after the end of its call.
pub(crate) fn over() -> Fault {
    Fault::Failed(vec![OVER.to_owned()])
}

/// Whether the other side has certainly not read the request.
fn is_unbegun(fault: &Fault) -> bool {
    match fault {
        Fault::Unavailable(unavailable) => unavailable.is_unsent,
        Fault::Unimplemented(_) | Fault::Refused { .. } => true,
        _ => false,
    }
}

/// The reply of an object's method. Streams are objects in it.
pub(crate) fn message_of(reply: Reply) -> Result<Bytes, Fault> {
    match reply.map_err(fault)? {
        Answer::Message(message) => Ok(message.into()),
        Answer::Stream(_) => Err(Fault::Malformed("a stream is no message".to_owned())),
    }
}

/// The fault of an object's method that gave no reply.
fn fault(no_reply: NoReply) -> Fault {
    match no_reply {
        NoReply::Failed(texts) => Fault::Failed(texts),
        NoReply::Malformed(reason) => {
            Fault::refused(Code::INVALID_ARGUMENT, format!("the request cannot be decoded: {reason}"))
        }
        NoReply::NoMethod => Fault::Unimplemented("the object has no such method".to_owned()),
        NoReply::Panicked(payload) => {
            let Caught { message, place } = Caught::new(payload);
            let message = message.map(with_hint);
            let text = format!("the object panicked: {}", message.as_deref().unwrap_or_default());
            Fault::Panicked(Panicked { text, place, message })
        }
    }
}
