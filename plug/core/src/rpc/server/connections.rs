//! The connections of one server: it accepts them, secures them, and ends them gracefully.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::rpc::limits::{CONNECTION_WINDOW, HEADERS, STREAM_WINDOW};
use crate::rpc::server::backpressure::Backpressure;
use crate::rpc::server::router::Router;

/// The longest that a client may take to authenticate.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// The most concurrent calls of one connection. The peer keeps further calls back.
const CALLS: u32 = 10_000;

/// A socket that a server listens on.
pub(crate) trait Listener: Send + 'static {
    type Connection: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    fn accept(&mut self) -> impl Future<Output = io::Result<Self::Connection>> + Send;
}

impl Listener for tokio::net::TcpListener {
    type Connection = tokio::net::TcpStream;

    async fn accept(&mut self) -> io::Result<Self::Connection> {
        let (stream, _) = Self::accept(self).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

#[cfg(unix)]
impl Listener for tokio::net::UnixListener {
    type Connection = crate::rpc::unix::UnixStream;

    async fn accept(&mut self) -> io::Result<Self::Connection> {
        Self::Connection::new(Self::accept(self).await?.0)
    }
}

/// Serves all connections until `stop` is ready, and then accepts none.
/// The calls under way may go on until `grace` is ready. After that no connection is left.
pub(crate) async fn serve<L, S>(
    mut listener: L,
    secure: S,
    front: impl Speaks,
    stop: impl Future<Output = ()>,
    grace: impl Future<Output = ()>,
) where
    L: Listener,
    S: Secure<L::Connection>,
{
    let (stopping, is_stopping) = watch::channel(false);
    let mut connections = JoinSet::new();
    let secure = Arc::new(secure);
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(stream) => {
                let (front, secure) = (front.clone(), Arc::clone(&secure));
                let mut is_stopping = is_stopping.clone();
                connections.spawn(async move {
                    let secured = tokio::select! {
                        secured = timeout(PATIENCE, secure.secure(stream)) => secured,
                        _ = is_stopping.wait_for(|is_stopping| *is_stopping) => return,
                    };
                    // A client that fails to authenticate gets no reason.
                    if let Ok(Ok(stream)) = secured {
                        front.connection(stream, is_stopping).await;
                    }
                });
                // The results of connections that have ended take memory until they are read.
                while connections.try_join_next().is_some() {}
            }
            // No descriptor is left, or this client has gone. Others may connect later.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    drop(listener);
    stopping.send_replace(true);
    let finished = async { while connections.join_next().await.is_some() {} };
    tokio::select! {
        () = finished => {}
        () = grace => {}
    }
    connections.shutdown().await;
}

/// The protocol of a server's connections.
pub(crate) trait Speaks: Clone + Send + 'static {
    /// Serves a connection until the peer ends it.
    /// If the server is stopping, it finishes the calls under way and ends the connection.
    fn connection<T>(self, stream: T, is_stopping: watch::Receiver<bool>) -> impl Future<Output = ()> + Send
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static;
}

/// gRPC.
impl Speaks for Router {
    async fn connection<T>(self, stream: T, is_stopping: watch::Receiver<bool>)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        http2(stream, self, is_stopping).await;
    }
}

async fn http2<T>(stream: T, front: Router, mut is_stopping: watch::Receiver<bool>)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = h2::server::Builder::new();
    builder
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(CALLS)
        .max_header_list_size(HEADERS);
    let backpressure = Backpressure::default();
    let mut connection = tokio::select! {
        connection = builder.handshake(stream) => match connection {
            Ok(connection) => connection,
            // The peer does not speak HTTP/2.
            Err(_) => return,
        },
        _ = is_stopping.wait_for(|is_stopping| *is_stopping) => return,
    };
    loop {
        let accepted = tokio::select! {
            accepted = connection.accept() => accepted,
            _ = is_stopping.wait_for(|is_stopping| *is_stopping) => break,
        };
        let Some(Ok((request, respond))) = accepted else { return };
        front.answer(request, respond, &backpressure);
    }
    connection.graceful_shutdown();
    // Requests that the peer sent before it learned of the end.
    while let Some(Ok((request, respond))) = connection.accept().await {
        front.answer(request, respond, &backpressure);
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
