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

    /// Moves the queued bytes to `bytes`, and returns their guards.
    fn take(&self, bytes: &mut Vec<u8>) -> Vec<Box<dyn Any + Send>> {
        bytes.clear();
        limit_capacity(bytes);
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut queue.bytes, bytes);
        std::mem::take(&mut queue.guards)
    }

    /// Writes the queue to the stream until the stream fails.
    pub(super) async fn run(&self, mut stream: impl AsyncWrite + Unpin) {
        let mut bytes = Vec::new();
        loop {
            let guards = self.take(&mut bytes);
            if bytes.is_empty() {
                self.added.notified().await;
                continue;
            }
            // The reader of the same stream gets the reason.
            if stream.write_all(&bytes).await.is_err() {
                return;
            }
            drop(guards);
        }
    }
}

/// Frees the memory of an empty buffer that has grown too large to keep.
fn limit_capacity(buffer: &mut Vec<u8>) {
    if buffer.capacity() > MAX_KEPT {
        *buffer = Vec::new();
    }
}
