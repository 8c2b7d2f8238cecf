//! Streams as messages, one for each item.
//!
//! A gRPC call of a method with a stream is a stream itself.
//! Elsewhere a stream is an object that gives one item for each call of its only method.

use std::cell::Cell;
use std::fmt::Display;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use crate::abi::table::CallFn;
use crate::error::Error;
use crate::interface::{Declaration, Interface};
use crate::library::callee;
use crate::portable::Portable;
use crate::portable::arguments::{BindObjects, Share, VisitObjects};
use crate::portable::chain::{Chain, ChainTexts};
use crate::portable::check;
use crate::portable::flow::{Flow, Flowing};
use crate::portable::forms::Own;
use crate::portable::method::{Boundary, Lend, PortableInterface, Proxy, VisitMethods};
use crate::portable::method::{Method, ObjectOf, Started};
use crate::portable::objects::Nowhere;
use crate::portable::signature::Description;
use crate::portable::signature::Signature;
use crate::portable::streams;
use crate::protobuf;
use crate::task::Task;
use crate::wire::binder::Binder;
use crate::wire::callee::shared;
use crate::wire::fault::Fault;
use crate::wire::way::{Offered, Way};

/// The messages that a call receives, one after another.
pub(crate) trait Incoming: Send {
    /// The next message. It is not polled again after the end or a fault.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>>;

    /// The same, for which this thread waits.
    fn wait(&mut self) -> Option<Result<Bytes, Fault>>;
}

/// The messages that a call sends, one after another.
pub(crate) type Outgoing = Box<dyn Flow<Vec<u8>>>;

/// Items as messages.
struct Encoded<T> {
    flow: Box<dyn Flow<T>>,
    /// The number of its field, unless that is 1.
    tags: &'static [u32],
    method: &'static str,
}

impl<T: Portable> Flow<Vec<u8>> for Encoded<T> {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Vec<u8>, Error>>> {
        let next = ready!(self.flow.poll_next(context));
        Poll::Ready(next.map(|item| {
            protobuf::encode_item(&item?, self.tags)
                .map_err(|flaw| Error::msg(check::refused_result(self.method, &flaw)))
        }))
    }
}

/// Takes the stream among the arguments or in the result of a method, as messages.
pub(crate) struct TakeStream {
    pub tags: &'static [u32],
    pub method: &'static str,
    pub taken: Option<Outgoing>,
}

impl TakeStream {
    /// For the stream that a method takes, or for the one that it returns.
    pub(crate) fn of<M: Method>(is_result: bool) -> Self {
        let tags = if is_result { &[] } else { M::ARGUMENT_TAGS };
        Self { tags, method: M::NAME, taken: None }
    }
}

impl<'a> VisitObjects<'a> for TakeStream {
    fn lent<I: ?Sized + Lend>(&mut self, _: &'a I::Of<'a>, _: &Cell<u32>) {}

    fn given<I: ?Sized + Lend>(&mut self, _: &dyn Share<I>) {}

    fn stream<T: Portable>(&mut self, stream: &dyn Flowing<T>) {
        let (tags, method) = (self.tags, self.method);
        self.taken = stream.flow().map(|flow| Box::new(Encoded { flow, tags, method }) as Outgoing);
    }
}

/// Messages as items.
struct Decoded<T, F> {
    incoming: Box<dyn Incoming>,
    tags: &'static [u32],
    /// Makes the error of a fault.
    error: F,
    items: PhantomData<fn() -> T>,
}

impl<T: Portable, F: Fn(Fault) -> Error> Decoded<T, F> {
    fn item(&self, message: Result<Bytes, Fault>) -> Result<T, Error> {
        let item = message.and_then(|message| {
            protobuf::decode_item(&message, self.tags).map_err(|malformed| Fault::Malformed(malformed.to_string()))
        });
        item.map_err(&self.error)
    }
}

impl<T: Portable, F: Fn(Fault) -> Error + Send> Flow<T> for Decoded<T, F> {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        let next = ready!(self.incoming.poll_next(context));
        Poll::Ready(next.map(|message| self.item(message)))
    }

    fn wait(&mut self) -> Option<Result<T, Error>> {
        self.incoming.wait().map(|message| self.item(message))
    }
}

/// Makes the stream that a call itself is.
pub(crate) struct CallStream<F> {
    incoming: Cell<Option<Box<dyn Incoming>>>,
    tags: &'static [u32],
    error: F,
}

impl<F: Fn(Fault) -> Error + Clone + Send + 'static> CallStream<F> {
    /// For the stream that a method takes.
    pub(crate) fn of_argument<M: Method>(incoming: Box<dyn Incoming>, error: F) -> Self {
        Self { incoming: Cell::new(Some(incoming)), tags: M::ARGUMENT_TAGS, error }
    }

    /// For the stream that a method returns.
    pub(crate) fn of_result(incoming: Box<dyn Incoming>, error: F) -> Self {
        Self { incoming: Cell::new(Some(incoming)), tags: &[], error }
    }
}

impl<F: Fn(Fault) -> Error + Clone + Send + 'static> BindObjects for CallStream<F> {
    /// A stream is the only argument.
    fn bind<I: ?Sized + PortableInterface>(&self, _: u32, _: bool) -> Box<I> {
        I::remote(Nowhere)
    }

    fn stream<T: Portable>(&self, _: u32) -> Box<dyn Flow<T>> {
        match self.incoming.take() {
            Some(incoming) => {
                Box::new(Decoded { incoming, tags: self.tags, error: self.error.clone(), items: PhantomData })
            }
            None => Box::new(streams::Nowhere),
        }
    }
}

/// A stream as an object. It is given away.
pub(crate) trait Stream: Send + Sync {
    /// The next item, as a message whose field 1 it is. `None` at the end.
    fn next(&self) -> Task<'_, Result<Option<Vec<u8>>, Error>>;
}

impl Interface for dyn Stream {
    const DECLARATION: Declaration = Declaration { path: "plug::Stream", version: "1", place: "", is_generic: false };
}

/// The method `next`.
struct Next;

impl Method for Next {
    type Interface = dyn Stream;
    type Arguments = ();
    type Outcome = Result<Option<Vec<u8>>, Error>;
    type Ok = Option<Vec<u8>>;
    type Returns = Own<Self::Ok>;
    type Error = Error;
    const NAME: &'static str = "next";
    const WIRE_NAME: &'static str = "Next";
    const ARGUMENT_NAMES: &'static [&'static str] = &[];
    const DOCS: &'static str = "";
    const INDEX: usize = 0;
    const HAS_DEFAULT: bool = false;
    const IS_IDEMPOTENT: bool = false;
    const IS_ASYNC: bool = true;

    fn tell(error: &Error, text: &mut dyn FnMut(&dyn Display)) {
        Chain(error).tell(text);
    }
}

impl Started for Next {
    fn start<'a>(object: &'a ObjectOf<'_, Self>, (): ()) -> Task<'a, Self::Outcome> {
        object.next()
    }
}

impl PortableInterface for dyn Stream {
    const SERVICE: &'static str = "plug.v1.Stream";
    const DOCS: &'static str = "";
    const SIGNATURES: &'static [Signature] = &[Signature::of::<Next>()];
    const CALLS: &'static [CallFn] = &[callee::task::start::<Next>];

    type Of<'o> = dyn Stream + 'o;

    fn borrow<'o>(object: &'o Self) -> &'o Self::Of<'o> {
        object
    }

    fn methods<V: VisitMethods<Self>>(visitor: &mut V) {
        visitor.started::<Next>();
    }

    fn remote<B: Boundary + 'static>(boundary: B) -> Box<Self> {
        Box::new(Proxy::new(boundary))
    }
}

impl<B: Boundary> Stream for Proxy<dyn Stream, B> {
    fn next(&self) -> Task<'_, Result<Option<Vec<u8>>, Error>> {
        self.start::<Next>(())
    }
}

/// A source as an object. Its lock is free while the source is polled, which may take long.
struct Drawn(Mutex<Place>);

enum Place {
    Here(Outgoing),
    /// A call has it.
    Polled,
    Ended,
}

impl Stream for Drawn {
    fn next(&self) -> Task<'_, Result<Option<Vec<u8>>, Error>> {
        Box::pin(poll_fn(|context| {
            let place = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let taken = std::mem::replace(&mut *place(), Place::Polled);
            let mut flow = match taken {
                Place::Here(flow) => flow,
                Place::Polled => return Poll::Ready(Err(Error::msg("another call reads the stream"))),
                Place::Ended => {
                    *place() = Place::Ended;
                    return Poll::Ready(Ok(None));
                }
            };
            let next = flow.poll_next(context);
            let goes_on = matches!(next, Poll::Pending | Poll::Ready(Some(Ok(_))));
            *place() = if goes_on { Place::Here(flow) } else { Place::Ended };
            next.map(Option::transpose)
        }))
    }
}

/// Offers a stream as an object, and returns its number.
pub(crate) fn offer(way: &dyn Way, flow: Outgoing) -> Result<u32, Fault> {
    let object: Box<dyn Stream> = Box::new(Drawn(Mutex::new(Place::Here(flow))));
    let object = shared::<dyn Stream>(Arc::new(object));
    way.offer(Offered::Given(object), const { &Description::of::<dyn Stream>() })
}

/// The stream of the other side with this number.
pub(crate) fn reach<T: Portable>(way: &Arc<dyn Way>, number: u32) -> Box<dyn Flow<T>> {
    let object = Binder { way }.bind::<dyn Stream>(number, true);
    Box::new(Pulled { object: Arc::from(object), next: None, way: Arc::clone(way), items: PhantomData })
}

/// An object of the other side as a source.
struct Pulled<T> {
    object: Arc<dyn Stream>,
    /// The call under way.
    next: Option<Task<'static, Result<Option<Vec<u8>>, Error>>>,
    way: Arc<dyn Way>,
    items: PhantomData<fn() -> T>,
}

impl<T: Portable> Flow<T> for Pulled<T> {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        let object = &self.object;
        let next = self.next.get_or_insert_with(|| {
            let object = Arc::clone(object);
            Box::pin(async move { object.next().await })
        });
        let message = ready!(next.as_mut().poll(context));
        self.next = None;
        Poll::Ready(message.transpose().map(|message| {
            protobuf::decode_item(&message?, &[])
                .map_err(|malformed| Error::msg(format!("an item of a stream cannot be decoded: {malformed}")))
        }))
    }

    fn wait(&mut self) -> Option<Result<T, Error>> {
        let (way, mut next) = (Arc::clone(&self.way), None);
        way.wait(pin!(async { next = poll_fn(|context| self.poll_next(context)).await }));
        next
    }
}
