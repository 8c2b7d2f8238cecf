//! What is sent by one stream: values of gob in the order in which they are given, by one task, in as few pieces as that allows. It knows nothing of what they mean.

use std::any::Any;
use std::sync::{Mutex, PoisonError};

use gobwire::{Encode, Encoder, Result};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;

#[derive(Default)]
pub(super) struct Outgoing {
    unsent: Mutex<Unsent>,
    told: Notify,
}

#[derive(Default)]
struct Unsent {
    encoder: Encoder,
    bytes: Vec<u8>,
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
        let Unsent { encoder, bytes, .. } = &mut *unsent;
        // First what can fail.
        let mut last = encoder.encode(value)?;
        encoder.encode_into(head, bytes)?;
        bytes.append(&mut last);
        unsent.until_then.push(until_then);
        drop(unsent);
        self.told.notify_one();
        Ok(())
    }

    fn take(&self) -> (Vec<u8>, Vec<Box<dyn Any + Send>>) {
        let mut unsent = self.unsent.lock().unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut unsent.bytes), std::mem::take(&mut unsent.until_then))
    }

    /// Sends what there is, for as long as it can.
    pub(super) async fn run(&self, mut to: impl AsyncWrite + Unpin) {
        loop {
            let (bytes, until_then) = self.take();
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
