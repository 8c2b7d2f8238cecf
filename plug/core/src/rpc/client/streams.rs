//! Calls that are streams: what is common to all connections.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep_until, timeout_at};

use crate::error::Error;
use crate::portable::chain::{Chain, ChainTexts};
use crate::rpc::client::driver::Driver;
use crate::rpc::client::driver::turns::Guest;
use crate::rpc::source::Source;
use crate::wire::fault::Fault;
use crate::wire::message::{Got, Incoming, Outgoing};

/// The messages of a reply.
pub(crate) trait Receives: Send {
    /// The next one. `None` once the reply has ended with success.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Fault>>;
}

/// The messages that a call sends. Threads of the driver's runtime draw them. Within that runtime.
pub(crate) fn source(sent: Outgoing) -> Source {
    Source::within(&tokio::runtime::Handle::current(), sent)
}

/// The reply of a call, until it is dropped. That cancels the call.
/// In a fork of this process it is not used, and leaves the call to the parent.
pub(crate) struct Received {
    driver: Option<&'static Driver>,
    messages: Box<dyn Receives>,
    /// Ready at the deadline.
    late: Option<Pin<Box<Sleep>>>,
    sending: Option<Sending>,
    /// Has the background thread drive while an executor awaits a message.
    guest: Option<Guest<'static>>,
}

/// No reply yet.
struct Unanswered;

impl Receives for Unanswered {
    fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Fault>> {
        Poll::Ready(Ok(None))
    }
}

/// The sender of the messages.
struct Sending {
    /// Why the messages have ended early.
    failure: oneshot::Receiver<Error>,
    /// The sender sees that nobody reads the reply any more.
    _reads: oneshot::Sender<Infallible>,
}

impl Received {
    /// Within the driver's runtime.
    pub(crate) fn new(messages: Box<dyn Receives>, deadline: Option<Instant>) -> Self {
        let late = deadline.map(|deadline| Box::pin(sleep_until(deadline.into())));
        Self { driver: Driver::get().ok(), messages, late, sending: None, guest: None }
    }

    /// The same for a call without an answer yet, which sends messages meanwhile.
    /// `reads` is dropped with this.
    pub(crate) fn unanswered(
        deadline: Option<Instant>,
        failure: oneshot::Receiver<Error>,
        reads: oneshot::Sender<Infallible>,
    ) -> Self {
        let mut received = Self::new(Box::new(Unanswered), deadline);
        received.sending = Some(Sending { failure, _reads: reads });
        received
    }

    pub(crate) fn answer(&mut self, messages: Box<dyn Receives>) {
        self.messages = messages;
    }

    /// Awaits something, unless the messages fail that the call sends.
    pub(crate) async fn unless_failed<F: Future>(&mut self, future: F) -> Result<F::Output, Fault> {
        let mut future = pin!(future);
        poll_fn(|context| {
            if let Poll::Ready(fault) = self.poll_failure(context) {
                return Poll::Ready(Err(fault));
            }
            future.as_mut().poll(context).map(Ok)
        })
        .await
    }

    fn poll_failure(&mut self, context: &mut Context<'_>) -> Poll<Fault> {
        match &mut self.sending {
            Some(Sending { failure, .. }) if !failure.is_terminated() => match Pin::new(failure).poll(context) {
                Poll::Ready(Ok(error)) => Poll::Ready(Fault::Failed(Chain(&error).texts())),
                // All messages are sent.
                _ => Poll::Pending,
            },
            _ => Poll::Pending,
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        if let Some(Err(fault)) = self.driver.map(Driver::check) {
            return Poll::Ready(Some(Err(fault)));
        }
        if let Poll::Ready(fault) = self.poll_failure(context) {
            return Poll::Ready(Some(Err(fault)));
        }
        if let Poll::Ready(next) = self.messages.poll_next(context) {
            return Poll::Ready(next.transpose());
        }
        match &mut self.late {
            Some(late) => late.as_mut().poll(context).map(|()| Some(Err(Fault::Deadline))),
            None => Poll::Pending,
        }
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        if self.driver.is_some_and(|driver| driver.check().is_err()) {
            std::mem::forget(std::mem::replace(&mut self.messages, Box::new(Unanswered)));
            std::mem::forget((self.late.take(), self.sending.take(), self.guest.take()));
        }
    }
}

impl Incoming for Received {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        let next = self.poll(context);
        if next.is_ready() {
            self.guest = None;
        } else if self.guest.is_none() {
            self.guest = self.driver.map(Driver::guest);
        }
        next
    }

    fn wait(&mut self) -> Option<Result<Bytes, Fault>> {
        let polled = self.poll(&mut Context::from_waker(Waker::noop()));
        match (polled, self.driver) {
            (Poll::Ready(next), _) => next,
            (Poll::Pending, Some(driver)) => driver.wait(poll_fn(|context| self.poll(context))),
            (Poll::Pending, None) => Some(Err(Fault::Cancelled)),
        }
    }
}

/// The messages of a reply until a cancellation comes.
pub(crate) struct Cancelled {
    incoming: Box<dyn Incoming>,
    cancelled: Pin<Box<dyn Future<Output = ()> + Send>>,
    driver: &'static Driver,
}

impl Cancelled {
    pub(crate) fn of(got: Got, cancelled: Pin<Box<dyn Future<Output = ()> + Send>>, driver: &'static Driver) -> Got {
        match got {
            Got::Stream(incoming) => Got::Stream(Box::new(Self { incoming, cancelled, driver })),
            got => got,
        }
    }
}

impl Incoming for Cancelled {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        match self.cancelled.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Some(Err(Fault::Cancelled))),
            Poll::Pending => self.incoming.poll_next(context),
        }
    }

    fn wait(&mut self) -> Option<Result<Bytes, Fault>> {
        let driver = self.driver;
        driver.wait(poll_fn(|context| self.poll_next(context)))
    }
}

/// The reply: the stream itself, or its only message.
pub(crate) async fn got(
    received: impl Future<Output = Result<Received, Fault>>,
    returns_stream: bool,
    deadline: Option<Instant>,
) -> Result<Got, Fault> {
    let received = match deadline {
        None => received.await,
        Some(deadline) => timeout_at(deadline.into(), received).await.unwrap_or(Err(Fault::Deadline)),
    };
    let mut received = received?;
    if returns_stream {
        return Ok(Got::Stream(Box::new(received)));
    }
    let mut next = async || poll_fn(|context| received.poll(context)).await.transpose();
    let Some(reply) = next().await? else { return Ok(Got::End) };
    match next().await? {
        None => Ok(Got::Message(reply)),
        Some(_) => Err(Fault::Malformed("it has more than one message".to_owned())),
    }
}
