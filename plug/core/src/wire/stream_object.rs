//! A stream as an object, which gives items for each call of its only method.

use std::fmt::Display;

use crate::abi::table::CallFn;
use crate::error::Error;
use crate::interface::{Declaration, Interface};
use crate::library::callee;
use crate::portable::arguments::{Argument, Arguments};
use crate::portable::chain::{Chain, ChainTexts};
use crate::portable::forms::Own;
use crate::portable::method::{Boundary, Method, ObjectOf, PortableInterface, Proxy, Started, VisitMethods};
use crate::portable::signature::Signature;
use crate::task::Task;

/// A stream as an object. It is given away.
pub(crate) trait Stream: Send + Sync {
    /// The items that are ready, each as a message whose field 1 it is. None at the end.
    /// They have up to `room` bytes in the reply. The first one may be longer, and is awaited.
    fn next(&self, room: u64) -> Task<'_, Result<Vec<Vec<u8>>, Error>>;
}

impl Interface for dyn Stream {
    const DECLARATION: Declaration = Declaration { path: "plug::Stream", version: "1", place: "", is_generic: false };
}

/// The method `next`.
struct Next;

/// Its argument `room`.
struct Room;

impl Argument for Room {
    type Form = Own<u64>;
}

impl Method for Next {
    type Interface = dyn Stream;
    type Arguments = (Room, ());
    type Outcome = Result<Vec<Vec<u8>>, Error>;
    type Ok = Vec<Vec<u8>>;
    type Returns = Own<Self::Ok>;
    type Error = Error;
    const NAME: &'static str = "next";
    const WIRE_NAME: &'static str = "Next";
    const ARGUMENT_NAMES: &'static [&'static str] = &["room"];
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
    fn start<'a>(
        object: &'a ObjectOf<'_, Self>,
        (room, ()): <Self::Arguments as Arguments>::Given<'a>,
    ) -> Task<'a, Self::Outcome> {
        object.next(room)
    }
}

impl PortableInterface for dyn Stream {
    const SERVICE: &'static str = "plug.v1.Stream";
    const DOCS: &'static str = "";
    const SIGNATURES: &'static [Signature] = &[Signature::of::<Next>()];
    const CALLS: &'static [CallFn] = &[callee::task::start::<Next>];
    const BLOCKS: bool = false;

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
    fn next(&self, room: u64) -> Task<'_, Result<Vec<Vec<u8>>, Error>> {
        self.start::<Next>((room, ()))
    }
}
