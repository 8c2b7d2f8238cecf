//! The bytes that a connection holds.
//! A request that exceeds its limit is refused.
//! If the peer does not read its replies, its next calls wait: backpressure.

use std::pin::pin;
use std::sync::{Arc, Weak};

use bytes::{Buf, Bytes};
use tokio::sync::Notify;

use crate::rpc::server::limits::{Limits, Share};
use crate::rpc::server::memory::Account;
use crate::rpc::server::trim::Trim;
use crate::wire::fault::{Code, Fault};

/// The default limit of unread replies in a process, for the connection of its host.
/// The calls under way may exceed it: the length of a reply is unknown before the call ends, and a
/// long call must not keep others waiting.
pub(crate) const UNREAD: usize = 64 << 20;

/// The bytes of all connections of a server. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct ServerBytes(Arc<OfServer>);

#[derive(Debug)]
struct OfServer {
    held: Account,
    unread: Account,
    /// Notifies the waiting calls of all connections that few enough bytes are unread.
    relieved: Notify,
    /// The limits of each connection.
    connection: (usize, usize),
    trim: Trim,
}

/// The bytes of one connection. Clones share them.
/// Each call has a clone until its reply is sent.
#[derive(Debug, Clone)]
pub(crate) struct Backpressure(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    held: Account,
    unread: Account,
    /// Notifies waiting calls that bytes were sent.
    sent: Notify,
    server: ServerBytes,
}

/// The calls of one connection.
#[derive(Debug)]
pub(super) struct Calls(Weak<Inner>);

/// A reply that is being sent. Dropped once it is.
pub(crate) struct Unsent(Backpressure, usize);

/// The bytes of a request. Dropped with the request.
pub(crate) struct Held(Backpressure, usize);

/// A request, which is counted as long as it is in memory.
struct HeldMessage(Bytes, #[allow(dead_code, reason = "dropping it counts")] Held);

/// Bytes to send. The last ones of a reply end its count.
pub(crate) struct Outgoing {
    pub bytes: Bytes,
    #[allow(dead_code, reason = "dropping it ends the count")]
    pub unsent: Option<Unsent>,
}

impl ServerBytes {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self::with(limits.held, limits.unread)
    }

    fn with(held: Share, unread: Share) -> Self {
        let connection = (held.connection, unread.connection);
        let (held, unread) = (Account::new(held.server), Account::new(unread.server));
        Self(Arc::new(OfServer { held, unread, relieved: Notify::new(), connection, trim: Trim::default() }))
    }

    fn bytes(&self) -> usize {
        self.0.held.bytes() + self.0.unread.bytes()
    }

    fn grown(&self) {
        self.0.trim.grown(self.bytes());
    }

    fn shrunk(&self) {
        if self.0.trim.is_due(self.bytes()) {
            let server = self.clone();
            self.0.trim.later(move || server.bytes());
        }
    }

    pub(crate) fn connection(&self) -> Backpressure {
        let (held, unread) = self.0.connection;
        let (held, unread) = (Account::new(held), Account::new(unread));
        Backpressure(Arc::new(Inner { held, unread, sent: Notify::new(), server: self.clone() }))
    }
}

impl Backpressure {
    /// Whether the next call waits.
    pub(super) fn is_over(&self) -> bool {
        let Inner { unread, server, .. } = &*self.0;
        // If others do not read their replies, a peer that has read all of its own goes on.
        unread.is_over() || (server.0.unread.is_over() && unread.bytes() > 0)
    }

    /// Whether no call is under way, and every reply is sent.
    pub(super) fn is_idle(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    pub(super) fn calls(&self) -> Calls {
        Calls(Arc::downgrade(&self.0))
    }

    pub(crate) fn take(&self, bytes: usize) -> Unsent {
        self.0.unread.add(bytes);
        self.0.server.0.unread.add(bytes);
        self.0.server.grown();
        Unsent(self.clone(), bytes)
    }

    pub(crate) fn hold(&self) -> Held {
        Held(self.clone(), 0)
    }

    /// Waits until few enough bytes are unsent.
    pub(super) async fn wait(&self) {
        loop {
            let (mut sent, mut relieved) = (pin!(self.0.sent.notified()), pin!(self.0.server.0.relieved.notified()));
            // From here on no notification is missed.
            sent.as_mut().enable();
            relieved.as_mut().enable();
            if !self.is_over() {
                return;
            }
            tokio::select! {
                () = sent => {}
                () = relieved => {}
            }
        }
    }
}

/// That of a process, where the host is the only client.
impl Default for Backpressure {
    fn default() -> Self {
        let no_limit = Share { connection: usize::MAX, server: usize::MAX };
        ServerBytes::with(no_limit, Share { connection: UNREAD, ..no_limit }).connection()
    }
}

impl Calls {
    /// Whether none is under way, and every reply is sent. The connection itself has one clone.
    pub(super) fn is_empty(&self) -> bool {
        self.0.strong_count() <= 1
    }
}

impl Drop for Unsent {
    fn drop(&mut self) {
        let (Inner { unread, sent, server, .. }, bytes) = (&*self.0.0, self.1);
        unread.remove(bytes);
        if server.0.unread.remove(bytes) {
            server.0.relieved.notify_waiters();
        }
        server.shrunk();
        sent.notify_waiters();
    }
}

impl Held {
    /// Counts the request with this many bytes.
    ///
    /// # Errors
    ///
    /// Fails if the connection, or the server, then holds too many.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> Result<(), Fault> {
        let Self(backpressure, held) = self;
        let more = bytes.saturating_sub(*held);
        let (connection, server) = (&backpressure.0.held, &backpressure.0.server.0.held);
        let over = |whole: &str, limit: usize, option: &str| {
            let text = format!(
                "the requests of {whole} would hold more than {limit} bytes, which is the server's limit (`Server::{option}`)"
            );
            Fault::refused(Code::RESOURCE_EXHAUSTED, text)
        };
        connection.try_add(more).map_err(|limit| over("this connection", limit, "max_connection_bytes"))?;
        if let Err(limit) = server.try_add(more) {
            connection.remove(more);
            return Err(over("all connections", limit, "max_server_bytes"));
        }
        *held += more;
        backpressure.0.server.grown();
        Ok(())
    }

    /// The message, which ends the count when it is dropped.
    pub(super) fn message(self, message: Bytes) -> Bytes {
        Bytes::from_owner(HeldMessage(message, self))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Self(backpressure, held) = self;
        backpressure.0.held.remove(*held);
        backpressure.0.server.0.held.remove(*held);
        backpressure.0.server.shrunk();
    }
}

impl AsRef<[u8]> for HeldMessage {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Outgoing {
    pub(super) fn of(bytes: Bytes) -> Self {
        Self { bytes, unsent: None }
    }
}

impl Buf for Outgoing {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    fn advance(&mut self, len: usize) {
        self.bytes.advance(len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(connection: usize, server: usize) -> ServerBytes {
        let share = Share { connection, server };
        ServerBytes::with(share, share)
    }

    #[test]
    fn calls_wait_while_many_bytes_are_unsent() {
        let backpressure = Backpressure::default();
        let (one, other) = (backpressure.take(UNREAD / 2), backpressure.take(UNREAD - UNREAD / 2));
        assert!(backpressure.is_over() && !backpressure.is_idle());
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
        assert_eq!(backpressure.0.unread.bytes(), 0);
        assert!(backpressure.is_idle());
    }

    #[test]
    fn a_call_that_waits_for_others_goes_on_when_they_have_read() {
        let server = server(100, 150);
        let (one, other) = (server.connection(), server.connection());
        let (_unread, read) = (one.take(90), other.take(60));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let waiting = tokio::spawn(async move { one.wait().await });
            tokio::task::yield_now().await;
            assert!(!waiting.is_finished());
            drop(read);
            tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await.unwrap().unwrap();
        });
    }

    #[test]
    fn a_client_that_reads_its_replies_does_not_wait_for_others() {
        let server = server(100, 150);
        let (one, other, reader) = (server.connection(), server.connection(), server.connection());
        let _unread = (one.take(90), other.take(60));
        assert_eq!([&one, &other, &reader].map(Backpressure::is_over), [true, true, false]);
    }

    #[test]
    fn the_requests_of_a_connection_and_of_a_server_are_limited() {
        let server = server(100, 150);
        let (one, other) = (server.connection(), server.connection());
        let refused = |held: &mut Held, bytes| match held.grow_to(bytes) {
            Err(Fault::Refused { code: Code::RESOURCE_EXHAUSTED, message }) => message,
            other => panic!("{other:?}"),
        };
        let (mut first, mut second) = (one.hold(), one.hold());
        first.grow_to(60).unwrap();
        second.grow_to(40).unwrap();
        assert_eq!(
            refused(&mut second, 41),
            "the requests of this connection would hold more than 100 bytes, which is the server's limit \
             (`Server::max_connection_bytes`)"
        );
        let mut third = other.hold();
        third.grow_to(50).unwrap();
        assert_eq!(
            refused(&mut third, usize::MAX),
            "the requests of this connection would hold more than 100 bytes, which is the server's limit \
             (`Server::max_connection_bytes`)"
        );
        assert_eq!(
            refused(&mut third, 51),
            "the requests of all connections would hold more than 150 bytes, which is the server's limit \
             (`Server::max_server_bytes`)"
        );
        let message = first.message(Bytes::from_static(b"request"));
        let part = message.slice(2..);
        drop(message);
        third.grow_to(50).unwrap();
        refused(&mut third, 51);
        // The last part of the message ends its count.
        drop(part);
        third.grow_to(100).unwrap();
        drop((second, third));
        assert_eq!((server.0.held.bytes(), one.0.held.bytes(), other.0.held.bytes()), (0, 0, 0));
    }
}
