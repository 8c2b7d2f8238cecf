//! Streams: results and arguments whose values come one after another.

#[cfg(feature = "stream")]
pub(crate) mod polled;

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use super::Portable;
use crate::abi::object::Passing;
use crate::abi::stream::StreamView;
use crate::abi::table::TaskTable;
use crate::abi::view::Scratch;
use crate::error::Error;
use crate::portable::arguments::BindObjects;
use crate::portable::codec::{Malformed, Sink, Source};
use crate::portable::flow::{Flow, Flowing};
use crate::portable::outcome::Fails;
use crate::portable::types::TypeRef;

/// The values of a stream, which come one after another.
///
/// It is the result of a method, or its only argument, and crosses every link: over gRPC the method
/// is a streaming one.
/// A link can fail amid a stream, so each item is a `Result`. The first error ends it.
///
/// A plugin makes it of any iterator, and a host iterates over it.
/// The next item is only made when there is room for it. Dropping the stream ends it on both sides.
///
/// ```
/// use plug::{Error, Items};
///
/// #[plug::interface(portable)]
/// pub trait Lines: Send + Sync {
///     fn read(&self, text: &str) -> Result<Items<String>, Error>;
///     fn count(&self, lines: Items<String>) -> Result<u64, Error>;
/// }
///
/// struct Plain;
///
/// impl Lines for Plain {
///     fn read(&self, text: &str) -> Result<Items<String>, Error> {
///         let lines: Vec<_> = text.lines().map(str::to_owned).collect();
///         Ok(Items::new(lines.into_iter().map(Ok)))
///     }
///
///     fn count(&self, lines: Items<String>) -> Result<u64, Error> {
///         lines.map(|line| line.map(|_| 1)).sum()
///     }
/// }
///
/// # fn main() -> Result<(), Error> {
/// let lines = Plain.read("one\ntwo")?;
/// assert_eq!(Plain.count(lines)?, 2);
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing unless it is iterated over"]
pub struct Items<T, E = Error>(pub(crate) Crossing<Box<dyn Iterator<Item = Result<T, E>> + Send>>);

impl<T, E> Items<T, E> {
    /// The items of an iterator.
    pub fn new(items: impl Iterator<Item = Result<T, E>> + Send + 'static) -> Self {
        Self(Crossing::new(Box::new(items)))
    }
}

impl<T, E> Iterator for Items<T, E> {
    type Item = Result<T, E>;

    #[inline]
    fn next(&mut self) -> Option<Result<T, E>> {
        let next = self.0.source.get_mut().as_mut()?.next();
        if !matches!(next, Some(Ok(_))) {
            self.0.end();
        }
        next
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // A stream may end at any item, by an error.
        (0, None)
    }
}

impl<T, E> FusedIterator for Items<T, E> {}

impl<T, E> fmt::Debug for Items<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").finish_non_exhaustive()
    }
}

/// The source of a stream, until it crosses.
pub(crate) struct Crossing<S> {
    /// `None` once the stream has ended, or crosses.
    source: Cell<Option<S>>,
    has_ended: Cell<bool>,
    /// Its state if it crosses.
    passing: OnceCell<Box<(Passing<S>, Cell<u32>)>>,
}

impl<S> Crossing<S> {
    fn new(source: S) -> Self {
        Self { source: Cell::new(Some(source)), has_ended: Cell::new(false), passing: OnceCell::new() }
    }

    #[cold]
    fn end(&mut self) {
        self.has_ended.set(true);
        drop(self.source.take());
    }

    fn passing(&self) -> &(Passing<S>, Cell<u32>) {
        self.passing.get_or_init(Box::default)
    }

    pub(crate) fn view<'a>(&'a self, table: &'static TaskTable) -> StreamView<'a> {
        let (passing, _) = self.passing();
        if let Some(source) = self.source.take() {
            passing.put(Box::new(source));
        }
        StreamView::new(passing, table)
    }

    pub(crate) fn number(&self) -> u32 {
        self.passing.get().map_or(0, |passing| passing.1.get())
    }
}

/// A stream that has ended.
struct Ended;

impl<T> Flow<T> for Ended {
    fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        Poll::Ready(None)
    }
}

impl<S> Crossing<S> {
    /// The source, if it is still here. That of a stream which has ended is empty.
    fn flow<T, F: Flow<T> + 'static>(&self, flow: impl FnOnce(S) -> F) -> Option<Box<dyn Flow<T>>> {
        match self.source.take() {
            Some(source) => Some(Box::new(flow(source))),
            None if self.has_ended.get() => Some(Box::new(Ended)),
            None => None,
        }
    }
}

/// An iterator as a source.
struct Drawn<T, E>(Box<dyn Iterator<Item = Result<T, E>> + Send>);

impl<T, E: Fails + 'static> Flow<T> for Drawn<T, E> {
    fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        Poll::Ready(self.0.next().map(|item| item.map_err(Fails::into_error)))
    }
}

/// A source as an iterator, whose caller waits.
struct Waiting<T, E> {
    flow: Box<dyn Flow<T>>,
    error: PhantomData<fn() -> E>,
}

impl<T, E: Fails> Iterator for Waiting<T, E> {
    type Item = Result<T, E>;

    fn next(&mut self) -> Option<Result<T, E>> {
        self.flow.wait().map(|item| item.map_err(E::with))
    }
}

impl<T: 'static, E: Fails + 'static> Items<T, E> {
    pub(crate) fn of(flow: Box<dyn Flow<T>>) -> Self {
        Self::new(Waiting { flow, error: PhantomData })
    }
}

impl<T: 'static, E: Fails + 'static> Flowing<T> for Items<T, E> {
    fn flow(&self) -> Option<Box<dyn Flow<T>>> {
        self.0.flow(Drawn)
    }

    fn set_number(&self, number: u32) {
        self.0.passing().1.set(number);
    }
}

/// A stream of the other side of a wire: its number if it has one, and its source once it is bound.
pub struct KeptStream<T> {
    number: u32,
    /// Behind a lock, since a value that crosses is `Sync`.
    flow: Mutex<Option<Box<dyn Flow<T>>>>,
}

impl<T: Portable> KeptStream<T> {
    pub(crate) fn bind(&mut self, binder: &impl BindObjects) {
        self.flow = Mutex::new(Some(binder.stream(self.number)));
    }

    /// The stream that a call itself is.
    pub(crate) fn of(binder: &impl BindObjects) -> Self {
        Self { number: 0, flow: Mutex::new(Some(binder.stream(0))) }
    }

    pub(crate) fn into_flow(self) -> Box<dyn Flow<T>> {
        let flow = self.flow.into_inner().unwrap_or_else(PoisonError::into_inner);
        flow.unwrap_or_else(|| Box::new(Nowhere))
    }
}

/// The source of a stream that cannot be reached.
pub(crate) struct Nowhere;

impl<T> Flow<T> for Nowhere {
    fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        Poll::Ready(Some(Err(Error::msg("the stream cannot be read: there is no way back to its owner"))))
    }
}

impl<T: Portable> Portable for KeptStream<T> {
    type View<'a> = u32;
    const TYPE: TypeRef = u32::TYPE;
    const ID: u64 = u32::ID;
    const IS_FLAT: bool = true;

    fn view<'a>(&'a self, _: &'a Scratch) -> u32 {
        self.number
    }

    fn own(number: u32) -> Self {
        Self { number, flow: Mutex::new(None) }
    }

    fn put<S: Sink>(&self, sink: S) {
        sink.u32(self.number);
    }

    fn merge<S: Source>(slot: &mut Option<Self>, source: S) -> Result<(), Malformed> {
        *slot = match source.u32()? {
            0 => None,
            number => Some(Self::own(number)),
        };
        Ok(())
    }

    fn missing() -> Result<Self, Malformed> {
        Err(Malformed::new("the number of a stream is missing"))
    }
}
