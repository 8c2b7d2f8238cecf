//! The session of a connection, which is opened once and again after a loss.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::rpc::back::session::Session;
use crate::wire::fault::Fault;

/// The session of a connection, if it is open.
#[derive(Default)]
pub(crate) struct Slot {
    current: Mutex<Option<Arc<Session>>>,
    /// Locked while one is opened.
    opening: tokio::sync::Mutex<()>,
}

impl Slot {
    fn current(&self) -> MutexGuard<'_, Option<Arc<Session>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session, if it is open and has not ended.
    pub(crate) fn open(&self) -> Option<Arc<Session>> {
        self.current().clone().filter(|session| !session.has_ended())
    }

    /// The session, which `open` opens if need be.
    pub(crate) async fn get(
        &self,
        open: impl Future<Output = Result<Arc<Session>, Fault>>,
    ) -> Result<Arc<Session>, Fault> {
        if let Some(session) = self.open() {
            return Ok(session);
        }
        let _opening = self.opening.lock().await;
        // Another call may have opened it first.
        if let Some(session) = self.open() {
            return Ok(session);
        }
        let session = open.await?;
        *self.current() = Some(Arc::clone(&session));
        Ok(session)
    }
}
