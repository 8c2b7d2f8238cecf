//! go-plugin's broker: further connections between a host and its plugin, in either direction.
//!
//! In the order of a connection: `messages` announce it on a stream, and `exchange` keeps the
//! announcements; `socket` or `listeners` accept it, and this file secures it.
//! `way` lends and gives objects over such connections.

pub(crate) mod dialler;
pub(crate) mod exchange;
pub(crate) mod listeners;
pub(crate) mod messages;
pub(crate) mod socket;
pub(crate) mod way;

use std::fmt;
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use prost::Message;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, mpsc};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::transport::server::Connected;
use tonic::{Request, Status};

use crate::error::Error;
use crate::process::broker::dialler::Dialler;
use crate::process::broker::exchange::Exchange;
use crate::process::broker::listeners::Listeners;
use crate::process::broker::messages::ConnInfo;
use crate::process::broker::socket::{Bound, Place};
use crate::process::connection::{PeerAddress, Stream, endpoint};
use crate::process::handshake::line::Address;
use crate::process::multiplex::Session;
use crate::process::mux;
use crate::process::tls::{Certificates, HANDSHAKE_TIMEOUT};
use crate::rpc::client::codec::Raw;

/// The method for the stream that announces brokered connections.
pub(crate) const START_STREAM: &str = "/plugin.GRPCBroker/StartStream";
/// The most connections of a listener that were secured, and not accepted yet.
const ACCEPTED: usize = 16;

/// Makes further connections between a host and its plugin, as go-plugin's `GRPCBroker` does.
///
/// It is for services that are not interfaces of `plug`, and that call back.
/// One side accepts connections for a number, and sends the number to the other side, which dials
/// it.
/// Each side counts its numbers for itself.
///
/// A host gets it from [`Process::broker`](crate::process::Process::broker).
/// A service of a plugin finds it in the extensions of each request:
///
/// ```
/// use plug::process::Broker;
/// use plug::tonic::{Request, Status};
///
/// /// Calls the host back, at the number that is in its request.
/// async fn call_back(request: Request<u32>) -> Result<(), Status> {
///     let broker = request.extensions().get::<Broker>().cloned();
///     let broker = broker.ok_or_else(|| Status::failed_precondition("no host has started this"))?;
///     let channel = broker.dial(*request.get_ref()).await;
///     let channel = channel.map_err(|error| Status::unavailable(error.to_string()))?;
///     // A client that tonic generates takes the channel.
/// #   drop(channel);
///     Ok(())
/// }
/// ```
///
/// If host and plugin have TLS, so has each brokered connection, with the same certificates.
/// It works with programs in Go, with and without multiplexing.
///
/// Its types follow the versions of tonic and rustls, and are exempt from the stability of `plug`.
#[derive(Clone)]
pub struct Broker(Arc<Inner>);

struct Inner {
    runtime: Handle,
    exchange: Arc<Exchange>,
    last_id: AtomicU32,
    certificates: Option<Certificates>,
    /// The session that carries all connections, if they are multiplexed.
    session: Option<Session>,
    place: Place,
    /// Locked from a knock until its stream is open, since the next stream is for that knock.
    dialling: Mutex<()>,
    /// The task of the stream, in a host.
    task: OnceLock<AbortHandle>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
        // The task cannot do that any more, and the listeners wait for it.
        self.exchange.close("the broker was dropped");
    }
}

impl Broker {
    /// A broker on the current runtime, without a stream.
    pub(crate) fn new(session: Option<Session>, certificates: Option<Certificates>, place: Place) -> Self {
        let listeners = session.as_ref().map_or_else(Arc::default, |session| Arc::clone(session.listeners()));
        Self(Arc::new(Inner {
            runtime: Handle::current(),
            exchange: Arc::new(Exchange::new(listeners)),
            last_id: AtomicU32::new(0),
            certificates,
            session,
            place,
            dialling: Mutex::new(()),
            task: OnceLock::new(),
        }))
    }

    /// The broker of a host, which starts the stream.
    pub(crate) fn of_host(target: &PeerAddress, certificates: Option<Certificates>, place: Place) -> Self {
        let broker = Self::new(target.session.clone(), certificates, place);
        let (exchange, channel) = (Arc::clone(&broker.0.exchange), target.tonic());
        let (messages, queue) = exchange.start();
        let task = tokio::spawn(async move {
            let reason = match converse(channel, messages, &exchange).await {
                Ok(()) => "the plugin has ended it".to_owned(),
                Err(status) => format!("the plugin has ended it: {}", status.message()),
            };
            exchange.end(&queue, &reason);
        });
        // It is set here alone.
        let _ = broker.0.task.set(task.abort_handle());
        broker
    }

    /// Removes the sockets of the listeners, for a process that ends without dropping them.
    pub(crate) fn remove_sockets(&self) {
        self.0.place.remove_all();
    }

    pub(crate) fn exchange(&self) -> &Arc<Exchange> {
        &self.0.exchange
    }

    /// A number for a connection that this side accepts. It is given once.
    pub fn next_id(&self) -> u32 {
        self.0.last_id.fetch_add(1, Relaxed).wrapping_add(1)
    }

    /// Connects to the number that the other side accepts.
    ///
    /// It waits at most five seconds for the other side to accept it.
    ///
    /// # Errors
    ///
    /// If the other side does not accept it in time, or if no connection can be made.
    pub async fn dial(&self, id: u32) -> Result<Channel, Error> {
        let broker = self.clone();
        self.run(async move {
            let dialler = broker.dialler(id).await?;
            let connected = endpoint().connect_with_connector(dialler).await;
            connected.map_err(|error| {
                // The text of tonic's error is "transport error", and its source has the reason.
                let reason = std::error::Error::source(&error).unwrap_or(&error);
                Error::msg(format!("brokered connection {id} cannot be made: {reason}"))
            })
        })
        .await
    }

    /// Dials the number, once the other side has announced an address for it or if it needs none.
    pub(crate) async fn dialler(&self, id: u32) -> Result<Dialler, Error> {
        let address = match self.0.session {
            Some(_) => None,
            None => Some(self.announced(id).await?),
        };
        Ok(Dialler { broker: self.clone(), id, address })
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.0.runtime
    }

    /// Accepts connections for a number, which this side chooses by [`next_id`](Self::next_id).
    ///
    /// # Errors
    ///
    /// If no socket can be made, or if it cannot be announced to the other side.
    /// If connections are multiplexed, and this side accepts that number already.
    pub async fn accept(&self, id: u32) -> Result<BrokerListener, Error> {
        let broker = self.clone();
        self.run(async move { broker.listen(id).await }).await
    }

    /// The TLS configuration of this side as a client of a brokered connection.
    /// It presents the certificate of this side, and accepts that of the other side alone.
    /// None if host and plugin have no TLS.
    ///
    /// # Errors
    ///
    /// If rustls refuses the certificates.
    pub fn client_tls(&self) -> Result<Option<rustls::ClientConfig>, Error> {
        self.0.certificates.as_ref().map(Certificates::client).transpose().map_err(Error::new)
    }

    /// The TLS configuration of this side as a server of a brokered connection.
    /// It presents the certificate of this side, and accepts that of the other side alone.
    /// None if host and plugin have no TLS.
    ///
    /// # Errors
    ///
    /// If rustls refuses the certificates.
    pub fn server_tls(&self) -> Result<Option<rustls::ServerConfig>, Error> {
        self.0.certificates.as_ref().map(Certificates::server).transpose().map_err(Error::new)
    }

    /// Runs the future on the runtime of the connections, since its sockets and timers need one.
    async fn run<T: Send + 'static>(
        &self,
        future: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let done = self.0.runtime.spawn(future).await;
        done.unwrap_or_else(|_| Err(Error::msg("the runtime of the broker has ended")))
    }

    /// The address that the other side has announced for the number.
    async fn announced(&self, id: u32) -> Result<Address, Error> {
        let announced = self.0.exchange.address(id).await?;
        let address = Address::parse(announced.network.as_bytes(), announced.address.as_bytes());
        address.map_err(|fault| Error::msg(format!("the other side {}", fault.predicate())))
    }

    /// Announces the next stream, and opens it.
    async fn knock(&self, session: &Session, id: u32) -> io::Result<mux::Stream> {
        let exchange = &self.0.exchange;
        let _dialling = self.0.dialling.lock().await;
        // An acknowledgement that came too late is not for this knock.
        exchange.forget(id);
        exchange.send(ConnInfo::knock(id)).await.map_err(io::Error::other)?;
        let refused = |text: &str| io::Error::new(io::ErrorKind::ConnectionRefused, text.to_owned());
        let Some(ack) = exchange.expect(id).await else {
            return Err(refused("the other side has not accepted it within 5 seconds"));
        };
        match ack.knock {
            Some(knock) if knock.knock && knock.error.is_empty() => session.open_existing().await,
            Some(knock) if knock.knock => Err(refused(&format!("the other side refused it: {}", knock.error))),
            _ => Err(refused("the other side announced an address instead of acknowledging a knock")),
        }
    }

    async fn listen(&self, id: u32) -> Result<BrokerListener, Error> {
        let (listener, announcement) = self.open(id)?;
        if let Some(announcement) = announcement {
            self.0.exchange.send(announcement).await?;
        }
        Ok(listener)
    }

    /// Opens a listener, and returns the message that announces it, if there must be one.
    /// Within the runtime of the connections.
    pub(crate) fn open(&self, id: u32) -> Result<(BrokerListener, Option<ConnInfo>), Error> {
        let Inner { exchange, session, place, .. } = &*self.0;
        exchange.check()?;
        let secure = self.server_tls()?.map(|config| TlsAcceptor::from(Arc::new(config)));
        let (incoming, announcement) = match session {
            None => {
                let bound = place.bind().map_err(|error| {
                    Error::msg(format!("no socket can be made for brokered connection {id}")).with_source(error)
                })?;
                let (network, address) = match bound.address() {
                    Address::Tcp(address) => ("tcp", Some(address)),
                    Address::Unix(path) => ("unix", path.to_str().map(str::to_owned)),
                };
                let address = address.ok_or_else(|| Error::msg("the path of a brokered socket is no UTF-8"))?;
                let announcement = ConnInfo { service_id: id, network: network.to_owned(), address, knock: None };
                (Incoming::Socket(bound), Some(announcement))
            }
            Some(session) => {
                let listeners = Arc::clone(session.listeners());
                let (streams, has_knocked) = listeners
                    .listen(id)
                    .map_err(|_| Error::msg(format!("brokered connection {id} is accepted already")))?;
                let incoming = Incoming::Streams { streams, _listening: Listening { listeners, id } };
                (incoming, has_knocked.then(|| ConnInfo::ack(id, "")))
            }
        };
        let (accepted, connections) = mpsc::channel(ACCEPTED);
        let task = tokio::spawn(accept(incoming, Arc::clone(exchange), secure, accepted)).abort_handle();
        Ok((BrokerListener { connections, task }, announcement))
    }
}

/// The host's half of the stream: sends the messages, and takes those of the plugin.
async fn converse(channel: Channel, messages: mpsc::Receiver<ConnInfo>, exchange: &Exchange) -> Result<(), Status> {
    let mut grpc = tonic::client::Grpc::new(channel);
    grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
    let requests = ReceiverStream::new(messages).map(|message| Bytes::from(message.encode_to_vec()));
    let path = PathAndQuery::from_static(START_STREAM);
    let mut replies = grpc.streaming(Request::new(requests), path, Raw).await?.into_inner();
    while let Some(reply) = replies.message().await? {
        let message = ConnInfo::decode(reply).map_err(|error| Status::data_loss(error.to_string()))?;
        exchange.take(message).await.map_err(|error| Status::unavailable(error.to_string()))?;
    }
    Ok(())
}

/// The connections of one listener before they are secured.
enum Incoming {
    Socket(Bound),
    /// The receiver is dropped before the listener is closed.
    Streams {
        streams: mpsc::Receiver<mux::Stream>,
        _listening: Listening,
    },
}

/// Closes a listener when this is dropped.
struct Listening {
    listeners: Arc<Listeners<mux::Stream>>,
    id: u32,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.listeners.close(self.id);
    }
}

impl Incoming {
    /// The next connection. None comes after the session has ended.
    async fn next(&mut self) -> io::Result<Box<dyn Stream>> {
        match self {
            Self::Socket(bound) => bound.accept().await,
            Self::Streams { streams, .. } => match streams.recv().await {
                Some(stream) => Ok(Box::new(stream)),
                None => std::future::pending().await,
            },
        }
    }
}

/// Accepts and secures connections until the broker's stream has ended.
async fn accept(
    mut incoming: Incoming,
    exchange: Arc<Exchange>,
    secure: Option<TlsAcceptor>,
    accepted: mpsc::Sender<io::Result<BrokerStream>>,
) {
    let mut securing = JoinSet::new();
    let mut ended = pin!(exchange.ended());
    loop {
        let stream = tokio::select! {
            stream = incoming.next() => stream,
            () = &mut ended => return,
            Some(_) = securing.join_next() => continue,
        };
        match stream {
            Ok(stream) => {
                let (secure, accepted) = (secure.clone(), accepted.clone());
                securing.spawn(async move {
                    let stream = match secure {
                        None => stream,
                        // A peer that fails to authenticate is not a connection.
                        Some(secure) => match timeout(HANDSHAKE_TIMEOUT, secure.accept(stream)).await {
                            Ok(Ok(stream)) => Box::new(stream) as Box<dyn Stream>,
                            _ => return,
                        },
                    };
                    let _ = accepted.send(Ok(BrokerStream(stream))).await;
                });
            }
            // No descriptor is left, or this peer has gone. Others may connect later.
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
}

/// The connections that [`Broker::accept`] accepts: a stream of them, such as tonic's
/// `serve_with_incoming` takes.
///
/// It ends with the other side or with the last broker of this side, and accepts none after it is
/// dropped.
pub struct BrokerListener {
    connections: mpsc::Receiver<io::Result<BrokerStream>>,
    task: AbortHandle,
}

impl Drop for BrokerListener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl tokio_stream::Stream for BrokerListener {
    type Item = io::Result<BrokerStream>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.connections.poll_recv(context)
    }
}

/// One brokered connection that was accepted, with TLS if host and plugin have it.
pub struct BrokerStream(Box<dyn Stream>);

impl AsyncRead for BrokerStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for BrokerStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

impl Connected for BrokerStream {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker").field("is_multiplexed", &self.0.session.is_some()).finish_non_exhaustive()
    }
}

impl fmt::Debug for BrokerListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokerListener").finish_non_exhaustive()
    }
}

impl fmt::Debug for BrokerStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokerStream").finish_non_exhaustive()
    }
}
