//! The way to the objects of a process, and its streams. They keep the process alive.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;

use crate::portable::signature::Description;
use crate::portable::signature::Signature;
use crate::process::running::Running;
use crate::task::park_on;
use crate::wire::fault::Fault;
use crate::wire::message::{Incoming, Outgoing, ReplyFuture};
use crate::wire::stream_object::Stream;
use crate::wire::way::{Offered, Reached, Way};

/// The way, and the process that it leads to.
pub(super) struct KeptWay {
    pub way: Arc<dyn Way>,
    pub running: Arc<Running>,
}

struct KeptObject {
    object: Arc<dyn Reached>,
    /// Dropped after the object.
    running: Arc<Running>,
}

/// The messages of a stream. A fault says how the process ended if that is the cause.
pub(super) struct KeptStream {
    incoming: Box<dyn Incoming>,
    /// What adds the cause to a fault.
    explaining: Option<ReplyFuture>,
    /// Dropped after the stream.
    running: Arc<Running>,
}

impl KeptStream {
    pub(super) fn new(incoming: Box<dyn Incoming>, running: Arc<Running>) -> Self {
        Self { incoming, explaining: None, running }
    }
}

impl Incoming for KeptStream {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        if self.explaining.is_none() {
            match ready!(self.incoming.poll_next(context)) {
                Some(Err(fault)) => self.explaining = Some(self.running.explained_fault(fault)),
                next => return Poll::Ready(next),
            }
        }
        let Some(explaining) = &mut self.explaining else { return Poll::Ready(None) };
        let explained = ready!(explaining.as_mut().poll(context));
        self.explaining = None;
        Poll::Ready(Some(explained))
    }

    fn wait(&mut self) -> Option<Result<Bytes, Fault>> {
        match self.incoming.wait() {
            Some(Err(fault)) => {
                self.explaining = Some(self.running.explained_fault(fault));
                park_on(poll_fn(|context| self.poll_next(context)))
            }
            next => next,
        }
    }
}

impl Way for KeptWay {
    fn id(&self) -> Option<u64> {
        self.way.id()
    }

    fn offer(&self, object: Offered, description: &'static Description) -> Result<u32, Fault> {
        self.way.offer(object, description)
    }

    fn draw(&self, stream: Outgoing) -> Box<dyn Stream> {
        self.way.draw(stream)
    }

    fn max_len(&self) -> u64 {
        self.way.max_len()
    }

    fn withdraw(&self, number: u32) {
        self.way.withdraw(number);
    }

    fn take_back(&self, number: u32) {
        self.way.take_back(number);
    }

    fn reach(self: Arc<Self>, number: u32, description: &'static Description, is_given: bool) -> Arc<dyn Reached> {
        let object = Arc::clone(&self.way).reach(number, description, is_given);
        Arc::new(KeptObject { object, running: Arc::clone(&self.running) })
    }

    fn driven(&self, reply: ReplyFuture) -> ReplyFuture {
        self.way.driven(reply)
    }

    fn wait(&self, future: Pin<&mut (dyn Future<Output = ()> + Send)>) {
        self.way.wait(future);
    }
}

impl Reached for KeptObject {
    fn call(&self, method: &'static Signature, request: Bytes, deadline: Option<Instant>) -> ReplyFuture {
        let (reply, running) = (self.object.call(method, request, deadline), Arc::clone(&self.running));
        Box::pin(async move {
            match reply.await {
                Err(fault @ Fault::Unavailable(_)) => running.explained_fault(fault).await,
                reply => reply,
            }
        })
    }
}
