//! A plugin's process that has answered: its calls, each of which says how the process ended if that is why it failed, and its end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::connection::{Answer, Peer, Target};
use super::folder::Folder;
use super::handshake::Protocol;
use super::life::{LAST_BREATH, Life};
use crate::channel::{Call, Channel, Fault, Reply, Unavailable};
use crate::remote::{Driver, ListReply};

/// A process that has answered.
pub(crate) struct Running {
    pub(super) driver: &'static Driver,
    pub(super) peer: Arc<dyn Peer>,
    pub target: Target,
    pub protocol: Protocol,
    /// The version of the application's protocol.
    pub version: u32,
    pub life: Arc<Life>,
    /// Whether it is ended when this is dropped.
    pub(super) is_owned: bool,
    pub(super) start_timeout: Duration,
    pub(super) kill_timeout: Duration,
    /// Removed after the process has ended.
    pub(super) _folder: Option<Folder>,
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
    fn alive<T: Send + 'static>(&self, answer: Answer<T>) -> Answer<T> {
        let life = Arc::clone(&self.life);
        Box::pin(async move {
            match answer.await {
                Err(Fault::Unavailable(unavailable)) if unavailable.death.is_none() => {
                    Err(Fault::Unavailable(Self::explained(&life, unavailable).await))
                }
                done => done,
            }
        })
    }

    /// Adds how the process ended, if that is why there is no reply.
    async fn explained(life: &Life, unavailable: Unavailable) -> Unavailable {
        match timeout(LAST_BREATH, life.death()).await {
            Ok(death) => Unavailable { death: Some(Arc::new(death)), ..unavailable },
            Err(_) => unavailable,
        }
    }
}

impl Channel for Running {
    fn is_prompt(&self) -> bool {
        self.peer.is_prompt()
    }

    fn call(&self, call: Call) -> Reply {
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
