//! Backpressure: if a connection's peer does not read its long replies, its next calls wait.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use tokio::sync::Notify;

/// From this number of unsent bytes on, calls wait.
/// The calls under way may exceed it: the length of a reply is unknown before the call ends, and a
/// long call must not keep others waiting.
const MOST: usize = 64 << 20;

/// The unsent bytes of one connection. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Backpressure(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    unsent: AtomicUsize,
    /// Notifies waiting calls that bytes were sent.
    sent: Notify,
}

/// A reply that is being sent. Dropped once it is.
pub(crate) struct Unsent(Backpressure, usize);

impl Backpressure {
    pub(super) fn is_over(&self) -> bool {
        self.0.unsent.load(SeqCst) >= MOST
    }

    pub(crate) fn take(&self, bytes: usize) -> Unsent {
        self.0.unsent.fetch_add(bytes, SeqCst);
        Unsent(self.clone(), bytes)
    }

    /// Waits until few enough bytes are unsent.
    pub(super) async fn wait(&self) {
        loop {
            let mut sent = std::pin::pin!(self.0.sent.notified());
            // From here on no notification is missed.
            sent.as_mut().enable();
            if !self.is_over() {
                return;
            }
            sent.await;
        }
    }
}

impl Drop for Unsent {
    fn drop(&mut self) {
        let Self(backpressure, bytes) = self;
        backpressure.0.unsent.fetch_sub(*bytes, SeqCst);
        backpressure.0.sent.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_wait_while_many_bytes_are_unsent() {
        let backpressure = Backpressure::default();
        let (one, other) = (backpressure.take(MOST / 2), backpressure.take(MOST - MOST / 2));
        assert!(backpressure.is_over());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let waiting = tokio::spawn({
                let backpressure = backpressure.clone();
                async move { backpressure.wait().await }
            });
            tokio::task::yield_now().await;
            assert!(!waiting.is_finished());
            drop(one);
            waiting.await.unwrap();
        });
        assert!(!backpressure.is_over());
        drop(other);
        assert_eq!(backpressure.0.unsent.load(SeqCst), 0);
    }
}
