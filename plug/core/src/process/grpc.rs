//! The connection to a process that speaks gRPC: calls, health, shutdown and output.

use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use prost::Message;
use tokio::time::{timeout, timeout_at};

use crate::process::connection::{Peer, PeerAddress, PeerFuture, ended};
use crate::process::log::Records;
use crate::process::log::emit::emit;
use crate::process::plugin::services::StdioData;
use crate::process::stderr::written;
use crate::rpc::back::slot::Slot;
use crate::rpc::client::http2::Http2;
use crate::rpc::client::instance::{Instance, OpenFuture, Opens};
use crate::rpc::client::services;
use crate::wire::channel::{Call, Channel, WayFuture};
use crate::wire::fault::{Fault, Unavailable};
use crate::wire::list::ListReply;
use crate::wire::message::{GotFuture, Outgoing, ReplyFuture};
use crate::wire::way::Way;

/// The maximum length of one message of output, in bytes. Go sends at most a kibibyte at once.
const MAX_CHUNK: usize = 1 << 20;

/// The connection of a process, for all calls. Cheap to clone.
/// It reconnects after a loss, since the process may outlive a connection.
#[derive(Clone)]
pub(crate) struct GrpcPeer(Arc<Inner>);

struct Inner {
    target: PeerAddress,
    connection: Mutex<Http2>,
    /// The maximum length of a reply, in bytes.
    max_len: usize,
    connect_timeout: Duration,
    is_severed: AtomicBool,
    objects: Slot,
}

impl GrpcPeer {
    /// Connects to a process, and subscribes to its output.
    pub(crate) async fn connect(
        target: PeerAddress,
        name: String,
        max_len: usize,
        connect_timeout: Duration,
    ) -> io::Result<Self> {
        let connection = http2(&target).await?;
        tokio::spawn(log_output(name, connection.clone()));
        Ok(Self(Arc::new(Inner {
            target,
            connection: Mutex::new(connection),
            max_len,
            connect_timeout,
            is_severed: AtomicBool::new(false),
            objects: Slot::default(),
        })))
    }

    fn connection(&self) -> MutexGuard<'_, Http2> {
        self.0.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn call(self, call: Call) -> Result<Bytes, Fault> {
        let connection = self.connection().clone();
        if !connection.is_closed() {
            match connection.call(call.clone(), self.0.max_len).await {
                // The connection was lost before the call was sent.
                Err(Fault::Unavailable(unavailable)) if unavailable.is_unsent && connection.is_closed() => {}
                done => return done,
            }
        }
        let connection = self.reconnect(call.deadline).await?;
        connection.call(call, self.0.max_len).await
    }

    async fn instance(self, request: Bytes) -> Result<Arc<dyn Instance>, Fault> {
        let connection = self.connection().clone();
        if !connection.is_closed() {
            match connection.open(request.clone(), self.0.max_len).await {
                Err(Fault::Unavailable(unavailable)) if unavailable.is_unsent && connection.is_closed() => {}
                done => return done,
            }
        }
        let connection = self.reconnect(None).await?;
        connection.open(request, self.0.max_len).await
    }

    async fn objects(self) -> Result<Arc<dyn Way>, Fault> {
        let open = async {
            let connection = self.connection().clone();
            let connection = if connection.is_closed() { self.reconnect(None).await? } else { connection };
            connection.objects(self.0.max_len).await
        };
        Ok(self.0.objects.get(open).await?)
    }

    async fn reconnect(&self, deadline: Option<Instant>) -> Result<Http2, Fault> {
        let Inner { target, connect_timeout, is_severed, .. } = &*self.0;
        if is_severed.load(SeqCst) {
            return Err(ended());
        }
        let connecting = timeout(*connect_timeout, http2(target));
        let connected = match deadline {
            None => connecting.await,
            Some(deadline) => timeout_at(deadline.into(), connecting).await.map_err(|_| Fault::Deadline)?,
        };
        let connected = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let connection = connected.map_err(|error| {
            Fault::Unavailable(Unavailable::unsent(format!("it does not answer at `{target}`: {error}")))
        })?;
        let mut current = self.connection();
        // `sever` may have run during the connect.
        if self.0.is_severed.load(SeqCst) {
            connection.sever();
            return Err(ended());
        }
        // Another call may have connected first.
        if current.is_closed() {
            current.clone_from(&connection);
        }
        Ok(current.clone())
    }
}

async fn http2(target: &PeerAddress) -> io::Result<Http2> {
    Http2::over(target.connect().await?).await.map_err(io::Error::other)
}

impl Channel for GrpcPeer {
    fn call(&self, call: Call) -> ReplyFuture {
        Box::pin(self.clone().call(call))
    }

    fn way(&self) -> WayFuture {
        Box::pin(self.clone().objects())
    }

    fn has_streams(&self) -> bool {
        true
    }

    fn stream(&self, call: Call, sent: Option<Outgoing>, returns_stream: bool) -> GotFuture {
        let this = self.clone();
        Box::pin(async move {
            let connection = this.connection().clone();
            let connection = if connection.is_closed() { this.reconnect(call.deadline).await? } else { connection };
            connection.call_stream(call, sent, returns_stream, this.0.max_len).await
        })
    }
}

impl Opens for GrpcPeer {
    fn open_instance(&self, request: Bytes) -> OpenFuture {
        Box::pin(self.clone().instance(request))
    }
}

impl Peer for GrpcPeer {
    fn list(&self, deadline: Option<Instant>) -> PeerFuture<Option<ListReply>> {
        let this = self.clone();
        Box::pin(async move { services::list(&this, deadline).await })
    }

    fn check(&self, deadline: Option<Instant>) -> PeerFuture<()> {
        let this = self.clone();
        Box::pin(async move { services::check(&this, "plugin", deadline).await })
    }

    fn leave(&self) -> PeerFuture<()> {
        let call = Call::of_service("/plugin.GRPCController/Shutdown", Bytes::new(), None);
        let leaving = self.clone().call(call);
        Box::pin(async move { leaving.await.map(drop) })
    }

    fn sever(&self) {
        let connection = self.connection();
        self.0.is_severed.store(true, SeqCst);
        connection.sever();
        if let Some(session) = &self.0.target.session {
            session.sever();
        }
    }
}

/// Logs the output that the process sends by the stdio service.
/// Not every plugin has this service, and one in Go sends no headers before its first output.
async fn log_output(name: String, connection: Http2) {
    let call = Call::of_service("/plugin.GRPCStdio/StreamStdio", Bytes::new(), None);
    let Ok(mut chunks) = connection.stream(call, MAX_CHUNK).await else { return };
    let (mut stdout, mut stderr) = (Records::new(), Records::new());
    while let Ok(Some(chunk)) = chunks.next().await {
        let Ok(StdioData { channel, data }) = StdioData::decode(chunk) else { return };
        let records = if channel == 2 { &mut stderr } else { &mut stdout };
        records.push(&data, |record| emit(&name, &record));
        tokio::task::yield_now().await;
        written().await;
    }
    for mut records in [stdout, stderr] {
        records.finish(|record| emit(&name, &record));
    }
}
