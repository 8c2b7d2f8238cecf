//! The connections of one server: it accepts them, secures them, and ends them gracefully.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use h2::{Ping, PingPong, Reason};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::rpc::limits::{CONNECTION_WINDOW, HEADERS, SHORT_FRAMES, STREAM_WINDOW};
use crate::rpc::server::ends::Ends;
use crate::rpc::server::idle::{Connections, Leave, Occupancy};
use crate::rpc::server::limits::Limits;
use crate::rpc::server::router::Router;

/// The most concurrent calls of one connection. The peer keeps further calls back.
const CALLS: u32 = 10_000;
/// A connection that ends without a call waits this long for its peer to take note.
const LINGER: Duration = Duration::from_secs(1);
/// So does one that makes room for another, which waits for it.
const REPLACED_LINGER: Duration = Duration::from_millis(100);

/// A socket that a server listens on.
pub(crate) trait Listener: Send + 'static {
    type Connection: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Connection, Ends)>> + Send;
}

impl Listener for tokio::net::TcpListener {
    type Connection = tokio::net::TcpStream;

    async fn accept(&mut self) -> io::Result<(Self::Connection, Ends)> {
        let (stream, _) = Self::accept(self).await?;
        stream.set_nodelay(true)?;
        let ends = Ends::of_tcp(&stream);
        Ok((stream, ends))
    }
}

#[cfg(unix)]
impl Listener for tokio::net::UnixListener {
    type Connection = crate::rpc::unix::UnixStream;

    async fn accept(&mut self) -> io::Result<(Self::Connection, Ends)> {
        let (stream, _) = Self::accept(self).await?;
        let ends = Ends::of_unix(&stream);
        Ok((Self::Connection::new(stream)?, ends))
    }
}

/// A connection's place in its server, and its ends.
pub(crate) struct Accepted {
    pub occupancy: Occupancy,
    pub ends: Ends,
}

/// Serves all connections until `stop` is ready, and then accepts none.
/// The calls under way may go on until `grace` is ready. After that no connection is left.
pub(crate) async fn serve<L, S>(
    mut listener: L,
    secure: S,
    front: impl Speaks,
    limits: Limits,
    stop: impl Future<Output = ()>,
    grace: impl Future<Output = ()>,
) where
    L: Listener,
    S: Secure<L::Connection>,
{
    let (stopping, is_stopping) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let secure = Arc::new(secure);
    let connections = Connections::default();
    let places = Arc::new(Semaphore::new(limits.max_connections.clamp(1, Semaphore::MAX_PERMITS)));
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, ends)) => {
                let place = tokio::select! {
                    biased;
                    place = place(&places, &connections) => place,
                    () = &mut stop => break,
                };
                let accepted = Accepted { occupancy: connections.add(), ends };
                let (front, secure) = (front.clone(), Arc::clone(&secure));
                let (mut is_stopping, patience) = (is_stopping.clone(), limits.preface_timeout);
                tasks.spawn(async move {
                    let _place = place;
                    let secured = tokio::select! {
                        secured = timeout(patience, secure.secure(stream)) => secured,
                        () = accepted.occupancy.replaced() => return,
                        _ = is_stopping.wait_for(|is_stopping| *is_stopping) => return,
                    };
                    // A client that fails to authenticate gets no reason.
                    if let Ok(Ok(stream)) = secured {
                        front.connection(stream, accepted, is_stopping).await;
                    }
                });
                // The results of connections that have ended take memory until they are read.
                while tasks.try_join_next().is_some() {}
            }
            Err(error) => {
                // Others may connect later.
                if is_out_of_descriptors(&error) {
                    connections.make_room();
                }
                sleep(Duration::from_millis(10)).await;
            }
        }
    }
    drop(listener);
    stopping.send_replace(true);
    let finished = async { while tasks.join_next().await.is_some() {} };
    tokio::select! {
        () = finished => {}
        () = grace => {}
    }
    tasks.shutdown().await;
}

/// A place for one more connection. While there is none, idle connections are closed.
async fn place(places: &Arc<Semaphore>, connections: &Connections) -> OwnedSemaphorePermit {
    loop {
        if let Ok(place) = Arc::clone(places).try_acquire_owned() {
            return place;
        }
        connections.make_room();
        if let Ok(Ok(place)) = timeout(REPLACED_LINGER, Arc::clone(places).acquire_owned()).await {
            return place;
        }
    }
}

#[cfg(unix)]
fn is_out_of_descriptors(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
}

/// Windows has no limit of handles that a program reaches.
#[cfg(not(unix))]
fn is_out_of_descriptors(_: &io::Error) -> bool {
    false
}

/// The protocol of a server's connections.
pub(crate) trait Speaks: Clone + Send + 'static {
    /// Serves a connection until the peer ends it.
    /// If the server is stopping, it finishes the calls under way and ends the connection.
    fn connection<T>(
        self,
        stream: T,
        accepted: Accepted,
        is_stopping: watch::Receiver<bool>,
    ) -> impl Future<Output = ()> + Send
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static;
}

/// gRPC.
impl Speaks for Router {
    async fn connection<T>(self, stream: T, accepted: Accepted, is_stopping: watch::Receiver<bool>)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        http2(stream, self, accepted, is_stopping).await;
    }
}

async fn http2<T>(stream: T, front: Router, accepted: Accepted, mut is_stopping: watch::Receiver<bool>)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Accepted { occupancy, ends } = accepted;
    let stop = is_stopping.clone();
    let limits = front.limits();
    // The calls of instances have room, however many there are.
    let instances = u32::try_from(limits.instances).unwrap_or(u32::MAX);
    let mut builder = h2::server::Builder::new();
    builder
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(CALLS.saturating_add(instances))
        // A client that drops many futures at once resets calls that were not accepted yet.
        .max_pending_accept_reset_streams(CALLS as usize)
        .data_frame_budget(SHORT_FRAMES)
        .max_header_list_size(HEADERS);
    let backpressure = front.bytes().connection();
    let mut stopping = pin!(is_stopping.wait_for(|is_stopping| *is_stopping));
    let mut connection = tokio::select! {
        connection = timeout(limits.preface_timeout, builder.handshake(stream)) => match connection {
            Ok(Ok(connection)) => connection,
            // The peer does not speak HTTP/2, or not yet.
            Ok(Err(_)) | Err(_) => return,
        },
        () = occupancy.replaced() => return,
        _ = &mut stopping => return,
    };
    let mut lost = pin!(lost(connection.ping_pong(), limits));
    let mut idle = pin!(occupancy.idle(limits.idle_timeout, &backpressure));
    let linger = loop {
        let accepted = tokio::select! {
            biased;
            accepted = connection.accept() => accepted,
            _ = &mut stopping => break LINGER,
            // After `accept`, which sends replies: then it sees that the last one is sent.
            leave = &mut idle => break if leave == Leave::Replaced { REPLACED_LINGER } else { LINGER },
            () = &mut lost => return,
        };
        let Some(Ok((request, respond))) = accepted else { return };
        front.answer(request, respond, &backpressure, &ends, &stop);
    };
    connection.graceful_shutdown();
    loop {
        let accepted = tokio::select! {
            biased;
            // A request that the peer sent before it learned of the end.
            accepted = connection.accept() => accepted,
            () = &mut lost => return,
            () = sleep(linger) => {
                if backpressure.is_idle() {
                    break;
                }
                continue;
            }
        };
        let Some(Ok((request, respond))) = accepted else { return };
        front.answer(request, respond, &backpressure, &ends, &stop);
    }
    // The peer has not confirmed the end. It learns which requests were not read.
    connection.abrupt_shutdown(Reason::NO_ERROR);
    let _ = timeout(linger, connection.accept()).await;
}

/// Completes when the peer does not answer a ping.
async fn lost(ping_pong: Option<PingPong>, limits: &Limits) {
    let Some(mut ping_pong) = ping_pong.filter(|_| limits.keepalive_interval != Duration::MAX) else {
        return std::future::pending().await;
    };
    loop {
        sleep(limits.keepalive_interval).await;
        if !matches!(timeout(limits.keepalive_timeout, ping_pong.ping(Ping::opaque())).await, Ok(Ok(_))) {
            return;
        }
    }
}

/// Secures a connection before it is used.
pub(crate) trait Secure<T>: Send + Sync + 'static {
    type Secured: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    fn secure(&self, stream: T) -> impl Future<Output = io::Result<Self::Secured>> + Send;
}

/// Leaves the connection unsecured.
impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Secure<T> for () {
    type Secured = T;

    async fn secure(&self, stream: T) -> io::Result<T> {
        Ok(stream)
    }
}
