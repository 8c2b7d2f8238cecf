//! The connections of one server: taken as they come, and let go gracefully. It knows no service.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, watch};

use super::front::Front;
use crate::remote::{CONNECTION_WINDOW, HEADERS, STREAM_WINDOW};

/// How many calls of one connection may be under way before the other side has to wait.
const CALLS: u32 = 10_000;

/// What a server listens on.
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
    type Connection = crate::remote::UnixStream;

    async fn accept(&mut self) -> io::Result<Self::Connection> {
        Self::Connection::new(Self::accept(self).await?.0)
    }
}

/// Serves what connects, until `stop` is there. Then it takes no more, and lets what is under way finish for as long as `grace`.
pub(crate) async fn serve<L, S>(
    mut listener: L,
    secure: S,
    front: Front,
    stop: impl Future<Output = ()>,
    grace: Duration,
) where
    L: Listener,
    S: Secure<L::Connection>,
{
    let (stopping, is_stopping) = watch::channel(false);
    // Closed when the last connection is gone.
    let (alive, mut all_gone) = mpsc::channel::<()>(1);
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
                let (is_stopping, alive) = (is_stopping.clone(), alive.clone());
                tokio::spawn(async move {
                    // Who cannot prove who he is, is not told why.
                    if let Ok(stream) = secure.secure(stream).await {
                        connection(stream, front, is_stopping).await;
                    }
                    drop(alive);
                });
            }
            // No descriptor is left, or the client is gone before it was there. Others may come.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    drop((listener, alive));
    stopping.send_replace(true);
    let _ = tokio::time::timeout(grace, all_gone.recv()).await;
}

async fn connection<T>(stream: T, front: Front, mut is_stopping: watch::Receiver<bool>)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = h2::server::Builder::new();
    builder
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(CALLS)
        .max_header_list_size(HEADERS);
    let mut connection = tokio::select! {
        connection = builder.handshake(stream) => match connection {
            Ok(connection) => connection,
            // What was sent is no HTTP/2.
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
        front.answer(request, respond);
    }
    connection.graceful_shutdown();
    // What the other side had sent before it knew.
    while let Some(Ok((request, respond))) = connection.accept().await {
        front.answer(request, respond);
    }
}

/// What is done with a connection before it is used.
pub(crate) trait Secure<T>: Send + Sync + 'static {
    type Secured: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    fn secure(&self, stream: T) -> impl Future<Output = io::Result<Self::Secured>> + Send;
}

/// As it is.
impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Secure<T> for () {
    type Secured = T;

    async fn secure(&self, stream: T) -> io::Result<T> {
        Ok(stream)
    }
}
