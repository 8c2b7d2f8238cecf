//! The way back: how each side of a connection calls the objects of the other one.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;

use crate::portable::signature::Description;
use crate::portable::signature::Signature;
use crate::wire::callee::Callee;
use crate::wire::channel::ReplyFuture;
use crate::wire::fault::Fault;

/// The objects of both sides of a connection.
pub(crate) trait Way: Send + Sync {
    /// Its number, if requests must name it.
    fn id(&self) -> Option<u64>;

    /// Offers an object of this side, and returns its number.
    fn offer(&self, object: Offered, description: &'static Description) -> Result<u32, Fault>;

    /// Ends the offer. Later calls of the object are refused.
    fn withdraw(&self, number: u32);

    /// The same for a given object that the caller still holds, and gets back at once.
    fn take_back(&self, number: u32) {
        self.withdraw(number);
    }

    /// The object of the other side with this number. Dropping a given one tells the other side.
    fn reach(self: Arc<Self>, number: u32, description: &'static Description, is_given: bool) -> Arc<dyn Reached>;

    /// A reply that any executor may poll.
    fn driven(&self, reply: ReplyFuture) -> ReplyFuture {
        reply
    }

    /// Waits for the future in this thread.
    fn wait(&self, future: Pin<&mut (dyn Future<Output = ()> + Send)>);
}

/// An object of this side.
pub(crate) enum Offered {
    /// Its caller makes the calls.
    Lent(Box<dyn Fn(Callback) + Send + Sync>),
    Given(Arc<dyn Callee>),
}

/// A call of an object of this side.
pub(crate) struct Callback {
    pub object: u32,
    /// The method's name on the wire.
    pub method: String,
    pub request: Bytes,
    pub deadline: Option<Instant>,
    pub reply: Replier,
    pub given_up: GivenUp,
}

/// Says when nobody waits for the answer to a call any more.
#[derive(Default)]
pub(crate) enum GivenUp {
    #[default]
    Never,
    When(Pin<Box<dyn Future<Output = ()> + Send>>),
    Now,
}

impl GivenUp {
    /// `given_up` is ready then.
    pub(crate) fn when(given_up: impl Future<Output = ()> + Send + 'static) -> Self {
        Self::When(Box::pin(given_up))
    }

    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Self::When(given_up) = self
            && given_up.as_mut().poll(context).is_ready()
        {
            *self = Self::Now;
        }
        if matches!(self, Self::Now) { Poll::Ready(()) } else { Poll::Pending }
    }

    pub(crate) fn is_ready(&mut self) -> bool {
        self.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }
}

/// Takes the reply to a call. If it is dropped, the call fails.
pub(crate) type Replier = Box<dyn FnOnce(Result<Bytes, Fault>) + Send>;

/// An object of the other side.
pub(crate) trait Reached: Send + Sync {
    /// Calls a method. Dropping the future cancels the call.
    fn call(&self, method: &'static Signature, request: Bytes, deadline: Option<Instant>) -> ReplyFuture;
}

/// The text of a callback after the end of its call.
pub(crate) const OVER: &str = "the call that lent this object is over";

/// The text of a call with objects over a connection that has no way back.
pub(crate) const NO_WAY: &str = "objects cannot cross: this connection has no way back to their owner";
