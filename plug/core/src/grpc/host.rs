//! The host's side: calls to one server, or to several that are the same.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::sleep;
use tonic::transport::{Certificate, Channel as TonicChannel, ClientTlsConfig, Endpoint, Identity};

use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::grpc::address::GrpcAddress;
use crate::grpc::client::Client;
use crate::plugin::Plugin;
use crate::registry::link::Link;
use crate::rpc::client::driver::Driver;
use crate::rpc::client::plugins::{Side, name_of};
use crate::rpc::client::{plugins, services};
use crate::rpc::limits::{CONNECTION_WINDOW, STREAM_WINDOW};
use crate::wire::channel::{Call, Channel, ReplyFuture};
use crate::wire::fault::{Fault, Unavailable};

/// How long is waited between two tries to connect: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// The plugins of a gRPC server, or of several that have the same.
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
/// It is ordinary gRPC: a trait is a service of its name, a method `say_hello` is `SayHello`, and the arguments are the fields of the request. A server
/// of plug's says which plugins it has; another one, in Go say, is one plugin that is named after its address.
///
/// It connects when it is first needed, and again when the connection is gone. A server that is just starting is waited for. Of several addresses, each call
/// goes to one that is there.
#[derive(Clone)]
pub struct Grpc(Arc<Opened>);

/// How a server is reached.
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

struct Opened {
    address: GrpcAddress,
    options: GrpcOptions,
    driver: &'static Driver,
    channel: TonicChannel,
    patient: Arc<Patient>,
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
    /// What holds where nothing else is said.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long is tried to connect, again and again after a millisecond and more, where nobody listens. 5 seconds, where nothing else is said.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a call may take. Any time, where nothing else is said; see also [`with_deadline`](crate::with_deadline).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The longest reply that is taken, in bytes. 2 GiB, where nothing else is said.
    pub fn max_reply(mut self, bytes: usize) -> Self {
        self.max_len = bytes;
        self
    }

    /// Whose servers are believed, over TLS: certificates of authorities, in PEM. Those of the system, where nothing else is said.
    pub fn roots(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots = Some(pem.into());
        self
    }

    /// Who this program is to the server, over TLS: a certificate and its key, in PEM.
    pub fn client_certificate(mut self, certificate: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.client = Some((certificate.into(), key.into()));
        self
    }

    /// Whom the server's certificate has to name, where that is not its address.
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// The plugins of the server at this address, such as `grpc://127.0.0.1:8888`. It does not connect yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Address`] where it is none, and where what TLS needs is no PEM.
    pub fn open(&self, address: &str) -> Result<Grpc, Error> {
        let address: GrpcAddress = address.parse().map_err(|fault| ErrorKind::Address { fault })?;
        let driver = Driver::get().map_err(Error::new)?;
        // Its tasks are the driver's.
        let _context = driver.handle().enter();
        let tls = matches!(address, GrpcAddress::Tcp { tls: true, .. }).then(|| self.tls()).transpose()?;
        let endpoints = endpoints(&address).into_iter().map(|uri| self.endpoint(uri, tls.clone()));
        let endpoints: Vec<_> = endpoints
            .collect::<Result<_, _>>()
            .map_err(|error| Error::msg(format!("`{address}` cannot be connected to")).with_source(error))?;
        let channel = match &endpoints[..] {
            [one] => one.connect_lazy(),
            _ => TonicChannel::balance_list(endpoints.into_iter()),
        };
        let origin = http::Uri::from_static("http://localhost");
        let patient =
            Patient { client: Client::new(channel.clone(), origin, self.max_len), timeout: self.connect_timeout };
        Ok(Grpc(Arc::new(Opened { address, options: self.clone(), driver, channel, patient: Arc::new(patient) })))
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

    fn endpoint(&self, uri: String, tls: Option<ClientTlsConfig>) -> Result<Endpoint, tonic::transport::Error> {
        let endpoint = Endpoint::new(uri)?
            .connect_timeout(self.connect_timeout)
            .tcp_nodelay(true)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW);
        match tls {
            Some(tls) => endpoint.tls_config(tls),
            None => Ok(endpoint),
        }
    }
}

/// The text, where there is something of this kind in it: what has nothing in it would be taken for a list of none.
fn in_pem<'a>(text: &'a [u8], kind: &str, whose: &str) -> Result<&'a [u8], Error> {
    // -----BEGIN EC PRIVATE KEY-----
    let has_begin = String::from_utf8_lossy(text)
        .lines()
        .filter_map(|line| line.strip_prefix("-----BEGIN ")?.trim_end().strip_suffix("-----"))
        .any(|label| label.ends_with(kind));
    if has_begin { Ok(text) } else { Err(Error::msg(format!("{whose} cannot be read: there is no `{kind}` in PEM"))) }
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
    /// The plugins of the server at this address, such as `grpc://127.0.0.1:8888`. It does not connect yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Address`] where it is none.
    pub fn open(address: &str) -> Result<Self, Error> {
        GrpcOptions::new().open(address)
    }

    /// Asks the server whether it is well, by `grpc.health.v1`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] where nobody answers or the server says that it does not serve, and [`ErrorKind::Refused`] where
    /// it does not know of such a question.
    pub fn check(&self) -> Result<(), Error> {
        let there = &self.0;
        let told = |fault| services::unwell(&there.address.to_string(), &there.address.to_string(), fault);
        let deadline = crate::deadline::of_call(there.options.deadline);
        there.driver.wait(services::check(&*there.patient, "", deadline)).map_err(told)
    }

    /// The connection itself, for services that are no interfaces. It may be used in any runtime.
    pub fn channel(&self) -> TonicChannel {
        self.0.channel.clone()
    }
}

impl Link for Grpc {
    /// It asks the server, which has to be there.
    fn plugins(&self) -> Result<Vec<Plugin>, Error> {
        let there = &self.0;
        let origin = there.address.to_string();
        let deadline = crate::deadline::of_call(there.options.deadline);
        let list = there.driver.wait(services::list(&*there.patient, deadline));
        let list = list.map_err(|fault| services::unlisted(&origin, fault))?;
        let reached = Arc::clone(there);
        let side = Side {
            driver: there.driver,
            name: name_of(origin.split_once(':').map_or(&origin[..], |(_, rest)| rest)),
            origin,
            interfaces: None,
            limit: there.options.deadline,
            found_in: Arc::as_ptr(there).addr(),
            reach: Box::new(move || Ok(Arc::clone(&reached.patient) as Arc<dyn Channel>)),
        };
        plugins::plugins(Arc::new(side), list.as_ref())
            .map_err(|what| services::unlisted(&there.address.to_string(), Fault::Malformed(what)))
    }
}

impl fmt::Debug for Grpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Grpc").field(&self.0.address).finish()
    }
}

/// Tries again where nobody listens, for a while: a server that is just starting costs milliseconds, and one that is not there at all an error.
struct Patient {
    client: Client<TonicChannel>,
    timeout: Duration,
}

impl Channel for Patient {
    fn call(&self, call: Call) -> ReplyFuture {
        let (client, timeout) = (self.client.clone(), self.timeout);
        Box::pin(async move {
            let until = Instant::now() + timeout;
            let until = call.deadline.map_or(until, |deadline| deadline.min(until));
            let mut pause = FIRST_PAUSE;
            loop {
                match client.call(call.clone()).await {
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
