//! The connection to a process that speaks gRPC.

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
use crate::rpc::client::http2::Http2;
use crate::rpc::client::services;
use crate::wire::channel::{Call, Channel, ReplyFuture};
use crate::wire::fault::{Fault, Unavailable};
use crate::wire::list::ListReply;

/// The longest piece of what it prints that is taken, in bytes. Go sends no more than a kibibyte at once.
const PIECE: usize = 1 << 20;

/// The connection that calls go by. It is made again where it was lost, since a process may live longer than it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct GrpcPeer(Arc<Inner>);

struct Inner {
    target: PeerAddress,
    connection: Mutex<Http2>,
    /// The longest reply that is taken, in bytes.
    max_len: usize,
    /// How long to connect may take.
    patience: Duration,
    is_severed: AtomicBool,
}

impl GrpcPeer {
    /// Connects to a process, and listens to what it prints.
    pub(crate) async fn connect(
        target: PeerAddress,
        name: String,
        max_len: usize,
        patience: Duration,
    ) -> io::Result<Self> {
        let connection = http2(&target).await?;
        tokio::spawn(listen(name, connection.clone()));
        Ok(Self(Arc::new(Inner {
            target,
            connection: Mutex::new(connection),
            max_len,
            patience,
            is_severed: AtomicBool::new(false),
        })))
    }

    fn connection(&self) -> MutexGuard<'_, Http2> {
        self.0.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn call(self, call: Call) -> Result<Bytes, Fault> {
        let connection = self.connection().clone();
        if !connection.is_closed() {
            match connection.call(call.clone(), self.0.max_len).await {
                // It was lost before the call was on its way.
                Err(Fault::Unavailable(unavailable)) if unavailable.is_unsent && connection.is_closed() => {}
                done => return done,
            }
        }
        let connection = self.connect_again(call.deadline).await?;
        connection.call(call, self.0.max_len).await
    }

    async fn connect_again(&self, deadline: Option<Instant>) -> Result<Http2, Fault> {
        let Inner { target, patience, is_severed, .. } = &*self.0;
        if is_severed.load(SeqCst) {
            return Err(ended());
        }
        let connecting = timeout(*patience, http2(target));
        let connected = match deadline {
            None => connecting.await,
            Some(deadline) => timeout_at(deadline.into(), connecting).await.map_err(|_| Fault::Deadline)?,
        };
        let connected = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let connection = connected.map_err(|error| {
            Fault::Unavailable(Unavailable::unsent(format!("it does not answer at `{target}`: {error}")))
        })?;
        let mut current = self.connection();
        // It may have been severed meanwhile.
        if self.0.is_severed.load(SeqCst) {
            connection.sever();
            return Err(ended());
        }
        current.clone_from(&connection);
        drop(current);
        Ok(connection)
    }
}

async fn http2(target: &PeerAddress) -> io::Result<Http2> {
    Http2::over(target.connect().await?).await.map_err(io::Error::other)
}

impl Channel for GrpcPeer {
    fn call(&self, call: Call) -> ReplyFuture {
        Box::pin(self.clone().call(call))
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
    }
}

/// What it prints and hands over by the protocol. Not every plugin has this, and one in Go answers no sooner than it has something to say.
async fn listen(name: String, connection: Http2) {
    let call = Call::of_service("/plugin.GRPCStdio/StreamStdio", Bytes::new(), None);
    let Ok(mut pieces) = connection.stream(call, PIECE).await else { return };
    let (mut stdout, mut stderr) = (Records::new(), Records::new());
    while let Ok(Some(piece)) = pieces.next().await {
        let Ok(StdioData { channel, data }) = StdioData::decode(piece) else { return };
        let records = if channel == 2 { &mut stderr } else { &mut stdout };
        records.push(&data, |record| emit(&name, &record));
        tokio::task::yield_now().await;
    }
    for mut records in [stdout, stderr] {
        records.finish(|record| emit(&name, &record));
    }
}
