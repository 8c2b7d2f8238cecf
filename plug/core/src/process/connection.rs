//! The connection to a plugin's process: its socket, TLS where that is wanted, and HTTP/2 over it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel as TonicChannel, Endpoint};
use tower_service::Service;

use super::handshake::Address;
use super::http2::Http2;
use super::tls;
use crate::channel::{Call, Fault, Unavailable};
#[cfg(unix)]
use crate::remote::UnixStream;
use crate::remote::{CONNECTION_WINDOW, STREAM_WINDOW};

/// What tonic tells all requests to go to: behind a socket there is no other.
const ORIGIN: &str = "http://localhost";

/// Where a plugin listens, and how it is to be spoken to.
#[derive(Clone)]
pub(crate) struct Target {
    pub address: Address,
    pub tls: Option<Arc<ClientConfig>>,
}

/// A stream of bytes to a plugin.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Target {
    /// # Errors
    ///
    /// Where nobody answers; where it is TLS that fails, the source is rustls's error.
    pub(crate) async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        let stream: Box<dyn Stream> = match &self.address {
            #[cfg(unix)]
            Address::Unix(path) => Box::new(UnixStream::new(tokio::net::UnixStream::connect(path).await?)?),
            #[cfg(not(unix))]
            Address::Unix(_) => {
                return Err(io::Error::new(io::ErrorKind::Unsupported, "there are no Unix sockets here"));
            }
            Address::Tcp(address) => {
                let stream = tokio::net::TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Box::new(stream)
            }
        };
        match &self.tls {
            None => Ok(stream),
            Some(config) => {
                let connector = TlsConnector::from(Arc::clone(config));
                Ok(Box::new(connector.connect(tls::server_name(), stream).await?))
            }
        }
    }

    /// A connection for calls.
    pub(crate) async fn http2(&self) -> io::Result<Http2> {
        let stream = self.connect().await?;
        Http2::over(stream).await.map_err(io::Error::other)
    }

    /// The connection as tonic has it: one of its own, made when it is first used.
    pub(crate) fn tonic(&self) -> TonicChannel {
        Endpoint::from_static(ORIGIN)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .connect_with_connector_lazy(Connector(self.clone()))
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.address {
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
            Address::Tcp(address) => write!(f, "tcp:{address}"),
        }
    }
}

/// The connection that calls go by. It is made again where it was lost, since a process may live longer than it.
#[derive(Clone)]
pub(crate) struct Calls(Arc<Inner>);

struct Inner {
    target: Target,
    connection: Mutex<Http2>,
    /// The longest reply that is taken, in bytes.
    most: usize,
    /// How long to connect may take.
    patience: Duration,
}

impl Calls {
    pub(crate) fn new(target: Target, connection: Http2, most: usize, patience: Duration) -> Self {
        Self(Arc::new(Inner { target, connection: Mutex::new(connection), most, patience }))
    }

    fn connection(&self) -> MutexGuard<'_, Http2> {
        self.0.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn call(self, call: Call) -> Result<Bytes, Fault> {
        let connection = self.connection().clone();
        if !connection.is_closed() {
            match connection.call(call.clone(), self.0.most).await {
                // It was lost before the call was on its way.
                Err(Fault::Unavailable(unavailable)) if unavailable.is_unsent && connection.is_closed() => {}
                done => return done,
            }
        }
        let connection = self.connect(call.deadline).await?;
        connection.call(call, self.0.most).await
    }

    async fn connect(&self, deadline: Option<Instant>) -> Result<Http2, Fault> {
        let Inner { target, patience, .. } = &*self.0;
        let connecting = timeout(*patience, target.http2());
        let connected = match deadline {
            None => connecting.await,
            Some(deadline) => timeout_at(deadline.into(), connecting).await.map_err(|_| Fault::Deadline)?,
        };
        let connected = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let connection = connected.map_err(|error| {
            Fault::Unavailable(Unavailable::unsent(format!("it does not answer at `{target}`: {error}")))
        })?;
        self.connection().clone_from(&connection);
        Ok(connection)
    }
}

/// The way that tonic connects by.
#[derive(Clone)]
struct Connector(Target);

impl Service<Uri> for Connector {
    type Response = TokioIo<Box<dyn Stream>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let target = self.0.clone();
        Box::pin(async move { target.connect().await.map(TokioIo::new) })
    }
}
