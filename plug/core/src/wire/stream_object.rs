//! A stream as an object, which gives an item for each call of its only method.

use std::fmt::Display;
use std::future::poll_fn;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;

use crate::abi::table::CallFn;
use crate::error::Error;
use crate::interface::{Declaration, Interface};
use crate::library::callee;
use crate::portable::chain::{Chain, ChainTexts};
use crate::portable::forms::Own;
use crate::portable::method::{Boundary, Method, ObjectOf, PortableInterface, Proxy, Started, VisitMethods};
use crate::portable::signature::Signature;
use crate::task::Task;
use crate::wire::message::Outgoing;

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

/// Messages as an object. Its lock is free while the source is polled, which may take long.
pub(crate) struct Drawn(Mutex<Place>);

impl Drawn {
    pub(crate) fn new(messages: Outgoing) -> Self {
        Self(Mutex::new(Place::Here(messages)))
    }
}

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
