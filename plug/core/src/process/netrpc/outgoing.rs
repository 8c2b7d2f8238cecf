//! What is sent by one stream: values of gob in the order in which they are given, by one task, in as few pieces as that allows. It knows nothing of what they mean.

use std::any::Any;
use std::sync::{Mutex, PoisonError};

use gobwire::{Encode, Encoder, Result};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;

/// How much room is kept for what comes next, in bytes.
const ROOM: usize = 16 * 1024;

#[derive(Default)]
pub(super) struct Outgoing {
    unsent: Mutex<Unsent>,
    told: Notify,
}

#[derive(Default)]
struct Unsent {
    encoder: Encoder,
    bytes: Vec<u8>,
    /// Room for a value that may turn out not to be one.
    value: Vec<u8>,
    /// What is to be dropped when these bytes have been sent.
    until_then: Vec<Box<dyn Any + Send>>,
}

impl Outgoing {
    /// Sends both values, or neither where one cannot be written.
    pub(super) fn send(
        &self,
        head: &impl Encode,
        value: &(impl Encode + ?Sized),
        until_then: Box<dyn Any + Send>,
    ) -> Result<()> {
        let mut unsent = self.unsent.lock().unwrap_or_else(PoisonError::into_inner);
        let Unsent { encoder, bytes, value: backpressure, .. } = &mut *unsent;
        // First what can fail.
        encoder.encode_into(value, backpressure)?;
        encoder.encode_into(head, bytes)?;
        bytes.append(backpressure);
        keep(backpressure);
        unsent.until_then.push(until_then);
        drop(unsent);
        self.told.notify_one();
        Ok(())
    }

    /// Takes what there is, and leaves room for more.
    fn take(&self, bytes: &mut Vec<u8>) -> Vec<Box<dyn Any + Send>> {
        bytes.clear();
        keep(bytes);
        let mut unsent = self.unsent.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut unsent.bytes, bytes);
        std::mem::take(&mut unsent.until_then)
    }

    /// Sends what there is, for as long as it can.
    pub(super) async fn run(&self, mut to: impl AsyncWrite + Unpin) {
        let mut bytes = Vec::new();
        loop {
            let until_then = self.take(&mut bytes);
            if bytes.is_empty() {
                self.told.notified().await;
                continue;
            }
            // Whoever reads from the same stream is told why.
            if to.write_all(&bytes).await.is_err() {
                return;
            }
            drop(until_then);
        }
    }
}

/// Leaves an empty buffer no more room than is worth keeping.
fn keep(buffer: &mut Vec<u8>) {
    if buffer.capacity() > ROOM {
        *buffer = Vec::new();
    }
}
