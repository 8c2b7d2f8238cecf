//! One connection that carries all others of a process, as yamux streams: both halves.
//!
//! A host asks for it by `PLUGIN_MULTIPLEX_GRPC`, and the plugin agrees in its handshake.
//! The host then connects once, and each connection with gRPC is a stream of that session.
//! TLS is within a stream, so each has a handshake of its own, as in go-plugin.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OnceCell, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_stream::StreamExt;
use tokio_yamux::Control;
use tokio_yamux::session::SessionType;

use crate::process::broker::listeners::Listeners;
use crate::process::mux;
use crate::process::tls::HANDSHAKE_TIMEOUT;
use crate::rpc::server::connections::{Accepted, Speaks};
use crate::rpc::server::idle::Connections;

/// After the last call, the host has this long to close the connection.
const LINGER: Duration = Duration::from_millis(50);

/// The session of a process, which is made once. Cheap to clone. The last clone ends it.
#[derive(Clone, Default)]
pub(crate) struct Session(Arc<Inner>);

#[derive(Default)]
struct Inner {
    opener: OnceCell<Control>,
    listeners: Arc<Listeners<mux::Stream>>,
    end_reason: mux::EndReason,
    /// The task that drives the session, in a host.
    task: Mutex<Option<AbortHandle>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.end();
    }
}

impl Inner {
    fn end(&self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

impl Session {
    /// Opens a stream, and before the first one the connection, by `connect`.
    ///
    /// # Errors
    ///
    /// Those of `connect`, and if the connection has ended.
    /// There is no second connection, since a plugin in Go accepts one.
    pub(crate) async fn open<T>(&self, connect: impl Future<Output = io::Result<T>>) -> io::Result<mux::Stream>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let start = || async { connect.await.map(|connection| self.drive(connection)) };
        let opener = self.0.opener.get_or_try_init(start).await?;
        self.stream_of(opener).await
    }

    /// Opens a stream of the connection that the host has made.
    ///
    /// # Errors
    ///
    /// If there is no connection, or if it has ended.
    pub(crate) async fn open_existing(&self) -> io::Result<mux::Stream> {
        let opener = self.0.opener.get().ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected))?;
        self.stream_of(opener).await
    }

    async fn stream_of(&self, opener: &Control) -> io::Result<mux::Stream> {
        let opened = opener.clone().open_stream().await;
        opened.map(mux::Stream::from).map_err(|error| match self.0.end_reason.get() {
            Some(reason) => io::Error::new(io::ErrorKind::NotConnected, &**reason),
            None => io::Error::other(error),
        })
    }

    pub(crate) fn listeners(&self) -> &Arc<Listeners<mux::Stream>> {
        &self.0.listeners
    }

    /// Ends the session and all its streams.
    pub(crate) fn sever(&self) {
        let _ = self.0.end_reason.set("its process has ended".to_owned());
        self.0.end();
    }

    /// The host's end of the connection.
    fn drive<T: AsyncRead + AsyncWrite + Unpin + Send + 'static>(&self, connection: T) -> Control {
        let mut session = mux::session(connection, SessionType::Client);
        let opener = session.control();
        let (listeners, end_reason) = (Arc::clone(self.listeners()), Arc::clone(&self.0.end_reason));
        let driving = tokio::spawn(async move {
            let ended = loop {
                match session.next().await {
                    // A host serves nothing that a plugin could call without a knock.
                    Some(Ok(stream)) => drop(listeners.route(stream.into())),
                    Some(Err(error)) => break mux::describe(&error),
                    None => break "it has closed its connection".to_owned(),
                }
            };
            // The streams end with the session, and their users need the reason.
            let _ = end_reason.set(ended);
            drop(session);
        });
        *self.0.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(driving.abort_handle());
        opener
    }
}

/// The plugin's end: serves each stream that has no knock as a connection of `speaks`.
#[derive(Clone)]
pub(crate) struct Multiplexed<S> {
    pub speaks: S,
    pub secure: Option<TlsAcceptor>,
    pub session: Session,
}

impl<S: Speaks + Sync> Speaks for Multiplexed<S> {
    async fn connection<T>(self, stream: T, accepted: Accepted, mut is_stopping: watch::Receiver<bool>)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut session = mux::session(stream, SessionType::Server);
        // A host makes one connection: the streams of another could be taken for those of a knock.
        if self.session.0.opener.set(session.control()).is_err() {
            return;
        }
        // The session stays, however idle its streams are.
        let places = Connections::default();
        let mut connections = JoinSet::new();
        loop {
            let stream = tokio::select! {
                stream = session.next() => stream,
                _ = is_stopping.wait_for(|is_stopping| *is_stopping) => break,
                // Removes the connections that have ended.
                Some(_) = connections.join_next() => continue,
            };
            let ended = match stream {
                Some(Ok(stream)) => {
                    if let Some(stream) = self.session.listeners().route(stream.into()) {
                        let accepted = Accepted { occupancy: places.add(), ends: accepted.ends.clone() };
                        connections.spawn(self.clone().serve(stream, accepted, is_stopping.clone()));
                    }
                    continue;
                }
                Some(Err(error)) => mux::describe(&error),
                None => "it has closed its connection".to_owned(),
            };
            let _ = self.session.0.end_reason.set(ended);
            return;
        }
        // The session sends the replies that are due. The host then closes the connection.
        let ending = async {
            while connections.join_next().await.is_some() {}
            sleep(LINGER).await;
        };
        tokio::select! {
            () = ending => {}
            () = async { while let Some(Ok(_)) = session.next().await {} } => {}
        }
    }
}

impl<S: Speaks + Sync> Multiplexed<S> {
    async fn serve(self, stream: mux::Stream, accepted: Accepted, is_stopping: watch::Receiver<bool>) {
        let Some(secure) = self.secure else { return self.speaks.connection(stream, accepted, is_stopping).await };
        // A host that fails to authenticate gets no reason.
        if let Ok(Ok(stream)) = timeout(HANDSHAKE_TIMEOUT, secure.accept(stream)).await {
            self.speaks.connection(stream, accepted, is_stopping).await;
        }
    }
}
