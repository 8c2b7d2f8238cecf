//! The announcements of both sides over `plugin.GRPCBroker/StartStream`.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::error::Error;
use crate::process::broker::listeners::{Listeners, Reply, TIMEOUT};
use crate::process::broker::messages::ConnInfo;
use crate::process::mux::Stream;

/// The most messages that are queued for the peer.
const QUEUED: usize = 64;
/// The most announcements that were not dialled yet. A further one is dropped.
const MAX_UNUSED: usize = 1024;

/// The most numbers that are remembered as dialled.
const MAX_DIALLED: usize = 1024;

/// The announcements of one process.
pub(crate) struct Exchange {
    /// The queue of the newest stream.
    outgoing: watch::Sender<Outgoing>,
    /// The announcements and acknowledgements of the peer, by number.
    unused: Mutex<HashMap<u32, (ConnInfo, Instant)>>,
    /// The numbers that were dialled last, to say why one has no announcement.
    dialled: Mutex<VecDeque<u32>>,
    arrivals: watch::Sender<()>,
    listeners: Arc<Listeners<Stream>>,
}

#[derive(Clone)]
enum Outgoing {
    /// The host has not started a stream yet.
    Unstarted,
    Started(mpsc::Sender<ConnInfo>),
    /// The reason why there is no stream any more.
    Ended(String),
}

impl Exchange {
    pub(crate) fn new(listeners: Arc<Listeners<Stream>>) -> Self {
        Self {
            outgoing: watch::Sender::new(Outgoing::Unstarted),
            unused: Mutex::default(),
            dialled: Mutex::default(),
            arrivals: watch::Sender::new(()),
            listeners,
        }
    }

    /// Starts a stream, which replaces the one before.
    /// Returns the messages for the peer, and the queue by which the stream is ended.
    pub(crate) fn start(&self) -> (mpsc::Receiver<ConnInfo>, mpsc::WeakSender<ConnInfo>) {
        let (sender, messages) = mpsc::channel(QUEUED);
        let queue = sender.downgrade();
        self.outgoing.send_replace(Outgoing::Started(sender));
        (messages, queue)
    }

    /// Ends the stream that has this queue, unless another one has replaced it.
    pub(crate) fn end(&self, queue: &mpsc::WeakSender<ConnInfo>, reason: &str) {
        let Some(ended) = queue.upgrade() else { return };
        self.outgoing.send_if_modified(|outgoing| match outgoing {
            Outgoing::Started(sender) if sender.same_channel(&ended) => {
                *outgoing = Outgoing::Ended(reason.to_owned());
                true
            }
            _ => false,
        });
    }

    /// Ends the stream for good.
    pub(crate) fn close(&self, reason: &str) {
        self.outgoing.send_replace(Outgoing::Ended(reason.to_owned()));
    }

    /// Sends a message to the peer. It waits for a host that has not started the stream yet.
    pub(crate) async fn send(&self, message: ConnInfo) -> Result<(), Error> {
        let mut changes = self.outgoing.subscribe();
        let sent = async {
            let started = changes.wait_for(|outgoing| !matches!(outgoing, Outgoing::Unstarted)).await;
            let started = started.map(|outgoing| outgoing.clone()).unwrap_or(Outgoing::Unstarted);
            match started {
                Outgoing::Started(sender) => sender.send(message).await.map_err(|_| ended("it has been replaced")),
                Outgoing::Ended(reason) => Err(ended(&reason)),
                Outgoing::Unstarted => Err(ended("it was never started")),
            }
        };
        timeout(TIMEOUT, sent).await.unwrap_or_else(|_| Err(ended("the host has not started it, or reads nothing")))
    }

    /// Checks that the stream has not ended.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &*self.outgoing.borrow() {
            Outgoing::Ended(reason) => Err(ended(reason)),
            Outgoing::Unstarted | Outgoing::Started(_) => Ok(()),
        }
    }

    /// Waits for the end of the stream.
    pub(crate) async fn ended(&self) {
        let mut changes = self.outgoing.subscribe();
        let _ = changes.wait_for(|outgoing| matches!(outgoing, Outgoing::Ended(_))).await;
    }

    /// Takes a message of the peer.
    pub(crate) async fn take(&self, message: ConnInfo) -> Result<(), Error> {
        let id = message.service_id;
        if message.is_knock() {
            return match self.listeners.knock(id) {
                Reply::Acknowledge => self.send(ConnInfo::ack(id, "")).await,
                Reply::Later => Ok(()),
                Reply::Refuse(reason) => self.send(ConnInfo::ack(id, reason)).await,
            };
        }
        let mut unused = self.unused();
        unused.retain(|_, (_, since)| since.elapsed() < TIMEOUT);
        if unused.len() < MAX_UNUSED {
            unused.insert(id, (message, Instant::now()));
            self.arrivals.send_replace(());
        }
        Ok(())
    }

    /// Waits for the peer's announcement or acknowledgement of this number.
    /// `None` if it does not come in time.
    pub(crate) async fn expect(&self, id: u32) -> Option<ConnInfo> {
        let mut arrivals = self.arrivals.subscribe();
        let arrived = async {
            loop {
                if let Some(message) = self.forget(id) {
                    return Some(message);
                }
                arrivals.changed().await.ok()?;
            }
        };
        timeout(TIMEOUT, arrived).await.ok()?
    }

    /// Waits for the address of this number, which can be dialled once.
    ///
    /// # Errors
    ///
    /// If it does not come in time.
    pub(crate) async fn address(&self, id: u32) -> Result<ConnInfo, Error> {
        let announced = self.expect(id).await;
        let mut dialled = self.dialled.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(announced) = announced else {
            let before = if dialled.contains(&id) { ", and it was dialled before" } else { "" };
            let text = format!("the other side has not announced brokered connection {id} within 5 seconds{before}");
            return Err(Error::msg(text));
        };
        if dialled.len() == MAX_DIALLED {
            dialled.pop_front();
        }
        dialled.push_back(id);
        Ok(announced)
    }

    /// Removes the announcement of this number, if there is one that has not expired.
    pub(crate) fn forget(&self, id: u32) -> Option<ConnInfo> {
        let (message, since) = self.unused().remove(&id)?;
        (since.elapsed() < TIMEOUT).then_some(message)
    }

    fn unused(&self) -> MutexGuard<'_, HashMap<u32, (ConnInfo, Instant)>> {
        self.unused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ended(reason: &str) -> Error {
    Error::msg(format!("the broker's stream does not run: {reason}"))
}
