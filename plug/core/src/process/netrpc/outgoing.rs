//! The queue of one stream: gob values, which one task writes in order and in as few writes as
//! possible.

use std::any::Any;
use std::sync::{Mutex, PoisonError};

use gobwire::{Encode, Encoder, Result};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;

/// An empty buffer keeps at most this capacity, in bytes.
const MAX_KEPT: usize = 16 * 1024;

#[derive(Default)]
pub(super) struct Outgoing {
    queue: Mutex<Queue>,
    added: Notify,
}

#[derive(Default)]
struct Queue {
    encoder: Encoder,
    bytes: Vec<u8>,
    /// Holds a value until it is encoded without an error.
    scratch: Vec<u8>,
    /// Dropped when these bytes have been sent.
    guards: Vec<Box<dyn Any + Send>>,
    is_closed: bool,
}

impl Outgoing {
    /// Queues both values, or neither if one cannot be encoded.
    /// `guard` is dropped when they have been sent.
    pub(super) fn send(
        &self,
        head: &impl Encode,
        value: &(impl Encode + ?Sized),
        guard: Box<dyn Any + Send>,
    ) -> Result<()> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let Queue { encoder, bytes, scratch, .. } = &mut *queue;
        // The value comes first here, because only its encoding can fail.
        encoder.encode_into(value, scratch)?;
        encoder.encode_into(head, bytes)?;
        bytes.append(scratch);
        limit_capacity(scratch);
        queue.guards.push(guard);
        drop(queue);
        self.added.notify_one();
        Ok(())
    }

    /// Ends the writing side of the stream, after the values that are queued.
    pub(super) fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).is_closed = true;
        self.added.notify_one();
    }

    /// Moves the queued bytes to `bytes`. Returns their guards, and whether these are the last ones.
    fn take(&self, bytes: &mut Vec<u8>) -> (Vec<Box<dyn Any + Send>>, bool) {
        bytes.clear();
        limit_capacity(bytes);
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut queue.bytes, bytes);
        (std::mem::take(&mut queue.guards), queue.is_closed)
    }

    /// Writes the queue to the stream until it is closed, or the stream fails.
    pub(super) async fn run(&self, mut stream: impl AsyncWrite + Unpin) {
        let mut bytes = Vec::new();
        loop {
            let (guards, is_last) = self.take(&mut bytes);
            if bytes.is_empty() && !is_last {
                self.added.notified().await;
                continue;
            }
            // The reader of the same stream gets the reason.
            if stream.write_all(&bytes).await.is_err() {
                return;
            }
            drop(guards);
            if is_last {
                let _ = stream.shutdown().await;
                return;
            }
        }
    }
}

/// Frees the memory of an empty buffer that has grown too large to keep.
fn limit_capacity(buffer: &mut Vec<u8>) {
    if buffer.capacity() > MAX_KEPT {
        *buffer = Vec::new();
    }
}
