//! The source of a stream, for a link.

use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

use crate::error::Error;
use crate::task::park_on;

/// A source of items of either kind, which a link draws or fills.
pub trait Flow<T>: Send {
    /// The next item. It is not polled again after the end or an error.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T, Error>>>;

    /// The same, for which this thread waits.
    fn wait(&mut self) -> Option<Result<T, Error>> {
        // Most items are there at once. A waker for this thread would cost more than such an item.
        match self.poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(next) => next,
            Poll::Pending => park_on(poll_fn(|context| self.poll_next(context))),
        }
    }
}

/// A stream that a link takes over.
pub trait Flowing<T> {
    /// Its source, if it is still here.
    fn flow(&self) -> Option<Box<dyn Flow<T>>>;

    fn set_number(&self, number: u32);
}
