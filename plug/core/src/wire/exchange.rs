//! Calls whose arguments or results are objects.
//!
//! Whoever waits for the reply also answers the calls of the objects that he has lent, in the same
//! thread or in the same future: so they may borrow.

use std::cell::Cell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;

use crate::error::Error;
use crate::panic::{Caught, dispose};
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
use crate::wire::callee::{Answer, Brought, LentCalled, LentCallee, LentObject, NoReply, Reply, shared};
use crate::wire::channel::{FaultFuture, ReplyFuture};
use crate::wire::fault::{Code, Fault, Panicked, Unavailable};
use crate::wire::queue::{Queue, over};
use crate::wire::stream::{self, CallStream, Incoming, Outgoing, TakeStream};
use crate::wire::way::{Callback, GivenUp, NO_WAY, OVER, Offered, Replier, Way};

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
    /// The numbers of what it has given away.
    given: Vec<u32>,
    streams: Vec<u32>,
    queue: Arc<Queue>,
    /// The stream that the call itself is.
    stream: TakeStream,
    /// Why an object could not be offered.
    fault: Option<Fault>,
}

impl<'a> Lender<'a> {
    fn new<M: Method>(route: Route) -> Self {
        let stream = TakeStream::of::<M>(false);
        Self {
            route,
            lent: HashMap::new(),
            given: Vec::new(),
            streams: Vec::new(),
            queue: Arc::default(),
            stream,
            fault: None,
        }
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
        match &reply {
            Err(fault) if !is_of_plugin(fault) => self.take_back(),
            // Whatever the other side has taken is its own.
            _ => {
                self.given.clear();
                self.streams.clear();
            }
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

    /// Takes back what was given, unless the other side has replied.
    ///
    /// It may have begun with a call that was given up. Its calls of the objects then fail.
    fn take_back(&mut self) {
        if let Some(way) = &self.route.way {
            self.given.drain(..).for_each(|number| way.take_back(number));
            self.streams.drain(..).for_each(|number| way.withdraw(number));
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
                Some(Event::Called(callback)) => match self.answer(callback) {
                    Answered::Now(answer) => answer.send(),
                    Answered::Later(mut pending) => {
                        let mut ended = None;
                        wait(pin!(async { ended = Some(pending.end(&mut reply).await) }));
                        match ended {
                            Some(Ok(answer)) => answer.send(),
                            Some(Err(reply)) => return reply,
                            None => return Err(ended_fault()),
                        }
                    }
                },
                None => return Err(ended_fault()),
            }
        }
    }

    /// The same in the future of an asynchronous caller.
    async fn serve_polled(&mut self, mut reply: GotFuture) -> Result<Got, Fault> {
        let queue = Arc::clone(&self.queue);
        loop {
            match next(&queue, &mut reply).await {
                Event::Replied(reply) => return reply,
                Event::Called(callback) => match self.answer(callback) {
                    Answered::Now(answer) => answer.send(),
                    Answered::Later(mut pending) => match pending.end(&mut reply).await {
                        Ok(answer) => answer.send(),
                        Err(reply) => return reply,
                    },
                },
            }
        }
    }

    fn answer(&self, callback: Callback) -> Answered<'a> {
        let Callback { object, method, request, deadline, reply: replier, mut given_up } = callback;
        if given_up.is_ready() {
            let (answer, brought) = (Err(Fault::Cancelled), Brought::default());
            return Answered::Now(Answering { replier, answer, brought, given_up });
        }
        let called = match (self.lent.get(&object), &self.route.way) {
            (Some(lent), Some(way)) => {
                let scope = Scope::current().and_until(deadline);
                (scope.enter(|| lent.call(&method, &request, way)), scope)
            }
            _ => (LentCalled::Replied(Err(NoReply::Failed(vec![OVER.to_owned()]))), Scope::default()),
        };
        match called {
            (LentCalled::Replied(reply), _) => {
                let (answer, brought) = message_of(reply);
                Answered::Now(Answering { replier, answer, brought, given_up })
            }
            (LentCalled::Started(task), scope) => {
                Answered::Later(Pending { task: Some(task), scope, replier: Some(replier), given_up })
            }
        }
    }
}

/// The next event of a call that waits.
enum Event {
    Called(Callback),
    Replied(Result<Got, Fault>),
}

async fn next(queue: &Queue, reply: &mut GotFuture) -> Event {
    poll_fn(|context| match queue.poll(context) {
        Poll::Ready(callback) => Poll::Ready(Event::Called(callback)),
        Poll::Pending => reply.as_mut().poll(context).map(Event::Replied),
    })
    .await
}

fn ended_fault() -> Fault {
    Fault::Unavailable(Unavailable::of("its connection has ended".to_owned()))
}

/// A callback that was begun.
enum Answered<'a> {
    Now(Answering),
    /// It is asynchronous.
    Later(Pending<'a>),
}

/// The end of a callback.
struct Answering {
    replier: Replier,
    answer: Result<Bytes, Fault>,
    brought: Brought,
    given_up: GivenUp,
}

impl Answering {
    fn send(mut self) {
        let is_awaited = !self.given_up.is_ready();
        (self.replier)(self.answer);
        if is_awaited {
            self.brought.keep();
        }
    }
}

/// An asynchronous callback under way.
struct Pending<'a> {
    /// There until it has ended.
    task: Option<Pin<Box<dyn Future<Output = Reply> + Send + 'a>>>,
    scope: Scope,
    replier: Option<Replier>,
    given_up: GivenUp,
}

impl Pending<'_> {
    /// Awaits its answer, unless the reply to the call comes first: then nobody waits for an answer.
    async fn end(&mut self, reply: &mut GotFuture) -> Result<Answering, Result<Got, Fault>> {
        poll_fn(|context| match reply.as_mut().poll(context) {
            Poll::Ready(reply) => Poll::Ready(Err(reply)),
            Poll::Pending => self.poll(context).map(Ok),
        })
        .await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Answering> {
        let polled = catch_unwind(AssertUnwindSafe(|| {
            self.scope.enter(|| self.task.as_mut().map(|task| task.as_mut().poll(context)))
        }));
        let (answer, brought) = match polled {
            Ok(Some(Poll::Ready(reply))) => message_of(reply),
            Err(payload) => message_of(Err(NoReply::Panicked(payload))),
            Ok(Some(Poll::Pending)) if self.given_up.poll(context).is_pending() => return Poll::Pending,
            Ok(_) => (Err(Fault::Cancelled), Brought::default()),
        };
        // A future is dropped in its scope, and where it was polled.
        let task = self.task.take();
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.scope.enter(|| drop(task)))) {
            dispose(payload);
        }
        match self.replier.take() {
            Some(replier) => {
                let given_up = std::mem::take(&mut self.given_up);
                Poll::Ready(Answering { replier, answer, brought, given_up })
            }
            None => Poll::Pending,
        }
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
                self.streams.push(number);
                stream.set_number(number);
            }
            Err(fault) => self.fault = Some(fault),
        }
    }
}

impl Drop for Lender<'_> {
    fn drop(&mut self) {
        self.take_back();
        if let Some(way) = &self.route.way {
            self.lent.keys().for_each(|number| way.withdraw(*number));
        }
        for Callback { reply, .. } in self.queue.close() {
            reply(Err(over()));
        }
    }
}

/// Whether the method has run, and this is its reply.
fn is_of_plugin(fault: &Fault) -> bool {
    matches!(fault, Fault::Failed(_) | Fault::Settings { .. } | Fault::Panicked(_) | Fault::Malformed(_))
}

/// The reply of an object's method, and the objects that it brings. Streams are objects in it.
pub(crate) fn message_of(reply: Reply) -> (Result<Bytes, Fault>, Brought) {
    match reply {
        Ok(Answer::Message(message, brought)) => (Ok(message.into()), brought),
        Ok(Answer::Stream(_)) => (Err(Fault::Malformed("a stream is no message".to_owned())), Brought::default()),
        Err(no_reply) => (Err(fault(no_reply)), Brought::default()),
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
