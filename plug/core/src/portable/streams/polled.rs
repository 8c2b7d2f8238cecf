//! Streams whose items are awaited.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::Error;
use crate::portable::flow::{Flow, Flowing};
use crate::portable::outcome::Fails;
use crate::portable::streams::Crossing;
use crate::task::stream_within;

/// The source of a stream.
pub(crate) type Source<T, E> = dyn futures_core::Stream<Item = Result<T, E>> + Send;

/// The values of a stream, which are awaited one after another.
///
/// It is to [`Items`](crate::Items) as an `async fn` is to a method that blocks, and the same to the
/// other side: one side may have one, and the other side the other.
/// It crosses every link, and over gRPC the method is a streaming one.
///
/// A plugin makes it of any [`futures_core::Stream`], and any executor polls it.
/// Dropping it ends it on both sides, at once.
///
/// ```
/// use plug::{Error, Stream};
///
/// #[plug::interface(portable)]
/// pub trait Tail: Send + Sync {
///     async fn tail(&self, from: u64) -> Result<Stream<String>, Error>;
/// }
/// ```
#[must_use = "a stream does nothing unless it is polled"]
pub struct Stream<T, E = Error>(pub(crate) Crossing<Pin<Box<Source<T, E>>>>);

impl<T, E> Stream<T, E> {
    /// The items of another stream.
    pub fn new(stream: impl futures_core::Stream<Item = Result<T, E>> + Send + 'static) -> Self {
        Self(Crossing::new(Box::pin(stream_within(stream))))
    }
}

impl<T, E> futures_core::Stream for Stream<T, E> {
    type Item = Result<T, E>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T, E>>> {
        let Some(source) = self.0.source.get_mut() else { return Poll::Ready(None) };
        let next = source.as_mut().poll_next(context);
        if matches!(next, Poll::Ready(None | Some(Err(_)))) {
            self.0.end();
        }
        next
    }
}

impl<T, E> fmt::Debug for Stream<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}

/// A stream as a source.
struct Polled<T, E>(Pin<Box<Source<T, E>>>);

impl<T, E: Fails + 'static> Flow<T> for Polled<T, E> {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        self.0.as_mut().poll_next(context).map(|next| next.map(|item| item.map_err(Fails::into_error)))
    }
}

/// A source as a stream.
struct Awaited<T, E> {
    flow: Box<dyn Flow<T>>,
    error: PhantomData<fn() -> E>,
}

impl<T, E: Fails> futures_core::Stream for Awaited<T, E> {
    type Item = Result<T, E>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T, E>>> {
        self.flow.poll_next(context).map(|next| next.map(|item| item.map_err(E::with)))
    }
}

impl<T: 'static, E: Fails + 'static> Stream<T, E> {
    pub(crate) fn of(flow: Box<dyn Flow<T>>) -> Self {
        Self(Crossing::new(Box::pin(Awaited { flow, error: PhantomData })))
    }
}

impl<T: 'static, E: Fails + 'static> Flowing<T> for Stream<T, E> {
    fn flow(&self) -> Option<Box<dyn Flow<T>>> {
        self.0.flow(Polled)
    }

    fn set_number(&self, number: u32) {
        self.0.passing().1.set(number);
    }
}
