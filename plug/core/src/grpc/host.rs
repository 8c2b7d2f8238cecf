//! The host's side: calls to one server, or to several servers with the same plugins.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::time::sleep;
use tonic::transport::{Certificate, Channel as TonicChannel, ClientTlsConfig, Endpoint, Identity};

use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::grpc::address::GrpcAddress;
use crate::grpc::client::Client;
use crate::grpc::tls::Tls;
use crate::plugin::Plugin;
use crate::registry::link::Link;
use crate::rpc::client::driver::Driver;
use crate::rpc::client::instance::{ObjectInstance, Opens};
use crate::rpc::client::plugins::{Reach, Side, name_of};
use crate::rpc::client::{plugins, services};
use crate::rpc::limits::{CANCELLED, HEADERS, REPLY_WINDOW, STREAM_WINDOW};
use crate::wire::channel::{Call, Channel, WayFuture};
use crate::wire::fault::{Fault, Unavailable};
use crate::wire::message::{GotFuture, Outgoing, ReplyFuture};

/// The first pause between two attempts to connect. It doubles after each attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
/// The longest pause between two attempts to connect.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// How long a cancelled call is remembered. What the server has sent meanwhile is ignored.
const CANCELLED_FOR: Duration = Duration::from_secs(5);
/// The connection ends after as many frames for calls that are forgotten. Each is answered, and the
/// answers of a server that does not read them take memory.
const LATE_FRAMES: usize = 100_000;
/// An object that is dropped waits this long for the end of its instance on the server.
const END_TIMEOUT: Duration = Duration::from_secs(2);

/// The plugins of a gRPC server, or of several servers with the same plugins.
///
/// ```no_run
/// # mod app_interface {
/// #     #[plug::interface(portable)]
/// #     pub trait Plug: Send + Sync {
/// #         fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
/// #     }
/// # }
/// use app_interface::Plug;
/// use plug::link::Grpc;
///
/// let mut registry = plug::Registry::new();
/// registry.add(&Grpc::open("grpc://127.0.0.1:8888")?)?;
/// let a = registry.open::<dyn Plug>("a")?;
/// println!("{}", a.say_hello("x")?);
/// # Ok::<(), plug::Error>(())
/// ```
///
/// It is ordinary gRPC.
/// A trait is a service of its name, and the method `say_hello` is `SayHello`.
/// The arguments are the fields of the request.
/// A server of plug lists its plugins.
/// Any other server, such as one in Go, counts as one plugin that is named after its address.
///
/// The first call connects, and a call after a lost connection connects again.
/// A call waits for a server that is still starting, up to [`GrpcOptions::connect_timeout`].
/// With several addresses, each call goes to one that can be reached.
/// The instances are spread over the servers in turn, and an instance stays on its server.
#[derive(Clone)]
pub struct Grpc(Arc<Remote>);

/// Options for connecting to a server, and for the calls to it.
#[derive(Debug, Clone)]
#[must_use = "it opens nothing yet"]
pub struct GrpcOptions {
    connect_timeout: Duration,
    deadline: Option<Duration>,
    max_len: usize,
    roots: Option<Vec<u8>>,
    client: Option<(Vec<u8>, Vec<u8>)>,
    server_name: Option<String>,
}

struct Remote {
    address: GrpcAddress,
    options: GrpcOptions,
    driver: &'static Driver,
    retrying: Arc<Retrying>,
}

impl Default for GrpcOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            deadline: None,
            max_len: i32::MAX as usize,
            roots: None,
            client: None,
            server_name: None,
        }
    }
}

impl GrpcOptions {
    /// The default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long a call keeps trying to connect to a server that does not listen yet.
    /// The pause between attempts grows from 1 to 100 milliseconds.
    /// A call fails at once if TLS fails.
    ///
    /// The default is 5 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a call may take. The default is no limit.
    ///
    /// See also [`with_deadline`](crate::with_deadline).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The longest reply that is accepted, in bytes. The default is 2 GiB.
    pub fn max_reply(mut self, bytes: usize) -> Self {
        self.max_len = bytes;
        self
    }

    /// The certificates of the authorities that are trusted over TLS, in PEM.
    /// The default is the certificates of the system.
    pub fn roots(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots = Some(pem.into());
        self
    }

    /// The certificate and the key that authenticate this program over TLS, in PEM.
    pub fn client_certificate(mut self, certificate: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.client = Some((certificate.into(), key.into()));
        self
    }

    /// The name that the server's certificate must have. The default is the host of the address.
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// Opens the server at this address, such as `grpc://127.0.0.1:8888`, without connecting yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Address`] if the address is malformed.
    /// Another error if a certificate or a key for TLS is not PEM.
    pub fn open(&self, address: &str) -> Result<Grpc, Error> {
        let address: GrpcAddress = address.parse().map_err(|fault| ErrorKind::Address { fault })?;
        let driver = Driver::get().map_err(Error::new)?;
        // The channel spawns its tasks on the driver's runtime.
        let _context = driver.handle().enter();
        let tls = matches!(address, GrpcAddress::Tcp { tls: true, .. }).then(|| self.tls()).transpose()?;
        let endpoints = endpoints(&address).into_iter().map(|uri| self.endpoint(uri, tls.clone()));
        let endpoints: Vec<_> = endpoints
            .collect::<Result<_, _>>()
            .map_err(|error| Error::msg(format!("`{address}` cannot be connected to")).with_source(error))?;
        let channel = match &endpoints[..] {
            [one] => one.connect_lazy(),
            several => TonicChannel::balance_list(several.iter().cloned()),
        };
        let tls = self.servers(&address).map(Arc::new);
        let client = |channel| {
            let origin = http::Uri::from_static("http://localhost");
            Client::new(channel, origin, self.max_len, tls.clone())
        };
        let servers = match &endpoints[..] {
            [_] => Arc::from([Arc::new(client(channel.clone()))]),
            several => several.iter().map(|endpoint| Arc::new(client(endpoint.connect_lazy()))).collect(),
        };
        let client = client(channel);
        let (opened, timeout) = (AtomicUsize::new(0), self.connect_timeout);
        let retrying = Arc::new(Retrying { driver, client, servers, opened, timeout });
        Ok(Grpc(Arc::new(Remote { address, options: self.clone(), driver, retrying })))
    }

    fn tls(&self) -> Result<ClientTlsConfig, Error> {
        let mut tls = ClientTlsConfig::new();
        tls = match &self.roots {
            Some(pem) => tls.ca_certificate(Certificate::from_pem(in_pem(pem, "CERTIFICATE", "the roots of TLS")?)),
            None => tls.with_native_roots(),
        };
        if let Some((certificate, key)) = &self.client {
            let certificate = in_pem(certificate, "CERTIFICATE", "the client's certificate")?;
            tls = tls.identity(Identity::from_pem(
                certificate,
                in_pem(key, "PRIVATE KEY", "the key of the client's certificate")?,
            ));
        }
        Ok(match &self.server_name {
            Some(name) => tls.domain_name(name),
            None => tls,
        })
    }

    /// The servers of TLS at the address.
    fn servers(&self, address: &GrpcAddress) -> Option<Tls> {
        let GrpcAddress::Tcp { hosts, tls: true } = address else { return None };
        let (roots, client, server_name) = (self.roots.clone(), self.client.clone(), self.server_name.clone());
        Some(Tls { hosts: hosts.clone(), roots, client, server_name })
    }

    fn endpoint(&self, uri: String, tls: Option<ClientTlsConfig>) -> Result<Endpoint, tonic::transport::Error> {
        let endpoint = Endpoint::new(uri)?
            .connect_timeout(self.connect_timeout)
            .tcp_nodelay(true)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(REPLY_WINDOW)
            .http2_max_header_list_size(HEADERS)
            .http2_max_concurrent_reset_streams(CANCELLED)
            .http2_reset_stream_duration(CANCELLED_FOR)
            .http2_max_local_error_reset_streams(LATE_FRAMES);
        match tls {
            Some(tls) => endpoint.tls_config(tls),
            None => Ok(endpoint),
        }
    }
}

/// Returns the text if it has a PEM block of this kind.
/// A text without one would otherwise pass as an empty list.
fn in_pem<'a>(text: &'a [u8], kind: &str, name: &str) -> Result<&'a [u8], Error> {
    // -----BEGIN EC PRIVATE KEY-----
    let has_begin = String::from_utf8_lossy(text)
        .lines()
        .filter_map(|line| line.strip_prefix("-----BEGIN ")?.trim_end().strip_suffix("-----"))
        .any(|label| label.ends_with(kind));
    if has_begin { Ok(text) } else { Err(Error::msg(format!("{name} cannot be read: there is no `{kind}` in PEM"))) }
}

fn endpoints(address: &GrpcAddress) -> Vec<String> {
    match address {
        GrpcAddress::Unix(path) => vec![format!("unix:{}", absolute(path))],
        GrpcAddress::Tcp { hosts, tls } => {
            let scheme = if *tls { "https" } else { "http" };
            hosts.iter().map(|host| format!("{scheme}://{host}")).collect()
        }
    }
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).to_string_lossy().into_owned()
}

impl Grpc {
    /// Opens the server at this address, such as `grpc://127.0.0.1:8888`, without connecting yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Address`] if the address is malformed.
    pub fn open(address: &str) -> Result<Self, Error> {
        GrpcOptions::new().open(address)
    }

    /// Checks the health of the server with `grpc.health.v1`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] if the server cannot be reached or does not serve.
    /// [`ErrorKind::Refused`] if the server has no such service.
    pub fn check(&self) -> Result<(), Error> {
        let remote = &self.0;
        let origin = remote.address.to_string();
        let deadline = crate::scope::deadline(remote.options.deadline);
        let check = || remote.driver.wait(services::check(&*remote.retrying, "", deadline));
        remote.driver.check().and_then(|()| check()).map_err(|fault| services::unwell(&origin, &origin, fault))
    }

    /// The connection itself, for services that are not interfaces. It works in any runtime.
    pub fn channel(&self) -> TonicChannel {
        self.0.retrying.client.service.clone()
    }
}

impl Link for Grpc {
    /// Lists the plugins of the server, which must be reachable.
    fn plugins(&self) -> Result<Vec<Plugin>, Error> {
        let remote = &self.0;
        let origin = remote.address.to_string();
        let deadline = crate::scope::deadline(remote.options.deadline);
        let list = || remote.driver.wait(services::list(&*remote.retrying, deadline));
        let list = remote.driver.check().and_then(|()| list()).map_err(|fault| services::unlisted(&origin, fault))?;
        let side = Side {
            driver: remote.driver,
            name: name_of(origin.split_once(':').map_or(&origin[..], |(_, rest)| rest)),
            place: origin.clone(),
            origin,
            interfaces: None,
            limit: remote.options.deadline,
            found_in: Arc::as_ptr(remote).addr(),
            reach: Box::new(Arc::clone(&remote.retrying)),
        };
        plugins::plugins(Arc::new(side), list.as_ref())
            .map_err(|what| services::unlisted(&remote.address.to_string(), Fault::Malformed(what)))
    }
}

impl fmt::Debug for Grpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Grpc").field(&self.0.address).finish()
    }
}

/// Repeats calls that could not connect, until the timeout: a server may still be starting.
struct Retrying {
    driver: &'static Driver,
    /// All servers.
    client: Client<TonicChannel>,
    /// Each server, since the calls of an instance go to the one that has it.
    servers: Arc<[Arc<Client<TonicChannel>>]>,
    /// Counts the instances, so that each server gets as many.
    opened: AtomicUsize,
    timeout: Duration,
}

impl Drop for Retrying {
    /// In a fork of this process it leaves the connections to the parent.
    fn drop(&mut self) {
        if self.driver.check().is_err() {
            std::mem::forget((self.client.clone(), Arc::clone(&self.servers)));
        }
    }
}

impl Retrying {
    /// The reply to an attempt, which is made again as long as it cannot connect.
    fn retry(&self, deadline: Option<Instant>, attempt: impl Fn() -> ReplyFuture + Send + 'static) -> ReplyFuture {
        let timeout = self.timeout;
        Box::pin(async move {
            let until = Instant::now() + timeout;
            let until = deadline.map_or(until, |deadline| deadline.min(until));
            let mut pause = FIRST_PAUSE;
            loop {
                match attempt().await {
                    Err(Fault::Unavailable(Unavailable { is_unsent: true, is_lasting: false, .. }))
                        if Instant::now() + pause < until =>
                    {
                        sleep(pause).await;
                        pause = (2 * pause).min(LONGEST_PAUSE);
                    }
                    done => return done,
                }
            }
        })
    }
}

impl Channel for Retrying {
    fn call(&self, call: Call) -> ReplyFuture {
        let client = self.client.clone();
        self.retry(call.deadline, move || client.call(call.clone()))
    }

    fn way(&self) -> WayFuture {
        retry_way(self, self.client.clone())
    }

    fn has_streams(&self) -> bool {
        true
    }

    /// A stream is sent once, and so the call is not made again.
    fn stream(&self, call: Call, sent: Option<Outgoing>, returns_stream: bool) -> GotFuture {
        self.client.stream(call, sent, returns_stream)
    }
}

impl Reach for Arc<Retrying> {
    fn ask(&self) -> Result<Arc<dyn Channel>, Error> {
        Ok(Arc::clone(self) as Arc<dyn Channel>)
    }

    fn object(&self, plugin: &str, request: Option<Bytes>) -> Result<Arc<dyn Channel>, Error> {
        Ok(match request {
            None => Arc::clone(self) as Arc<dyn Channel>,
            Some(request) => Arc::new(InstanceChannel {
                retrying: Arc::clone(self),
                instance: ObjectInstance::new(plugin.to_owned(), request),
                next: Arc::new(AtomicUsize::new(self.opened.fetch_add(1, SeqCst))),
            }),
        })
    }
}

/// The way of a client, which is opened as a call would be.
fn retry_way(retrying: &Retrying, client: Client<TonicChannel>) -> WayFuture {
    if client.objects.open().is_some() {
        return client.way();
    }
    let again = client.clone();
    let opened = retrying.retry(None, move || {
        let way = client.way();
        Box::pin(async move { way.await.map(|_| Bytes::new()) })
    });
    Box::pin(async move {
        opened.await?;
        again.way().await
    })
}

/// The channel of an instance.
struct InstanceChannel {
    retrying: Arc<Retrying>,
    instance: Arc<ObjectInstance>,
    /// The server of the next attempt, which is another one if that cannot be reached.
    next: Arc<AtomicUsize>,
}

impl InstanceChannel {
    /// The reply to an attempt, which goes to the server of the instance, or opens it on one.
    fn attempt(
        &self,
        deadline: Option<Instant>,
        attempt: impl Fn(Arc<dyn Opens>) -> ReplyFuture + Send + 'static,
    ) -> ReplyFuture {
        let (servers, next) = (Arc::clone(&self.retrying.servers), Arc::clone(&self.next));
        self.retrying.retry(deadline, move || {
            let at = next.load(SeqCst);
            let server = Arc::clone(&servers[at % servers.len()]);
            let (reply, next) = (attempt(server), Arc::clone(&next));
            Box::pin(async move {
                let reply = reply.await;
                if let Err(Fault::Unavailable(_)) = &reply {
                    let _ = next.compare_exchange(at, at.wrapping_add(1), SeqCst, SeqCst);
                }
                reply
            })
        })
    }
}

impl Channel for InstanceChannel {
    fn call(&self, call: Call) -> ReplyFuture {
        let instance = Arc::clone(&self.instance);
        self.attempt(call.deadline, move |server| instance.call(server, call.clone()))
    }

    fn way(&self) -> WayFuture {
        let servers = &self.retrying.servers;
        let server = &servers[self.next.load(SeqCst) % servers.len()];
        retry_way(&self.retrying, Client::clone(server))
    }

    fn has_streams(&self) -> bool {
        true
    }

    fn stream(&self, call: Call, sent: Option<Outgoing>, returns_stream: bool) -> GotFuture {
        let servers = &self.retrying.servers;
        let server = Arc::clone(&servers[self.next.load(SeqCst) % servers.len()]);
        self.instance.stream(server, call, sent, returns_stream)
    }

    fn open(&self, deadline: Option<Instant>) -> ReplyFuture {
        let instance = Arc::clone(&self.instance);
        self.attempt(deadline, move |server| instance.open(server, deadline))
    }
}

impl Drop for InstanceChannel {
    /// In a fork of this process it leaves the instance to the parent.
    fn drop(&mut self) {
        let driver = self.retrying.driver;
        if driver.check().is_err() {
            return std::mem::forget(Arc::clone(&self.instance));
        }
        self.instance.end(driver, END_TIMEOUT);
    }
}
