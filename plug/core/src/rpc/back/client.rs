//! The client's side of the stream, over any transport.

use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::rpc::back::session::{Session, Waits};
use crate::rpc::client::driver::Driver;
use crate::task::park_on;
use crate::wire::fault::{Fault, Unavailable};
use crate::wire::message::ReplyFuture;

/// A new session of a client, with its number, and what it sends. Within the driver's runtime.
/// It takes messages of up to `max_len` bytes.
pub(crate) fn session(max_len: usize) -> (u64, Arc<Session>, mpsc::UnboundedReceiver<Bytes>) {
    // A server must not mistake the client of another for this one: each has a key of its own.
    let id = RandomState::new().hash_one(0).max(1);
    let (session, messages) = Session::new(id, Box::new(ClientWaits::new()), max_len);
    (id, session, messages)
}

/// A client's threads drive the runtime while they wait.
pub(crate) struct ClientWaits(Option<&'static Driver>);

impl ClientWaits {
    pub(crate) fn new() -> Self {
        Self(Driver::get().ok())
    }
}

impl Waits for ClientWaits {
    fn wait(&self, future: Pin<&mut (dyn Future<Output = ()> + Send)>) {
        match self.0 {
            Some(driver) => driver.wait_soon(future),
            None => park_on(future),
        }
    }

    fn driven(&self, reply: ReplyFuture) -> ReplyFuture {
        match self.0 {
            Some(driver) if driver.check().is_ok() => Box::pin(driver.poll(reply)),
            _ => reply,
        }
    }

    fn check(&self) -> Result<(), Fault> {
        self.0.map_or(Ok(()), Driver::check)
    }
}

/// The messages of the server.
pub(crate) trait Incoming: Send + 'static {
    /// The next one. `None` at the end.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, Fault>> + Send;
}

/// Reads the messages of the server in a task, until the stream or the session ends.
pub(crate) fn read(session: &Arc<Session>, mut messages: impl Incoming) {
    let weak = Arc::downgrade(session);
    let task = tokio::spawn(async move {
        let fault = loop {
            let read = messages.next().await;
            let Some(session) = weak.upgrade() else { return };
            match read {
                Ok(Some(message)) => {
                    if let Err(fault) = session.take(message) {
                        break fault;
                    }
                }
                Ok(None) => break Fault::Unavailable(Unavailable::of("the server has ended it".to_owned())),
                Err(fault) => break fault,
            }
        };
        if let Some(session) = weak.upgrade() {
            session.end(&fault);
        }
    });
    session.reads_in(task.abort_handle());
}
