//! The connection to a plugin's process: its socket, TLS where that is wanted, and what is asked of whoever is at the other end, in whatever is spoken.

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
use crate::process::tls;
use crate::rpc::limits::{CONNECTION_WINDOW, STREAM_WINDOW};
#[cfg(unix)]
use crate::rpc::unix::UnixStream;
use crate::wire::channel::Channel;
use crate::wire::fault::{Fault, Unavailable};
use crate::wire::list::ListReply;

/// What tonic tells all requests to go to: behind a socket there is no other.
const ORIGIN: &str = "http://localhost";

/// Where a plugin listens, and how it is to be spoken to.
#[derive(Clone)]
pub(crate) struct PeerAddress {
    pub address: Address,
    pub tls: Option<Arc<ClientConfig>>,
}

/// A stream of bytes to a plugin.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl PeerAddress {
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

    /// The connection as tonic has it: one of its own, made when it is first used.
    pub(crate) fn tonic(&self) -> TonicChannel {
        Endpoint::from_static(ORIGIN)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .connect_with_connector_lazy(Connector(self.clone()))
    }
}

impl std::fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.address {
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
            Address::Tcp(address) => write!(f, "tcp:{address}"),
        }
    }
}

/// The other side of a connection to a process, whatever is spoken by it.
pub(crate) trait Peer: Channel {
    /// What it says of its plugins. None where it is no program of ours.
    fn list(&self, deadline: Option<Instant>) -> PeerFuture<Option<ListReply>>;

    /// Whether it says that it is well.
    fn check(&self, deadline: Option<Instant>) -> PeerFuture<()>;

    /// Tells it to end. The answer often does not come, for it ends before it has sent it.
    fn leave(&self) -> PeerFuture<()>;

    /// Ends the connection, and with it all that still waits for an answer. It is not made again.
    fn sever(&self);
}

/// What is asked of a process after its end.
pub(crate) fn ended() -> Fault {
    Fault::Unavailable(Unavailable::unsent("its process has ended".to_owned()))
}

pub(crate) type PeerFuture<T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send>>;

/// The way that tonic connects by.
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
