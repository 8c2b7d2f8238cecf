//! The connection to a plugin's process: its address and TLS, and the [`Peer`] of either protocol.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel as TonicChannel, Endpoint};
use tower_service::Service;

use crate::process::handshake::line::Address;
use crate::process::multiplex::Session;
use crate::process::tls;
use crate::rpc::client::instance::Opens;
use crate::rpc::limits::{CONNECTION_WINDOW, HEADERS, STREAM_WINDOW};
#[cfg(unix)]
use crate::rpc::unix::UnixStream;
use crate::wire::fault::{Fault, Unavailable};
use crate::wire::list::ListReply;

/// The authority of all requests of tonic. A socket leads to one server, so the name is arbitrary.
const ORIGIN: &str = "http://localhost";

/// The address of a plugin, and the TLS configuration for it.
#[derive(Clone)]
pub(crate) struct PeerAddress {
    pub address: Address,
    pub tls: Option<Arc<ClientConfig>>,
    /// The session that carries all connections, if plugin and host have agreed on one.
    pub session: Option<Session>,
}

/// A stream of bytes to a plugin.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl PeerAddress {
    /// # Errors
    ///
    /// If no connection is made. If TLS fails, the error wraps rustls's own.
    pub(crate) async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        let stream = match &self.session {
            None => self.connect_socket().await?,
            Some(session) => Box::new(session.open(self.connect_socket()).await?),
        };
        secure(stream, self.tls.as_ref()).await
    }

    async fn connect_socket(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match &self.address {
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
        })
    }

    /// A channel of tonic, which makes a connection of its own at its first use.
    pub(crate) fn tonic(&self) -> TonicChannel {
        endpoint().connect_with_connector_lazy(Connector(self.clone()))
    }
}

/// The client's end of TLS, if there is any.
///
/// # Errors
///
/// If TLS fails. The error wraps rustls's own.
pub(crate) async fn secure(stream: Box<dyn Stream>, tls: Option<&Arc<ClientConfig>>) -> io::Result<Box<dyn Stream>> {
    let Some(config) = tls else { return Ok(stream) };
    let connector = TlsConnector::from(Arc::clone(config));
    Ok(Box::new(connector.connect(tls::server_name(), stream).await?))
}

/// The settings of a channel of tonic.
pub(crate) fn endpoint() -> Endpoint {
    Endpoint::from_static(ORIGIN)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .http2_max_header_list_size(HEADERS)
}

impl std::fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.address {
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
            Address::Tcp(address) => write!(f, "tcp:{address}"),
        }
    }
}

/// A connected plugin process, by gRPC or net/rpc.
pub(crate) trait Peer: Opens {
    /// The list of its plugins. None from a program without `plug`.
    fn list(&self, deadline: Option<Instant>) -> PeerFuture<Option<ListReply>>;

    /// Checks its health.
    fn check(&self, deadline: Option<Instant>) -> PeerFuture<()>;

    /// Requests its end. The reply is often lost, since the process ends before it has sent it.
    fn leave(&self) -> PeerFuture<()>;

    /// Ends the connection and all its pending calls. There is no reconnection.
    fn sever(&self);
}

/// The fault of a call to a process that has ended.
pub(crate) fn ended() -> Fault {
    Fault::Unavailable(Unavailable::unsent("its process has ended".to_owned()))
}

pub(crate) type PeerFuture<T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send>>;

/// Connects a channel of tonic.
#[derive(Clone)]
struct Connector(PeerAddress);

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
