//! Connects to a number that the other side accepts.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::rt::TokioIo;
use tower_service::Service;

use crate::process::broker::Broker;
use crate::process::connection::{PeerAddress, Stream, secure};
use crate::process::handshake::line::Address;

/// Connects to a number, also for a channel of tonic.
#[derive(Clone)]
pub(crate) struct Dialler {
    pub(super) broker: Broker,
    pub(super) id: u32,
    /// The address that the other side has announced; none if connections are multiplexed.
    pub(super) address: Option<Address>,
}

impl Dialler {
    pub(crate) async fn connect(self) -> io::Result<Box<dyn Stream>> {
        let tls = self.broker.client_tls().map_err(io::Error::other)?.map(Arc::new);
        match (&self.broker.0.session, self.address) {
            (Some(session), _) => secure(Box::new(self.broker.knock(session, self.id).await?), tls.as_ref()).await,
            (None, Some(address)) => PeerAddress { address, tls, session: None }.connect().await,
            (None, None) => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl Service<Uri> for Dialler {
    type Response = TokioIo<Box<dyn Stream>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let connecting = self.clone().connect();
        Box::pin(async move { connecting.await.map(TokioIo::new) })
    }
}
