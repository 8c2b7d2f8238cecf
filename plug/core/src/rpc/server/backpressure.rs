//! How much of long replies waits for the other side of a connection to take it. Where it is much, calls wait.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use tokio::sync::Notify;

/// From how many bytes on calls wait. What is called already may add to them: nobody knows how long a reply will be, and a call that takes long must
/// not keep others from being made.
const MOST: usize = 64 << 20;

/// That of one connection. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Backpressure(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    unsent: AtomicUsize,
    told: Notify,
}

/// A reply that is being sent.
pub(crate) struct Unsent(Backpressure, usize);

impl Backpressure {
    pub(super) fn is_over(&self) -> bool {
        self.0.unsent.load(SeqCst) >= MOST
    }

    pub(crate) fn take(&self, bytes: usize) -> Unsent {
        self.0.unsent.fetch_add(bytes, SeqCst);
        Unsent(self.clone(), bytes)
    }

    /// Waits until there is some.
    pub(super) async fn wait(&self) {
        loop {
            let mut told = std::pin::pin!(self.0.told.notified());
            // From here on nothing is missed.
            told.as_mut().enable();
            if !self.is_over() {
                return;
            }
            told.await;
        }
    }
}

impl Drop for Unsent {
    fn drop(&mut self) {
        let Self(backpressure, bytes) = self;
        backpressure.0.unsent.fetch_sub(*bytes, SeqCst);
        backpressure.0.told.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_wait_while_much_waits() {
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
