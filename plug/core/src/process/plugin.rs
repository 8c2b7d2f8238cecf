//! The plugin's side of the process link: serves a host by go-plugin's protocol.
//! The order is that of its life: environment, socket, handshake, services, end.

pub(crate) mod parent;
pub(crate) mod printed;
pub(crate) mod services;
pub(crate) mod socket;

use std::ffi::OsString;
use std::io::{self, Write};
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Notify, watch};
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use crate::entry::handshake::Protocol;
use crate::error::Error;
use crate::interface::Identity;
use crate::plugin::Plugin;
use crate::plugin::agreement::Handshake;
use crate::portable::signature::Description;
use crate::process::broker::Broker;
use crate::process::broker::socket::Place;
use crate::process::broker::way::BrokerWay;
use crate::process::handshake::environment::{ByHand, Cookie, HostEnvironment, PROTOCOL};
use crate::process::handshake::line::Line;
#[cfg(not(feature = "netrpc"))]
use crate::process::handshake::negotiation::not_built;
use crate::process::handshake::negotiation::{negotiate, served};
use crate::process::multiplex::{Multiplexed, Session};
use crate::process::mux;
#[cfg(feature = "netrpc")]
use crate::process::netrpc::plugin::NetRpcServer;
use crate::process::plugin::printed::Drained;
use crate::process::plugin::services::Services;
use crate::process::plugin::socket::Socket;
use crate::process::tls;
use crate::process::tls::{Certificates, Credentials};
use crate::registry::Registry;
use crate::rpc::back::server::ServerWaits;
use crate::rpc::server::backpressure::UNREAD;
use crate::rpc::server::builder::Server;
use crate::rpc::server::connections;
use crate::rpc::server::connections::{Secure, Speaks};
use crate::rpc::server::limits::{Limits, Share};
use crate::rpc::server::router::Router;
use crate::rpc::server::workers::Workers;
use crate::rpc::thread::MOST_BLOCKING;
use crate::wire::dispatch::Dispatch;

/// The variable that a host sets to its process ID for a child of its own executable.
/// So neither an inherited cookie nor an inherited variable turns an app into a server.
pub(crate) const ISOLATED: &str = "PLUG_ISOLATED";

/// The limits by default. Its host alone connects, and may leave its connection idle for days.
const LIMITS: Limits = Limits {
    // That of Go.
    max_request: i32::MAX as usize,
    held: Share { connection: usize::MAX, server: usize::MAX },
    unread: Share { connection: UNREAD, server: usize::MAX },
    body_timeout: Duration::MAX,
    max_connections: usize::MAX,
    preface_timeout: tls::HANDSHAKE_TIMEOUT,
    idle_timeout: Duration::MAX,
    keepalive_interval: Duration::MAX,
    keepalive_timeout: Duration::from_secs(20),
    grace: Duration::from_millis(500),
    instances: 10_000,
};

/// Whether the parent has started this process as an isolated plugin.
pub(crate) fn is_isolated() -> bool {
    let Some(host) = std::env::var_os(ISOLATED) else { return false };
    #[cfg(unix)]
    let parent = rustix::process::getppid().map(|parent| parent.as_raw_nonzero().to_string());
    // Outside of Unix, the parent is not known.
    #[cfg(not(unix))]
    let parent = host.to_str().map(str::to_owned);
    parent.is_some_and(|parent| host == *parent)
}

/// Why nothing is served.
enum Refusal {
    /// A person has started the process, or the host of another program.
    ByHand(String),
    Failed(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Refusal {
    fn report(self) -> ExitCode {
        let text = match self {
            Self::ByHand(text) => text,
            Self::Failed(error) => format!("{error:#}\n"),
        };
        let _ = io::stderr().write_all(text.as_bytes());
        ExitCode::FAILURE
    }
}

/// Serves until the host shuts the plugin down, or has ended.
fn run(mut server: Server) -> Result<(), Refusal> {
    let parent = parent::parent();
    let handshake = server.handshake.take().map_or_else(Handshake::declared, Ok)?;
    let variable = |name: &str| -> Option<OsString> { std::env::var_os(name) };
    let found = Cookie::find(handshake.cookie(), variable);
    if found != Cookie::Right {
        return Err(Refusal::ByHand(by_hand(&handshake, found, &server)));
    }
    let environment = HostEnvironment::read(variable);
    for ignored in &environment.ignored {
        eprintln!("[WARN] {ignored}");
    }
    let (version, protocol) = chosen(&handshake, &environment, &server)?;
    let plugins = server.plugins.into_iter().filter(|plugin| handshake.has(version, plugin.identity()));
    let mut limits = server.limits.or(LIMITS);
    if protocol == Protocol::NetRpc {
        // Each instance has a stream, and other streams need room too.
        limits.instances = limits.instances.min(mux::MAX_STREAMS / 2);
    }
    let dispatch = Dispatch::new(plugins, limits.instances)?;
    server.services.or_plugins(&dispatch)?;
    server.services.unshadowed(&dispatch, services::NAMES)?;
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let workers = Workers::new(runtime.enable_all().max_blocking_threads(MOST_BLOCKING).build().map_err(Error::new)?);
    let context = workers.runtime().enter();

    let credentials = environment.certificate.as_ref().map(|_| Credentials::new()).transpose().map_err(Error::new)?;
    let certificates = match (&credentials, &environment.certificate) {
        (Some(credentials), Some(pem)) => {
            let peer = tls::certificate_of_pem(pem).map_err(|error| {
                Error::msg("`PLUGIN_CLIENT_CERT`, which the host sets, holds no certificate").with_source(error)
            })?;
            Some(Certificates::new(credentials.clone(), peer))
        }
        _ => None,
    };
    let secure = certificates.as_ref().map(Certificates::server).transpose().map_err(Error::new)?;
    let terminated = terminated().map_err(Error::new)?;
    let is_multiplexed = environment.multiplex == Some(true) && protocol == Protocol::Grpc;
    let socket = Socket::bind(&environment)?;
    let line = Line {
        app: version,
        address: socket.address(),
        protocol,
        certificate: credentials.as_ref().map(|credentials| credentials.der().to_vec()),
        multiplexed: environment.multiplex.map(|_| is_multiplexed),
    };
    let line = line.to_bytes().map_err(|fault| Error::msg(format!("this plugin {}", fault.predicate())))?;

    let (stop, drained) = (Arc::new(Notify::new()), Arc::new(Drained::default()));
    let (printed, original_stdout) = printed::divert(Arc::clone(&drained)).map_err(Error::new)?;
    let to_host = printed::to_host(&original_stdout).map_err(Error::new)?;
    let host_gone = parent::gone(parent, original_stdout).map_err(Error::new)?;
    let (set_ending, is_ending) = watch::channel(false);
    let folder = environment.socket_dir.unwrap_or_else(std::env::temp_dir);
    let place = Place::new(folder, environment.socket_group, environment.ports);
    let session = is_multiplexed.then(Session::default);
    let broker = Broker::new(session.clone(), certificates, place);
    let ending = broker.clone();
    let shutdown = Arc::clone(&stop);
    let ended = async move {
        tokio::select! {
            () = shutdown.notified() => {}
            _ = host_gone => {}
            () = terminated => {}
        }
        // Ends the plugin's own streams, which the server would wait for.
        printed::end();
        ending.remove_sockets();
        set_ending.send_replace(true);
    };
    let serving: Pin<Box<dyn Future<Output = ()> + Send>> = match protocol {
        Protocol::Grpc => {
            let queue = workers.calls();
            let way = BrokerWay::new(broker.clone(), Box::new(ServerWaits(queue)), limits.max_request);
            let printed = Mutex::new(Some(printed));
            let services = Services { stop, printed, drained, broker, way, is_ending };
            let routes = crate::rpc::server::builder::routes(server.services, &dispatch, &["plugin"], services::NAMES)?;
            let router = Router::new(dispatch, Box::new(services), routes, workers.calls(), limits.clone(), None);
            match session {
                None => Box::pin(socket.serve(router, secure, limits, ended)),
                // TLS is within the streams.
                Some(session) => {
                    let secure = secure.map(|config| TlsAcceptor::from(Arc::new(config)));
                    Box::pin(socket.serve(Multiplexed { speaks: router, secure, session }, None, limits, ended))
                }
            }
        }
        #[cfg(feature = "netrpc")]
        Protocol::NetRpc => {
            let server = NetRpcServer::new(dispatch, workers.calls(), limits.max_request, stop, printed, drained);
            Box::pin(socket.serve(server, secure, limits, ended))
        }
        #[cfg(not(feature = "netrpc"))]
        Protocol::NetRpc => return Err(not_built(&[version]).into()),
    };
    drop(context);
    let failure = Arc::new(Mutex::new(None));
    let failed = Arc::clone(&failure);
    // All threads exist when this runs: without them, there is an error instead of a handshake.
    let announced = async move {
        match write(to_host, &line) {
            Ok(()) => serving.await,
            Err(error) => *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error),
        }
    };
    // A call that is still running when this returns ends with the process.
    workers.run(announced).map_err(Error::new)?;
    let failure = failure.lock().unwrap_or_else(PoisonError::into_inner).take();
    match failure {
        None => Ok(()),
        Some(error) => Err(Error::msg("the handshake cannot be written to stdout").with_source(error).into()),
    }
}

fn write(mut to: impl Write, line: &[u8]) -> io::Result<()> {
    to.write_all(line)?;
    to.flush()
}

/// The version of the application's protocol to serve, and its protocol.
/// Warns on stderr about a variable that is ignored, and about services that are not served.
fn chosen(handshake: &Handshake, environment: &HostEnvironment, server: &Server) -> Result<(u32, Protocol), Error> {
    let portable: Vec<_> =
        server.plugins.iter().map(Plugin::identity).filter(|identity| is_portable(identity)).collect();
    let has_plugins = |version| portable.iter().any(|identity| handshake.has(version, identity));
    let has_services = !server.services.names().is_empty();
    let declared = |version| handshake.protocol_of(version);
    let served = served(&handshake.versions(), has_plugins, has_services, declared);
    let (version, protocol) = negotiate(&served, Protocol::BUILT, environment)?;
    if let Some(requested) = environment.protocol.filter(|requested| *requested != protocol) {
        eprintln!(
            "[WARN] `{requested}` in `{PROTOCOL}` is the protocol of no version that host and plugin share, and is ignored"
        );
    }
    if protocol == Protocol::NetRpc {
        for name in server.services.names() {
            eprintln!("[WARN] the gRPC service `{name}` is not served: version {version} is served over net/rpc");
        }
    }
    Ok((version, protocol))
}

fn is_portable(identity: &Identity) -> bool {
    identity.vtable::<Description>().is_some()
}

fn by_hand(handshake: &Handshake, found: Cookie, server: &Server) -> String {
    let executable = std::env::current_exe().unwrap_or_else(|_| "plugin".into());
    let plugins: Vec<_> = server.plugins.iter().map(|plugin| (plugin.name(), plugin.summary())).collect();
    let hints: Vec<_> = handshake.hints().collect();
    let by_hand = ByHand {
        executable: &executable,
        cookie: handshake.cookie().0,
        found,
        plugins: &plugins,
        services: server.services.names(),
        is_linked: Registry::builtin().plugins().next().is_some(),
        hints: &hints,
    };
    by_hand.text()
}

/// Completes at SIGTERM.
/// From the call on, this process ignores an interrupt at the terminal: the host decides about it.
#[cfg(unix)]
fn terminated() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (interrupts, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        let _interrupts = interrupts;
        terminate.recv().await;
    })
}

#[cfg(not(unix))]
fn terminated() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        while tokio::signal::ctrl_c().await.is_ok() {}
        std::future::pending().await
    })
}

/// TLS with the host.
struct Tls(TlsAcceptor);

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Secure<T> for Tls {
    type Secured = tokio_rustls::server::TlsStream<T>;

    async fn secure(&self, stream: T) -> io::Result<Self::Secured> {
        self.0.accept(stream).await
    }
}

impl Tls {
    fn new(config: ServerConfig) -> Self {
        Self(TlsAcceptor::from(Arc::new(config)))
    }
}

async fn serve_with<L: connections::Listener>(
    listener: L,
    speaks: impl Speaks,
    secure: Option<ServerConfig>,
    limits: Limits,
    ended: impl Future<Output = ()>,
) {
    let grace = sleep(limits.grace);
    match secure {
        Some(config) => connections::serve(listener, Tls::new(config), speaks, limits, ended, grace).await,
        None => connections::serve(listener, (), speaks, limits, ended, grace).await,
    }
}

impl Server {
    /// Sets the handshake. Default: the one that this program declares.
    pub fn handshake(mut self, handshake: Handshake) -> Self {
        self.handshake = Some(handshake);
        self
    }

    /// Serves as a plugin process, until the host shuts it down or has ended.
    ///
    /// It belongs at the end of `main`.
    /// The output on stdout goes to the host.
    /// If no host has started the process, it explains itself on stderr and returns exit status 1.
    pub fn serve_process(self) -> ExitCode {
        match crate::process::plugin::run(self) {
            Ok(()) => ExitCode::SUCCESS,
            Err(refusal) => refusal.report(),
        }
    }
}

/// Serves the plugins of this program to its host, until the host shuts it down or has ended.
///
/// The `main` of a plugin's executable needs nothing else:
///
/// ```no_run
/// use std::process::ExitCode;
///
/// plug::link!();
///
/// fn main() -> ExitCode {
///     plug::serve()
/// }
/// ```
///
/// If no host has started the process, it explains itself on stderr and returns exit status 1.
pub fn serve() -> ExitCode {
    Server::new().serve_process()
}

/// Serves like [`serve`] if this process is an isolated plugin; otherwise returns `None` at once.
///
/// It belongs at the beginning of `main`.
/// A process is an isolated plugin if a host has started its own executable, by
/// [`ProcessOptions::isolated`](crate::process::ProcessOptions::isolated).
pub fn serve_isolated() -> Option<ExitCode> {
    crate::process::plugin::is_isolated().then(serve)
}
