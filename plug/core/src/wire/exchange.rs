//! Calls whose arguments or results are objects, and the objects of the other side.
//!
//! Whoever waits for the reply also answers the calls of the objects that he has lent, in the same
//! thread or in the same future: so they may borrow.

use std::cell::Cell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use crate::error::Error;
use crate::panic::NO_TEXT;
use crate::portable::Portable;
use crate::portable::arguments::{Arguments, BindObjects, Crosses, Returns, Share, VisitObjects};
use crate::portable::check::refused_arguments;
use crate::portable::codec::Malformed;
use crate::portable::flow::{Flow, Flowing};
use crate::portable::method::{Boundary, Lend, Method, PortableInterface, Started};
use crate::portable::outcome::Outcome;
use crate::portable::signature::Description;
use crate::portable::types::Type;
use crate::protobuf;
use crate::scope::Scope;
use crate::task::Task;
use crate::wire::answer::is_of_plugin;
use crate::wire::callee::{LentObject, offer_stream, shared};
use crate::wire::fault::{Fault, Panicked};
use crate::wire::lender::{Lender, Route};
use crate::wire::limits::{or_late, until_cancelled};
use crate::wire::message::{Got, GotFuture, ReplyFuture, Sent, message};
use crate::wire::owner::Owner;
use crate::wire::stream::CallStream;
use crate::wire::stream_object::Stream;
use crate::wire::way::{NO_WAY, Offered, Reached, Way};

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

type Given<'a, M> = <<M as Method>::Arguments as Arguments>::Given<'a>;
type Kept<M> = <<M as Method>::Returns as Crosses>::Kept;

/// A call that is polled.
pub(crate) type ResultFuture<'a, M> = Pin<Box<dyn Future<Output = Result<<M as Method>::Ok, Failure>> + Send + 'a>>;

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
pub(crate) fn result<M: Method>(mut kept: Kept<M>, route: Option<&Route>) -> M::Ok {
    let route = route.filter(|_| M::Returns::HAS_OBJECTS || M::Returns::IS_STREAM);
    if let Some(Route { way: Some(way), scope, owner, .. }) = route {
        M::Returns::bind(&mut kept, &Binder { way, scope, owner: owner.as_ref(), method: M::NAME });
    }
    M::Returns::unpack(M::Returns::give_kept(kept, &mut None))
}

impl<'a> Lender<'a> {
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
        let message = match reply? {
            Got::Message(message) => message,
            // A server in Go may forget the message that says nothing, as that of go-plugin's example does.
            Got::End if matches!(M::Returns::TYPE.get(), Type::Unit) => Bytes::new(),
            Got::End => return Err(malformed("it has no message".to_owned())),
            Got::Stream(incoming) => {
                let kept = M::Returns::of_stream(&CallStream::of_result(incoming, error));
                let kept = kept.ok_or_else(|| malformed("it is a stream, and the method returns none".to_owned()))?;
                return Ok(M::Returns::unpack(M::Returns::give_kept(kept, &mut None)));
            }
        };
        let kept = protobuf::decode_reply::<M>(&message).map_err(|flaw| malformed(flaw.to_string()))?;
        Ok(result::<M>(kept, Some(&self.route)))
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
            Some(way) => offer_stream(&**way, flow),
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

/// Makes the objects that a message names by their numbers.
pub(crate) struct Binder<'a> {
    pub way: &'a Arc<dyn Way>,
    /// That of the call, which its streams have.
    pub scope: &'a Scope,
    /// `None` for the objects of a host.
    pub owner: Option<&'a Arc<Owner>>,
    pub method: &'static str,
}

impl Binder<'_> {
    fn reach<I: ?Sized + PortableInterface>(&self, number: u32, is_given: bool, is_stream: bool) -> Box<I> {
        let reached = Arc::clone(self.way).reach(number, const { &Description::of::<I>() }, is_given);
        let (way, owner, interface) = (Arc::clone(self.way), self.owner.cloned(), I::DECLARATION.path);
        let stream_of = is_stream.then_some(self.method);
        I::remote(ReachedObject { way, reached, interface, owner, stream_of })
    }
}

impl BindObjects for Binder<'_> {
    fn bind<I: ?Sized + PortableInterface>(&self, number: u32, is_given: bool) -> Box<I> {
        self.reach(number, is_given, false)
    }

    fn stream<T: Portable>(&self, number: u32) -> Box<dyn Flow<T>> {
        let object = Arc::from(self.reach::<dyn Stream>(number, true, true));
        let (way, scope) = (Arc::clone(self.way), self.scope.clone());
        Box::new(Pulled { object, next: None, ready: VecDeque::new(), way, scope, items: PhantomData })
    }
}

/// The boundary in front of an object of the other side.
struct ReachedObject {
    way: Arc<dyn Way>,
    reached: Arc<dyn Reached>,
    /// The path of its interface.
    interface: &'static str,
    owner: Option<Arc<Owner>>,
    /// The method that has returned it, if it is a stream.
    stream_of: Option<&'static str>,
}

impl ReachedObject {
    fn begin<M: Method>(&self, request: Vec<u8>, scope: &Scope) -> ReplyFuture {
        // A stream may go on for longer than a call may take.
        let is_limited = self.stream_of.is_none() && !has_streams::<M>();
        let limit = self.owner.as_ref().filter(|_| is_limited).and_then(|owner| owner.limit);
        let deadline = scope.deadline(limit);
        let reply = self.reached.call(&<M::Interface>::SIGNATURES[M::INDEX], request.into(), deadline);
        until_cancelled(or_late(reply, deadline), scope)
    }

    /// Streams are objects here.
    fn route(&self, scope: &Scope) -> Route {
        Route { way: Some(Arc::clone(&self.way)), has_streams: false, scope: scope.clone(), owner: self.owner.clone() }
    }

    fn begin_sent<M: Method>(&self, sent: Sent, scope: &Scope) -> Result<GotFuture, Fault> {
        match sent {
            Sent::Message(request) => Ok(message(self.way.driven(self.begin::<M>(request, scope)))),
            Sent::Stream(_) => Err(Fault::Malformed("a stream is no message".to_owned())),
        }
    }

    fn exchange<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> Result<M::Ok, Failure> {
        let scope = Scope::current();
        if has_objects::<M>() {
            let begin = |sent| self.begin_sent::<M>(sent, &scope);
            let wait = |future: Pin<&mut (dyn Future<Output = ()> + Send)>| self.way.wait(future);
            return call::<M>(self.route(&scope), given, begin, &wait, stream_error);
        }
        let request = protobuf::encode_request::<M>(given).map_err(Failure::Refused)?;
        let (mut reply, mut calling) = (Err(Fault::Cancelled), self.begin::<M>(request, &scope));
        self.way.wait(pin!(async { reply = (&mut calling).await }));
        self.decoded::<M>(reply)
    }

    /// The first poll sends the request.
    fn exchange_polled<'a, M: Method>(
        &'a self,
        given: &<M::Arguments as Arguments>::Given<'a>,
        scope: &Scope,
    ) -> ResultFuture<'a, M> {
        if has_objects::<M>() {
            return start::<M>(self.route(scope), given, |sent| self.begin_sent::<M>(sent, scope), stream_error);
        }
        let reply = protobuf::encode_request::<M>(given);
        let reply = reply.map(|request| self.way.driven(self.begin::<M>(request, scope)));
        Box::pin(async move { self.decoded::<M>(reply.map_err(Failure::Refused)?.await) })
    }

    fn decoded<M: Method>(&self, reply: Result<Bytes, Fault>) -> Result<M::Ok, Failure> {
        let kept = protobuf::decode_reply::<M>(&reply?);
        let kept = kept.map_err(|malformed| Fault::Malformed(malformed.to_string()))?;
        Ok(result::<M>(kept, None))
    }

    fn outcome<M: Method>(&self, result: Result<M::Ok, Failure>) -> M::Outcome {
        M::Outcome::of(result.map_err(|failure| self.error(M::NAME, failure)))
    }

    #[cold]
    fn error(&self, method: &str, failure: Failure) -> Error {
        let owner = format_args!("the owner of the `{}`", self.interface);
        let fault = match failure {
            Failure::Refused(flaw) => return refused_arguments(&owner, method, &flaw),
            Failure::Fault(fault) => fault,
        };
        if let Some(owner) = &self.owner {
            return owner.error(self.stream_of.unwrap_or(method), fault);
        }
        Error::msg(match fault {
            Fault::Failed(texts) => return Error::from_texts(texts),
            Fault::Panicked(Panicked { place, message, .. }) => {
                let place = place.map_or_else(String::new, |place| format!(" at {place}"));
                format!("{owner} panicked in `{method}`{place}: {}", message.as_deref().unwrap_or(NO_TEXT))
            }
            Fault::Deadline => format!("`{method}` of {owner} did not answer in time"),
            Fault::Cancelled => format!("the call of `{method}` of {owner} was cancelled"),
            Fault::Malformed(what) => format!("the reply to `{method}` of {owner} cannot be decoded: {what}"),
            fault => format!("`{method}` of {owner} cannot be called: {}", fault.text()),
        })
    }
}

/// The error of a fault amid a stream that a call is.
fn stream_error(fault: Fault) -> Error {
    Error::msg(fault.text())
}

impl Boundary for ReachedObject {
    fn has<M: Method>(&self) -> bool {
        true
    }

    fn call<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> M::Outcome {
        self.outcome::<M>(self.exchange::<M>(given))
    }

    fn attempt<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> Option<M::Outcome> {
        match self.exchange::<M>(given) {
            Err(Failure::Fault(Fault::Unimplemented(_))) => None,
            result => Some(self.outcome::<M>(result)),
        }
    }

    fn start<'a, M: Started>(&'a self, given: <M::Arguments as Arguments>::Given<'a>) -> Task<'a, M::Outcome> {
        let scope = Scope::current();
        Box::pin(async move { self.outcome::<M>(self.exchange_polled::<M>(&given, &scope).await) })
    }

    fn attempt_start<'a, M: Started>(
        &'a self,
        given: <M::Arguments as Arguments>::Given<'a>,
    ) -> Task<'a, Result<M::Outcome, <M::Arguments as Arguments>::Given<'a>>> {
        let scope = Scope::current();
        Box::pin(async move {
            match self.exchange_polled::<M>(&given, &scope).await {
                Err(Failure::Fault(Fault::Unimplemented(_))) => Err(given),
                result => Ok(self.outcome::<M>(result)),
            }
        })
    }
}

/// An object of the other side as a source.
struct Pulled<T> {
    object: Arc<dyn Stream>,
    /// The call under way.
    next: Option<Task<'static, Result<Vec<Vec<u8>>, Error>>>,
    /// The messages that it has brought.
    ready: VecDeque<Vec<u8>>,
    way: Arc<dyn Way>,
    /// That of the call that has brought it.
    scope: Scope,
    items: PhantomData<fn() -> T>,
}

/// The most bytes that a call of `next` brings, unless one item has more.
const ROOM: u64 = 64 << 10;

impl<T: Portable> Pulled<T> {
    fn pop(&mut self) -> Option<Result<T, Error>> {
        self.ready.pop_front().map(|message| {
            protobuf::decode_item(&message, &[])
                .map_err(|malformed| Error::msg(format!("an item of a stream cannot be decoded: {malformed}")))
        })
    }
}

impl<T: Portable> Flow<T> for Pulled<T> {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        if let Some(item) = self.pop() {
            return Poll::Ready(Some(item));
        }
        let Self { object, next, way, scope, .. } = self;
        let next = next.get_or_insert_with(|| {
            // The rest is for what is around the items in a reply.
            let (object, scope, room) = (Arc::clone(object), scope.clone(), ROOM.min(way.max_len() / 2));
            Box::pin(async move { scope.enter(|| object.next(room)).await })
        });
        let messages = ready!(next.as_mut().poll(context));
        self.next = None;
        self.ready = match messages {
            Ok(messages) => messages.into(),
            Err(error) => return Poll::Ready(Some(Err(error))),
        };
        Poll::Ready(self.pop())
    }

    fn wait(&mut self) -> Option<Result<T, Error>> {
        if let Some(item) = self.pop() {
            return Some(item);
        }
        let (way, mut next) = (Arc::clone(&self.way), None);
        way.wait(pin!(async { next = poll_fn(|context| self.poll_next(context)).await }));
        next
    }
}
