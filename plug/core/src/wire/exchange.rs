//! Calls whose arguments or results are objects.
//!
//! Whoever waits for the reply also answers the calls of the objects that he has lent, in the same
//! thread or in the same future: so they may borrow.

use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::panic::Caught;
use crate::portable::arguments::{Arguments, Crosses, Returns};
use crate::portable::codec::Malformed;
use crate::portable::method::Method;
use crate::portable::objects::{Handed, Lending, VisitObjects};
use crate::portable::proxy::{Description, Lend};
use crate::protobuf;
use crate::scope::Scope;
use crate::task::with_hint;
use crate::wire::binder::Binder;
use crate::wire::callee::{LentCalled, LentCallee, LentObject, NoReply, shared};
use crate::wire::channel::ReplyFuture;
use crate::wire::fault::{Code, Fault, Panicked, Unavailable};
use crate::wire::way::{Asked, OVER, Offered, Replier, Way};

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

/// Whether a method takes or returns objects.
pub(crate) const fn has_objects<M: Method>() -> bool {
    M::Arguments::HAS_OBJECTS || M::Returns::HAS_OBJECTS
}

/// Calls a method and waits in this thread.
pub(crate) fn call<M: Method>(
    way: Arc<dyn Way>,
    given: &Given<'_, M>,
    begin: impl FnOnce(Vec<u8>) -> Result<ReplyFuture, Fault>,
) -> Result<M::Ok, Failure> {
    let mut lender = Lender::new(way);
    let request = lender.request::<M>(given)?;
    let reply = begin(request).and_then(|reply| lender.serve(reply));
    lender.finish::<M>(reply)
}

/// The same for a caller that polls. The future borrows what the arguments do, and not them.
pub(crate) fn start<'a, M: Method>(
    way: Arc<dyn Way>,
    given: &Given<'a, M>,
    begin: impl FnOnce(Vec<u8>) -> Result<ReplyFuture, Fault>,
) -> ResultFuture<'a, M> {
    let mut lender = Lender::new(way);
    let reply = lender.request::<M>(given).map(begin);
    Box::pin(async move {
        let reply = match reply? {
            Ok(reply) => lender.serve_polled(reply).await,
            Err(fault) => Err(fault),
        };
        lender.finish::<M>(reply)
    })
}

/// The value of a decoded result.
pub(crate) fn result<M: Method>(mut kept: Kept<M>, way: Option<&Arc<dyn Way>>) -> M::Ok {
    if let Some(way) = way.filter(|_| M::Returns::HAS_OBJECTS) {
        M::Returns::bind(&mut kept, &Binder { way });
    }
    M::Returns::unpack(M::Returns::give_kept(kept, &mut None))
}

/// The objects of one call, until it is over.
struct Lender<'a> {
    way: Arc<dyn Way>,
    lent: HashMap<u32, Box<dyn LentCallee<'a> + 'a>>,
    given: Vec<u32>,
    queue: Arc<Queue>,
    /// Why an object could not be offered.
    fault: Option<Fault>,
}

impl<'a> Lender<'a> {
    fn new(way: Arc<dyn Way>) -> Self {
        Self { way, lent: HashMap::new(), given: Vec::new(), queue: Arc::default(), fault: None }
    }

    /// Offers the objects among the arguments, and encodes them.
    fn request<M: Method>(&mut self, given: &Given<'a, M>) -> Result<Vec<u8>, Failure> {
        M::Arguments::visit(given, self);
        if let Some(fault) = self.fault.take() {
            self.take_back();
            return Err(fault.into());
        }
        protobuf::encode_request::<M>(given).map_err(|flaw| {
            self.take_back();
            Failure::Refused(flaw)
        })
    }

    fn finish<M: Method>(&mut self, reply: Result<Bytes, Fault>) -> Result<M::Ok, Failure> {
        if reply.as_ref().is_err_and(is_unbegun) {
            self.take_back();
        }
        let kept = protobuf::decode_reply::<M>(&reply?);
        let kept = kept.map_err(|malformed| Fault::Malformed(malformed.to_string()))?;
        Ok(result::<M>(kept, Some(&self.way)))
    }

    /// Takes back what the other side has not taken.
    fn take_back(&mut self) {
        self.given.drain(..).for_each(|number| self.way.withdraw(number));
    }

    /// Answers calls in this thread until the reply comes.
    fn serve(&mut self, mut reply: ReplyFuture) -> Result<Bytes, Fault> {
        let (way, queue) = (Arc::clone(&self.way), Arc::clone(&self.queue));
        loop {
            let mut event = None;
            way.wait(pin!(async { event = Some(next(&queue, &mut reply).await) }));
            match event {
                Some(Event::Replied(reply)) => return reply,
                Some(Event::Asked(asked)) => {
                    let (called, replier) = self.answer(asked);
                    let answer = match called {
                        LentCalled::Replied(reply) => reply,
                        LentCalled::Started(task) => {
                            let (mut answer, mut task) = (Err(NoReply::NoMethod), Guarded(task));
                            way.wait(pin!(async { answer = poll_fn(|context| task.poll(context)).await }));
                            answer
                        }
                    };
                    replier(answer.map(Bytes::from).map_err(fault));
                }
                Some(Event::Answered(_)) | None => {
                    return Err(Fault::Unavailable(Unavailable::of("its connection has ended".to_owned())));
                }
            }
        }
    }

    /// The same in the future of an asynchronous caller.
    async fn serve_polled(&mut self, mut reply: ReplyFuture) -> Result<Bytes, Fault> {
        let queue = Arc::clone(&self.queue);
        let mut current: Option<(Replier, Guarded<'a>)> = None;
        loop {
            let event = poll_fn(|context| {
                if let Poll::Ready(reply) = reply.as_mut().poll(context) {
                    return Poll::Ready(Event::Replied(reply));
                }
                match &mut current {
                    None => queue.poll(context).map(Event::Asked),
                    Some((_, task)) => task.poll(context).map(Event::Answered),
                }
            });
            let answer = match event.await {
                Event::Replied(reply) => return reply,
                Event::Answered(answer) => current.take().map(|(replier, _)| (answer, replier)),
                Event::Asked(asked) => match self.answer(asked) {
                    (LentCalled::Replied(answer), replier) => Some((answer, replier)),
                    (LentCalled::Started(task), replier) => {
                        current = Some((replier, Guarded(task)));
                        None
                    }
                },
            };
            if let Some((answer, replier)) = answer {
                replier(answer.map(Bytes::from).map_err(fault));
            }
        }
    }

    fn answer(&self, asked: Asked) -> (LentCalled<'a>, Replier) {
        let Asked { object, method, request, deadline, reply } = asked;
        let called = match self.lent.get(&object) {
            Some(lent) => {
                let scope = Scope::current().and_until(deadline);
                scope.enter(|| lent.call(&method, &request, &self.way))
            }
            None => LentCalled::Replied(Err(NoReply::Failed(vec![OVER.to_owned()]))),
        };
        (called, reply)
    }
}

/// The next event of a call that waits.
enum Event {
    Asked(Asked),
    Answered(Result<Vec<u8>, NoReply>),
    Replied(Result<Bytes, Fault>),
}

async fn next(queue: &Queue, reply: &mut ReplyFuture) -> Event {
    poll_fn(|context| match queue.poll(context) {
        Poll::Ready(asked) => Poll::Ready(Event::Asked(asked)),
        Poll::Pending => reply.as_mut().poll(context).map(Event::Replied),
    })
    .await
}

/// A future whose panic is a reply.
struct Guarded<'a>(Pin<Box<dyn Future<Output = Result<Vec<u8>, NoReply>> + Send + 'a>>);

impl Guarded<'_> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Vec<u8>, NoReply>> {
        let polled = catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(context)));
        polled.unwrap_or_else(|payload| Poll::Ready(Err(NoReply::Panicked(payload))))
    }
}

impl<'a> VisitObjects<'a> for Lender<'a> {
    fn lent<I: ?Sized + Lend>(&mut self, lending: &Lending<'a, I>) {
        let queue = Arc::clone(&self.queue);
        let offered = Offered::Lent(Box::new(move |asked| queue.push(asked)));
        match self.way.offer(offered, const { &Description::of::<I>() }) {
            Ok(number) => {
                lending.set_number(number);
                self.lent.insert(number, Box::new(LentObject::<I>(lending.get())));
            }
            Err(fault) => self.fault = Some(fault),
        }
    }

    fn given<I: ?Sized + Lend>(&mut self, handed: &Handed<I>) {
        handed.share(|object| {
            match self.way.offer(Offered::Given(shared(object)), const { &Description::of::<I>() }) {
                Ok(number) => {
                    self.given.push(number);
                    number
                }
                Err(fault) => {
                    self.fault = Some(fault);
                    0
                }
            }
        });
    }
}

impl Drop for Lender<'_> {
    fn drop(&mut self) {
        self.lent.keys().for_each(|number| self.way.withdraw(*number));
        for Asked { reply, .. } in self.queue.close() {
            reply(Err(over()));
        }
    }
}

/// The calls of the objects that are lent for one call.
#[derive(Default)]
struct Queue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    calls: VecDeque<Asked>,
    waker: Option<Waker>,
    is_over: bool,
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, asked: Asked) {
        let mut waiting = self.waiting();
        if waiting.is_over {
            drop(waiting);
            return (asked.reply)(Err(over()));
        }
        waiting.calls.push_back(asked);
        let waker = waiting.waker.take();
        drop(waiting);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn poll(&self, context: &mut Context<'_>) -> Poll<Asked> {
        let mut waiting = self.waiting();
        match waiting.calls.pop_front() {
            Some(asked) => Poll::Ready(asked),
            None => {
                waiting.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    fn close(&self) -> VecDeque<Asked> {
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

/// The fault of an object's method that gave no reply.
pub(crate) fn fault(no_reply: NoReply) -> Fault {
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
