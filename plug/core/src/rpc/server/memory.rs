//! Counts the bytes that requests and unread replies hold in the memory of a server.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

/// The bytes of one kind that a connection holds, or a server.
#[derive(Debug)]
pub(super) struct Account {
    bytes: AtomicUsize,
    limit: usize,
}

impl Account {
    pub(super) fn new(limit: usize) -> Self {
        Self { bytes: AtomicUsize::new(0), limit }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(SeqCst)
    }

    pub(super) fn is_over(&self) -> bool {
        self.bytes() >= self.limit
    }

    /// Adds bytes even if that exceeds the limit.
    pub(super) fn add(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, SeqCst);
    }

    /// Adds bytes, unless that exceeds the limit. Then it returns the limit.
    pub(super) fn try_add(&self, bytes: usize) -> Result<(), usize> {
        let sum = |before: usize| before.checked_add(bytes).filter(|after| *after <= self.limit);
        self.bytes.fetch_update(SeqCst, SeqCst, sum).map(drop).map_err(|_| self.limit)
    }

    /// Removes bytes, and returns whether the account was over its limit before and is not now.
    pub(super) fn remove(&self, bytes: usize) -> bool {
        let before = self.bytes.fetch_sub(bytes, SeqCst);
        before >= self.limit && before - bytes < self.limit
    }
}
