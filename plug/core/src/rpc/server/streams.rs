//! The messages of a request that is a stream.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use h2::RecvStream;

use crate::rpc::frames::{Broken, Frames};
use crate::rpc::server::backpressure::Backpressure;
use crate::rpc::server::body::{self, RequestLimits};
use crate::rpc::server::compression::Compression;
use crate::rpc::server::workers::CallQueue;
use crate::wire::fault::{Code, Fault};
use crate::wire::message::Incoming;

/// The messages of a request. Dropping it refuses the rest of them.
pub(super) struct MessageStream {
    frames: Frames,
    /// The most bytes of a message, also after it is decompressed.
    max_len: usize,
    compression: Option<&'static Compression>,
    calls: CallQueue,
    backpressure: Backpressure,
}

impl MessageStream {
    pub(super) fn new(
        body: RecvStream,
        limits: RequestLimits,
        compression: Option<&'static Compression>,
        calls: CallQueue,
        backpressure: Backpressure,
    ) -> Self {
        Self { frames: Frames::new(body, limits.max_len), max_len: limits.max_len, compression, calls, backpressure }
    }

    fn decoded(&self, (message, is_compressed): (Bytes, bool)) -> Result<Bytes, Fault> {
        if !is_compressed {
            return Ok(message);
        }
        let compression = self.compression.ok_or_else(|| {
            Fault::refused(Code::INTERNAL, "a message is compressed, and the request has no `grpc-encoding`")
        })?;
        (compression.decompress)(&message, self.max_len, &mut self.backpressure.hold()).map(Bytes::from)
    }
}

impl Incoming for MessageStream {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        loop {
            match self.frames.take() {
                Ok(Some(message)) => return Poll::Ready(Some(self.decoded(message))),
                Ok(None) => {}
                Err(broken) => return Poll::Ready(Some(Err(body::fault(broken)))),
            }
            match ready!(self.frames.poll_receive(context)) {
                Ok(Some(_)) => {}
                Ok(None) => return Poll::Ready(None),
                Err(Broken::Lost(_)) => return Poll::Ready(Some(Err(Fault::Cancelled))),
                Err(broken) => return Poll::Ready(Some(Err(body::fault(broken)))),
            }
        }
    }

    fn wait(&mut self) -> Option<Result<Bytes, Fault>> {
        if let Poll::Ready(next) = self.poll_next(&mut Context::from_waker(Waker::noop())) {
            return next;
        }
        let (calls, mut next) = (self.calls.clone(), None);
        calls.wait(pin!(async { next = poll_fn(|context| self.poll_next(context)).await }));
        next
    }
}
