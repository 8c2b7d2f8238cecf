//! The way back: how each side of a connection calls the objects of the other one,
//! and what an object of this side is for it.

use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;

use crate::portable::signature::{Description, Signature};
use crate::wire::fault::Fault;
use crate::wire::message::{Incoming, Outgoing, ReplyFuture};
use crate::wire::stream_object::Stream;

/// The objects of both sides of a connection.
pub(crate) trait Way: Send + Sync {
    /// Its number, if requests must name it.
    fn id(&self) -> Option<u64>;

    /// Offers an object of this side, and returns its number.
    fn offer(&self, object: Offered, description: &'static Description) -> Result<u32, Fault>;

    /// A stream of this side as an object, drawn in threads that it may block.
    fn draw(&self, stream: Outgoing) -> Box<dyn Stream>;

    /// The most bytes of a reply to this side.
    fn max_len(&self) -> u64;

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

/// Why a method gave no reply.
pub(crate) enum NoReply {
    /// The plugin's own error: its text and the texts of its causes.
    Failed(Vec<String>),
    Malformed(String),
    NoMethod,
    Panicked(Box<dyn Any + Send>),
}

/// What a method replies: one message, or a stream of them.
pub(crate) enum Answer {
    /// With the objects that it brings.
    Message(Vec<u8>, Brought),
    Stream(Outgoing),
}

pub(crate) type Reply = Result<Answer, NoReply>;

/// The objects of this side that a reply brings. Dropping it withdraws them, unless the reply is sent.
#[derive(Default)]
pub(crate) struct Brought {
    way: Option<Arc<dyn Way>>,
    numbers: Vec<u32>,
}

impl Brought {
    pub(crate) fn of(way: Arc<dyn Way>) -> Self {
        Self { way: Some(way), numbers: Vec::new() }
    }

    pub(crate) fn add(&mut self, number: u32) {
        self.numbers.push(number);
    }

    pub(crate) fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    /// The reply is sent.
    pub(crate) fn keep(mut self) {
        self.numbers.clear();
    }
}

impl Drop for Brought {
    fn drop(&mut self) {
        if let Some(way) = &self.way {
            self.numbers.iter().for_each(|number| way.withdraw(*number));
        }
    }
}

/// What a method is called with.
pub(crate) enum Request<'a> {
    Message(&'a [u8]),
    /// The call is a stream itself.
    Stream(Box<dyn Incoming>),
}

/// How the caller can be reached.
#[derive(Clone, Copy, Default)]
pub(crate) struct Context<'a> {
    /// The way to the objects of the caller, if there is one.
    pub way: Option<&'a Arc<dyn Way>>,
    /// Whether a call can be a stream. Streams are objects otherwise.
    pub has_streams: bool,
}

impl<'a> Context<'a> {
    /// For a connection that has streams as objects.
    pub(crate) fn of(way: Option<&'a Arc<dyn Way>>) -> Self {
        Self { way, has_streams: false }
    }
}

/// The future of an asynchronous method. It owns the object and the arguments, and may panic.
pub(crate) type ReplyTask = Pin<Box<dyn Future<Output = Reply> + Send>>;

/// The start of a call: its reply, or the future of an asynchronous method.
pub(crate) enum Called {
    Replied(Reply),
    /// The method is asynchronous, and nothing of it has run.
    Started(ReplyTask),
}

/// An opened plugin of some interface.
pub(crate) trait Callee: Send + Sync {
    /// The index of the method with this name on the wire.
    fn method(&self, name: &str) -> Option<usize>;

    /// Whether a method may block its thread.
    fn blocks(&self) -> bool {
        true
    }

    /// Calls the method at this index of the interface.
    fn call(self: Arc<Self>, method: usize, request: Request<'_>, context: Context<'_>) -> Called;
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

    pub(crate) fn poll(&mut self, context: &mut task::Context<'_>) -> Poll<()> {
        if let Self::When(given_up) = self
            && given_up.as_mut().poll(context).is_ready()
        {
            *self = Self::Now;
        }
        if matches!(self, Self::Now) { Poll::Ready(()) } else { Poll::Pending }
    }

    pub(crate) fn is_ready(&mut self) -> bool {
        self.poll(&mut task::Context::from_waker(Waker::noop())).is_ready()
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
