//! A connected process: its calls, and its shutdown.
//! A call that failed because the process ended reports how it ended.

use std::future::ready;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use once_cell::sync::OnceCell;
use tokio::time::timeout;

use crate::entry::handshake::Protocol;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::error::process::ProcessFault;
use crate::process::broker::Broker;
use crate::process::broker::socket::Place;
use crate::process::broker::way::BrokerWay;
use crate::process::connection::{Peer, PeerAddress, PeerFuture};
use crate::process::launch::folder::Folder;
use crate::process::life::{Death, EXIT_TIMEOUT, Life};
use crate::process::tls::Certificates;
use crate::rpc::back::client::ClientWaits;
use crate::rpc::back::spawned::spawned;
use crate::rpc::client::driver::Driver;
use crate::rpc::client::instance::{ObjectInstance, Opens};
use crate::wire::channel::{Call, Channel, WayFuture};
use crate::wire::fault::{Code, Fault, Unavailable};
use crate::wire::list::ListReply;
use crate::wire::message::{GotFuture, Outgoing, ReplyFuture};
use crate::wire::way::Way;

/// A folder for the sockets of a process.
pub(super) fn folder_of_sockets() -> Result<Folder, Error> {
    Folder::make().map_err(|(path, error)| {
        Error::msg(format!("no folder for the sockets of plugins can be made in `{}`", path.display()))
            .with_source(error)
    })
}

/// A process that is launched and connected.
pub(crate) struct Running {
    pub(crate) driver: &'static Driver,
    pub(crate) peer: Arc<dyn Peer>,
    pub target: PeerAddress,
    pub protocol: Protocol,
    /// The version of the application's protocol.
    pub version: u32,
    pub life: Arc<Life>,
    /// Whether a drop of this ends the process.
    pub(crate) is_owned: bool,
    pub(crate) start_timeout: Duration,
    pub(crate) kill_timeout: Duration,
    pub(crate) certificates: Option<Certificates>,
    pub(crate) broker: OnceCell<Broker>,
    /// The way to its objects by the broker, if it has no other.
    pub(crate) brokered: OnceCell<Arc<BrokerWay>>,
    /// The longest message of an object, in bytes.
    pub(crate) max_len: usize,
    /// The name or number of the group that may use the sockets of the broker.
    pub(crate) socket_group: Option<String>,
    /// The ports for them, on a system without Unix sockets.
    pub(crate) ports: RangeInclusive<u16>,
    /// The folder for the sockets of both sides. Removed after the process has ended.
    pub(crate) folder: OnceCell<Folder>,
}

impl Running {
    /// Its list of plugins. None from a program without `plug`.
    /// The time limit is that of the start.
    pub(crate) fn list(&self) -> Result<Option<ListReply>, Fault> {
        let deadline = crate::scope::deadline(Some(self.start_timeout));
        self.driver.wait(self.explain_death(self.peer.list(deadline)))
    }

    /// The broker, which exists once: a plugin in Go takes one stream of it.
    ///
    /// # Errors
    ///
    /// If no folder can be made for its sockets. A process that this program has started has one.
    pub(crate) fn broker(&self) -> Result<Broker, Error> {
        let broker = self.broker.get_or_try_init(|| {
            let folder = self.folder.get_or_try_init(folder_of_sockets)?.path().to_owned();
            let place = Place::new(folder, self.socket_group.clone(), self.ports.clone());
            let _context = self.driver.handle().enter();
            Ok::<_, Error>(Broker::of_host(&self.target, self.certificates.clone(), place))
        });
        broker.cloned()
    }

    /// The way to the objects of both sides.
    /// A program without `plug` has none but the broker, which is found out once.
    pub(crate) fn objects(self: &Arc<Self>) -> WayFuture {
        if let Some(way) = self.brokered.get() {
            let way = Arc::clone(way) as Arc<dyn Way>;
            return Box::pin(ready(Ok(way)));
        }
        let (way, this) = (self.explain_death(self.peer.way()), Arc::clone(self));
        Box::pin(async move {
            match way.await {
                Err(Fault::Unimplemented(_)) => this.brokered(),
                found => found,
            }
        })
    }

    fn brokered(&self) -> Result<Arc<dyn Way>, Fault> {
        let way = self.brokered.get_or_try_init(|| {
            let broker = self.broker().map_err(|error| Fault::refused(Code::INTERNAL, error.to_string()))?;
            Ok::<_, Fault>(BrokerWay::new(broker, Box::new(ClientWaits::new()), self.max_len))
        })?;
        Ok(Arc::clone(way) as Arc<dyn Way>)
    }

    /// Checks the health of the process.
    pub(crate) fn check(&self, deadline: Option<Instant>) -> Result<(), Fault> {
        self.driver.wait(self.explain_death(self.peer.check(deadline)))
    }

    /// Opens an instance in the process, unless it is open.
    pub(crate) fn open(&self, instance: &Arc<ObjectInstance>, deadline: Option<Instant>) -> ReplyFuture {
        self.explain_death(instance.open(Arc::clone(&self.peer) as Arc<dyn Opens>, deadline))
    }

    /// Fails if the process has ended. The reply is empty.
    pub(crate) fn ready(&self) -> ReplyFuture {
        let has_ended = self.life.has_ended();
        let text = || Fault::Unavailable(Unavailable::unsent("its process has ended".to_owned()));
        self.explain_death(Box::pin(std::future::ready(if has_ended { Err(text()) } else { Ok(bytes::Bytes::new()) })))
    }

    /// Calls a method of an instance in the process.
    pub(crate) fn call_instance(&self, instance: &Arc<ObjectInstance>, call: Call) -> ReplyFuture {
        self.explain_death(instance.call(Arc::clone(&self.peer) as Arc<dyn Opens>, call))
    }

    /// The same for a method that takes or returns a stream.
    pub(crate) fn stream_instance(
        &self,
        instance: &Arc<ObjectInstance>,
        call: Call,
        sent: Option<Outgoing>,
        returns_stream: bool,
    ) -> GotFuture {
        let peer = Arc::clone(&self.peer) as Arc<dyn Opens>;
        self.explain_death(instance.stream(peer, call, sent, returns_stream))
    }

    /// The same future, whose fault says how the process ended if that is the cause.
    fn explain_death<T: Send + 'static>(&self, reply: PeerFuture<T>) -> PeerFuture<T> {
        let life = Arc::clone(&self.life);
        Box::pin(async move {
            match reply.await {
                Err(Fault::Unavailable(unavailable)) if unavailable.cause.is_none() => {
                    Err(Fault::Unavailable(Self::explained(&life, unavailable).await))
                }
                done => done,
            }
        })
    }

    /// A fault that came after the reply, for any executor. A fork leaves the process to its parent.
    pub(crate) fn explained_fault(&self, fault: Fault) -> ReplyFuture {
        if self.driver.check().is_err() {
            return Box::pin(ready(Err(fault)));
        }
        spawned(self.driver.handle(), self.explain_death(Box::pin(ready(Err(fault)))), None)
    }

    /// Adds the end of the process to the fault, if it ends within [`EXIT_TIMEOUT`].
    async fn explained(life: &Life, unavailable: Unavailable) -> Unavailable {
        match timeout(EXIT_TIMEOUT, life.death()).await {
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
        self.explain_death(self.peer.call(call))
    }

    fn has_streams(&self) -> bool {
        self.peer.has_streams()
    }

    fn stream(&self, call: Call, sent: Option<Outgoing>, returns_stream: bool) -> GotFuture {
        self.explain_death(self.peer.stream(call, sent, returns_stream))
    }
}

impl Drop for Running {
    /// Shuts the process down, and kills it if that takes too long.
    /// In a fork of this process it leaves everything to the parent.
    fn drop(&mut self) {
        if self.driver.check().is_err() {
            let broker = (self.broker.take(), self.brokered.take());
            std::mem::forget((Arc::clone(&self.peer), Arc::clone(&self.life), broker, self.folder.take()));
            return;
        }
        let Some(child) = self.life.child.clone().filter(|_| self.is_owned) else { return };
        if child.status().is_some() {
            return;
        }
        let (shutdown, kill_timeout, life) = (self.peer.leave(), self.kill_timeout, Arc::clone(&self.life));
        let end = async move {
            let request = tokio::spawn(shutdown);
            if timeout(kill_timeout, child.ended()).await.is_err() {
                child.kill();
                let _ = timeout(kill_timeout, child.ended()).await;
            }
            request.abort();
            // This program may end next, and the last lines with it.
            life.drain_stderr().await;
        };
        self.driver.wait(end);
    }
}
