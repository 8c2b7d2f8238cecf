//! The plugin's side of the process link: a child of somebody's host that speaks go-plugin's protocol. In the order of its life: the
//! environment, the socket, the handshake, the services, the end.

pub(crate) mod parent;
pub(crate) mod printed;
pub(crate) mod services;
pub(crate) mod socket;

use std::ffi::OsString;
use std::io::{self, Write};
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Notify, watch};
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use crate::error::Error;
use crate::plugin::Plugin;
use crate::plugin::agreement::Handshake;
use crate::process::handshake::environment::{ByHand, Cookie, HostEnvironment, choose_version, protocols};
use crate::process::handshake::line::{Line, Protocol};
#[cfg(feature = "netrpc")]
use crate::process::netrpc::plugin::NetRpcServer;
use crate::process::plugin::printed::Drained;
use crate::process::plugin::services::Services;
use crate::process::plugin::socket::Socket;
use crate::process::tls;
use crate::process::tls::Credentials;
use crate::rpc::server::builder::Server;
use crate::rpc::server::connections;
use crate::rpc::server::connections::{Secure, Speaks};
use crate::rpc::server::router::Router;
use crate::rpc::server::workers::Workers;
use crate::wire::dispatch::Dispatch;

/// The variable that a host sets to its own number for a child of its own executable, so that neither an inherited cookie nor an inherited
/// variable turns an app into a server.
pub(crate) const ISOLATED: &str = "PLUG_ISOLATED";

/// How long calls that are under way may go on when the plugin is told to end.
const GRACE: Duration = Duration::from_millis(500);
/// The longest request that is taken where nothing else is said, in bytes: as long as Go's are.
const MOST: usize = i32::MAX as usize;

/// Whether this process was started to be an isolated plugin of the one that is its parent.
pub(crate) fn is_isolated() -> bool {
    let Some(host) = std::env::var_os(ISOLATED) else { return false };
    #[cfg(unix)]
    let parent = rustix::process::getppid().map(|parent| parent.as_raw_nonzero().to_string());
    // There, nobody can be asked for it.
    #[cfg(not(unix))]
    let parent = host.to_str().map(str::to_owned);
    parent.is_some_and(|parent| host == *parent)
}

/// Why nothing is protocols.
pub(crate) enum Refusal {
    /// A person has started it, or another program's host.
    ByHand(String),
    Failed(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Refusal {
    pub(crate) fn tell(self) -> ExitCode {
        let text = match self {
            Self::ByHand(text) => text,
            Self::Failed(error) => format!("{error:#}\n"),
        };
        let _ = io::stderr().write_all(text.as_bytes());
        ExitCode::FAILURE
    }
}

/// Serves until the host says that it is enough, or is gone.
pub(crate) fn run(server: Server) -> Result<(), Refusal> {
    let parent = parent::parent();
    let handshake = server.handshake.map_or_else(Handshake::declared, Ok)?;
    let look = |name: &str| -> Option<OsString> { std::env::var_os(name) };
    let found = Cookie::find(handshake.cookie(), look);
    if found != Cookie::Right {
        return Err(Refusal::ByHand(by_hand(&handshake, found, &server.plugins)));
    }
    let asked = HostEnvironment::read(look);
    for ignored in &asked.ignored {
        eprintln!("[WARN] {ignored}");
    }
    let version = choose_version(&handshake.versions(), &asked.versions).unwrap_or(1);
    let plugins = server.plugins.into_iter().filter(|plugin| handshake.has(version, plugin.identity()));
    let max_len = server.max_request.unwrap_or(MOST);
    let dispatch = Dispatch::new(plugins)?;
    server.services.or_plugins(&dispatch)?;
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let workers = Workers::new(runtime.enable_all().build().map_err(Error::new)?);
    let context = workers.runtime().enter();

    let credentials = asked.certificate.as_ref().map(|_| Credentials::new()).transpose().map_err(Error::new)?;
    let secure = match (&credentials, &asked.certificate) {
        (Some(credentials), Some(pem)) => {
            let peer = tls::certificate_of_pem(pem).map_err(|error| {
                Error::msg("what the host gave as its certificate, in `PLUGIN_CLIENT_CERT`, is none").with_source(error)
            })?;
            Some(credentials.server(peer).map_err(Error::new)?)
        }
        _ => None,
    };
    let told = told_to_end().map_err(Error::new)?;
    let protocol = asked.protocol(&protocols(version, !server.services.is_empty())).unwrap_or(Protocol::Grpc);
    let socket = Socket::bind(&asked)?;
    let line = Line {
        app: version,
        address: socket.address(),
        protocol,
        certificate: credentials.as_ref().map(|credentials| credentials.der().to_vec()),
        multiplexed: asked.multiplex.then_some(false),
    };
    let line = line.to_bytes().map_err(|fault| Error::msg(format!("this plugin {fault}")))?;
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(&line)
        .and_then(|()| stdout.flush())
        .map_err(|error| Error::msg("the handshake cannot be written to stdout").with_source(error))?;
    drop(stdout);

    let (stop, taken) = (Arc::new(Notify::new()), Arc::new(Drained::default()));
    let (printed, before) = printed::divert(Arc::clone(&taken)).map_err(Error::new)?;
    let gone = parent::gone(parent, before).map_err(Error::new)?;
    let (end, is_ending) = watch::channel(false);
    let is_told = Arc::clone(&stop);
    let ended = async move {
        tokio::select! {
            () = is_told.notified() => {}
            _ = gone => {}
            () = told => {}
        }
        // No stream of ours is to be waited for.
        printed::end();
        end.send_replace(true);
    };
    let serving: Pin<Box<dyn Future<Output = ()> + Send>> = match protocol {
        Protocol::Grpc => {
            let services = Services { stop, printed: Mutex::new(Some(printed)), taken, is_ending };
            let routes = crate::rpc::server::builder::routes(server.services, &dispatch, &["plugin"], services::NAMES)?;
            let front = Router::new(dispatch, Box::new(services), routes, workers.calls(), max_len);
            Box::pin(socket.serve(front, secure, ended))
        }
        #[cfg(feature = "netrpc")]
        Protocol::NetRpc => {
            let protocols = NetRpcServer::new(dispatch, workers.calls(), max_len, stop, printed, taken);
            Box::pin(socket.serve(protocols, secure, ended))
        }
        #[cfg(not(feature = "netrpc"))]
        Protocol::NetRpc => return Err(Error::msg("this build does not speak net/rpc").into()),
    };
    drop(context);
    // Whatever is still called then is so until the process ends, which is now.
    workers.run(serving).map_err(Error::new)?;
    Ok(())
}

fn by_hand(handshake: &Handshake, found: Cookie, plugins: &[Plugin]) -> String {
    let executable = std::env::current_exe().unwrap_or_else(|_| "plugin".into());
    let plugins: Vec<_> = plugins.iter().map(|plugin| (plugin.name(), plugin.summary())).collect();
    ByHand { executable: &executable, cookie: handshake.cookie().0, found, plugins: &plugins }.text()
}

/// There when the system tells the process to end. From the call on, an interrupt at the terminal is for the host, which decides.
#[cfg(unix)]
fn told_to_end() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (interrupts, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        let _interrupts = interrupts;
        terminate.recv().await;
    })
}

#[cfg(not(unix))]
fn told_to_end() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        while tokio::signal::ctrl_c().await.is_ok() {}
        std::future::pending().await
    })
}

/// TLS with the one host there is.
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
    ended: impl Future<Output = ()>,
) {
    match secure {
        Some(config) => connections::serve(listener, Tls::new(config), speaks, ended, sleep(GRACE)).await,
        None => connections::serve(listener, (), speaks, ended, sleep(GRACE)).await,
    }
}

impl Server {
    /// The same, known by another handshake than the one that is declared.
    pub fn handshake(mut self, handshake: Handshake) -> Self {
        self.handshake = Some(handshake);
        self
    }

    /// Serves as a plugin process, until its host says that it is enough, or is gone. For the end of `main`.
    ///
    /// Where no host has started the process it says on stderr what it is, and returns exit status 1. What is printed on stdout from then on goes to the host.
    pub fn serve_process(self) -> ExitCode {
        match crate::process::plugin::run(self) {
            Ok(()) => ExitCode::SUCCESS,
            Err(refusal) => refusal.tell(),
        }
    }
}

/// Serves the plugins that are linked into this program as a process of a host's, until that says that it is enough, or is gone.
///
/// It is all that the `main` of a plugin's executable has to do:
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
/// Where no host has started the process it says on stderr what it is, and returns exit status 1.
pub fn serve() -> ExitCode {
    Server::new().serve_process()
}

/// Serves as [`serve`] does where this process was started as an isolated plugin by a host that is the same executable, and else does nothing.
/// For the beginning of `main`.
///
/// A host isolates a plugin by `link::ProcessOptions::isolated`.
pub fn serve_isolated() -> Option<ExitCode> {
    crate::process::plugin::is_isolated().then(serve)
}
