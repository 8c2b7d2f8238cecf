//! What a remote call sends and receives: one message, or a stream of them.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;

use crate::portable::flow::Flow;
use crate::wire::fault::Fault;

/// A future that another process completes.
pub(crate) type FaultFuture<T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send>>;
pub(crate) type ReplyFuture = FaultFuture<Bytes>;

/// What a call sends.
pub(crate) enum Sent {
    Message(Vec<u8>),
    Stream(Outgoing),
}

/// What a call receives.
pub(crate) enum Got {
    Message(Bytes),
    Stream(Box<dyn Incoming>),
    /// The end of a call that has sent a stream, without a message.
    End,
}

pub(crate) type GotFuture = FaultFuture<Got>;

/// A reply that is one message.
pub(crate) fn message(reply: ReplyFuture) -> GotFuture {
    Box::pin(async { reply.await.map(Got::Message) })
}

/// The messages that a call receives, one after another.
pub(crate) trait Incoming: Send {
    /// The next message. It is not polled again after the end or a fault.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>>;

    /// The same, for which this thread waits.
    fn wait(&mut self) -> Option<Result<Bytes, Fault>>;
}

/// The messages that a call sends, one after another.
pub(crate) type Outgoing = Box<dyn Flow<Vec<u8>>>;
