//! A plugin's process that has answered: its calls, each of which says how the process ended if that is why it failed, and its end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::error::kind::ErrorKind;
use crate::error::process::ProcessFault;
use crate::process::connection::{Peer, PeerAddress, PeerFuture};
use crate::process::handshake::line::Protocol;
use crate::process::launch::folder::Folder;
use crate::process::life::{Death, LAST_BREATH, Life};
use crate::rpc::client::driver::Driver;
use crate::wire::channel::{Call, Channel, ReplyFuture};
use crate::wire::fault::{Fault, Unavailable};
use crate::wire::list::ListReply;

/// A process that has answered.
pub(crate) struct Running {
    pub(crate) driver: &'static Driver,
    pub(crate) peer: Arc<dyn Peer>,
    pub target: PeerAddress,
    pub protocol: Protocol,
    /// The version of the application's protocol.
    pub version: u32,
    pub life: Arc<Life>,
    /// Whether it is ended when this is dropped.
    pub(crate) is_owned: bool,
    pub(crate) start_timeout: Duration,
    pub(crate) kill_timeout: Duration,
    /// Removed after the process has ended.
    pub(crate) _folder: Option<Folder>,
}

impl Running {
    /// Its list of plugins, within the time that it had for its start. None from a program without `plug`.
    pub(crate) fn list(&self) -> Result<Option<ListReply>, Fault> {
        let deadline = crate::deadline::of_call(Some(self.start_timeout));
        self.driver.wait(self.alive(self.peer.list(deadline)))
    }

    /// Asks it whether it is well.
    pub(crate) fn check(&self, deadline: Option<Instant>) -> Result<(), Fault> {
        self.driver.wait(self.alive(self.peer.check(deadline)))
    }

    /// The answer of a process, or how it ended.
    fn alive<T: Send + 'static>(&self, answer: PeerFuture<T>) -> PeerFuture<T> {
        let life = Arc::clone(&self.life);
        Box::pin(async move {
            match answer.await {
                Err(Fault::Unavailable(unavailable)) if unavailable.cause.is_none() => {
                    Err(Fault::Unavailable(Self::explained(&life, unavailable).await))
                }
                done => done,
            }
        })
    }

    /// Adds how the process ended, if that is why there is no reply.
    async fn explained(life: &Life, unavailable: Unavailable) -> Unavailable {
        match timeout(LAST_BREATH, life.death()).await {
            Ok(Death { path, status, stderr }) => {
                let fault = ProcessFault::Died { was_called: !unavailable.is_unsent, status, stderr };
                let cause = ErrorKind::Process { path, fault };
                Unavailable { cause: Some(Arc::new(cause)), ..unavailable }
            }
            Err(_) => unavailable,
        }
    }
}

impl Channel for Running {
    fn sends_eagerly(&self) -> bool {
        self.peer.sends_eagerly()
    }

    fn call(&self, call: Call) -> ReplyFuture {
        self.alive(self.peer.call(call))
    }
}

impl Drop for Running {
    /// Tells it to end, and kills it if it takes too long.
    fn drop(&mut self) {
        let Some(child) = self.life.child.clone().filter(|_| self.is_owned) else { return };
        if child.status().is_some() {
            return;
        }
        let (leaving, kill_timeout) = (self.peer.leave(), self.kill_timeout);
        let end = async move {
            let asked = tokio::spawn(leaving);
            if timeout(kill_timeout, child.ended()).await.is_err() {
                child.kill();
                let _ = timeout(kill_timeout, child.ended()).await;
            }
            asked.abort();
        };
        self.driver.wait(end);
    }
}
