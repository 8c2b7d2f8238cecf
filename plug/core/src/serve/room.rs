//! How much of long replies waits for the other side of a connection to take it. Where it is much, calls wait. How long a reply will be nobody knows; so a
//! call takes as much as the longest one before it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tokio::sync::Notify;

/// From how many bytes on calls wait.
const MOST: usize = 64 << 20;

/// That of one connection. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Room(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    unsent: AtomicUsize,
    /// The longest reply there was.
    longest: AtomicUsize,
    told: Notify,
}

/// A reply that is being made, or sent.
pub(super) struct Unsent(Room, usize);

impl Unsent {
    /// How long it is, now that it is known.
    pub(super) fn is(&mut self, bytes: usize) {
        let Self(room, before) = self;
        room.0.longest.fetch_max(bytes, SeqCst);
        room.0.unsent.fetch_add(bytes, SeqCst);
        room.0.unsent.fetch_sub(std::mem::replace(before, bytes), SeqCst);
    }
}

impl Room {
    fn is_over(&self) -> bool {
        self.0.unsent.load(SeqCst) >= MOST
    }

    /// Takes some for a reply that is to be made. None where there is none.
    pub(super) fn take(&self) -> Option<Unsent> {
        let bytes = self.0.longest.load(SeqCst);
        if self.0.unsent.fetch_add(bytes, SeqCst) >= MOST {
            self.0.unsent.fetch_sub(bytes, SeqCst);
            return None;
        }
        Some(Unsent(self.clone(), bytes))
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
        let Self(room, bytes) = self;
        room.0.unsent.fetch_sub(*bytes, SeqCst);
        room.0.told.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_wait_while_much_waits() {
        let room = Room::default();
        let mut first = room.take().unwrap();
        let others: Vec<_> = (0..10).map(|_| room.take().unwrap()).collect();
        first.is(MOST / 2);
        drop(others);
        // As long as the first, for all that is known.
        let second = room.take().unwrap();
        assert!(room.take().is_none() && room.is_over());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let waiting = tokio::spawn({
                let room = room.clone();
                async move { room.wait().await }
            });
            tokio::task::yield_now().await;
            assert!(!waiting.is_finished());
            drop(second);
            waiting.await.unwrap();
        });
        drop(first);
        assert_eq!(room.0.unsent.load(SeqCst), 0);
    }
}
