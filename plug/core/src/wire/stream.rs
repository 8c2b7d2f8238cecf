//! Streams as messages, one for each item.
//!
//! A gRPC call of a method with a stream is a stream itself.
//! Elsewhere a stream is an object (`stream_object.rs`).

use std::cell::Cell;
use std::marker::PhantomData;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use crate::error::Error;
use crate::portable::arguments::{BindObjects, Share, VisitObjects};
use crate::portable::flow::{Flow, Flowing};
use crate::portable::method::{Lend, Method, PortableInterface};
use crate::portable::objects::Nowhere;
use crate::portable::{Portable, check, streams};
use crate::protobuf;
use crate::wire::fault::Fault;
use crate::wire::message::{Incoming, Outgoing};

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
