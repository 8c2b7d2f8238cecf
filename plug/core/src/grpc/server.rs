//! The server's side: plugins on a port or a socket, for any client of gRPC.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;
use std::{fmt, io};

use tokio::sync::Notify;
use tokio::time::sleep;

use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::grpc::address::GrpcAddress;
use crate::grpc::gzip;
use crate::rpc::server::builder::Server;
use crate::rpc::server::connections;
use crate::rpc::server::limits::{Limits, Share};
use crate::rpc::server::router::Router;
use crate::rpc::server::workers::Workers;
use crate::rpc::thread::MOST_BLOCKING;
use crate::wire::dispatch::Dispatch;

/// The limits by default. They are lower than those of a process, because anybody may connect to a
/// port.
const LIMITS: Limits = Limits {
    max_request: 64 << 20,
    held: Share { connection: 128 << 20, server: 512 << 20 },
    unread: Share { connection: 128 << 20, server: 512 << 20 },
    body_timeout: Duration::from_secs(60),
    max_connections: 1024,
    preface_timeout: Duration::from_secs(10),
    idle_timeout: Duration::from_secs(10 * 60),
    keepalive_interval: Duration::from_secs(2 * 60),
    keepalive_timeout: Duration::from_secs(20),
    grace: Duration::from_secs(30),
    instances: 0,
};

/// A server that is bound to an address. [`Server::bind`] makes one.
///
/// It listens already, and [`serve`](Self::serve) serves what connects.
pub struct GrpcServer {
    workers: Workers,
    listener: Listener,
    router: Router,
    stop: Arc<Notify>,
    signals: SharedSignals,
    limits: Limits,
}

enum Listener {
    Tcp(tokio::net::TcpListener),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener, std::path::PathBuf),
}

/// Stops a server, from any thread. [`GrpcServer::stop`] gives one.
#[derive(Debug, Clone)]
pub struct GrpcStop(Arc<Notify>);

impl GrpcStop {
    /// Stops the server: it accepts no more connections, finishes the calls under way, and returns.
    pub fn stop(&self) {
        self.0.notify_one();
    }
}

impl Server {
    /// Sets whether a server at an address compresses replies of more than 1 KiB with gzip, for clients
    /// that accept it. The default is true.
    ///
    /// It reads compressed requests in any case. [`max_request`](Self::max_request) limits them before
    /// and after they are decompressed.
    /// A process neither reads nor writes compressed messages.
    pub fn compress_replies(mut self, compresses: bool) -> Self {
        self.compress_replies = compresses;
        self
    }

    /// Listens at the address: `grpc://HOST:PORT` or `grpc+unix:PATH`. Port 0 means any free port.
    ///
    /// Connections wait until the server [serves](GrpcServer::serve).
    /// From now on SIGTERM and SIGINT stop the server, and no longer end the program.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Address`] if the address is malformed.
    /// Another error if there is nothing to serve, or if it cannot listen at the address.
    pub fn bind(self, address: &str) -> Result<GrpcServer, Error> {
        let address = GrpcAddress::to_listen(address).map_err(|fault| ErrorKind::Address { fault })?;
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(MOST_BLOCKING).build();
        let workers = Workers::new(runtime.map_err(Error::new)?);
        let context = workers.runtime().enter();
        let limits = self.limits.or(LIMITS);
        let dispatch = Dispatch::new(self.plugins, limits.instances)?;
        self.services.or_plugins(&dispatch)?;
        self.services.unshadowed(&dispatch, &[])?;
        let routes = crate::rpc::server::builder::routes(self.services, &dispatch, &[""], &[])?;
        let listener =
            listen(&address).map_err(|error| Error::msg(format!("cannot listen at `{address}`")).with_source(error))?;
        let compression = if self.compress_replies { &gzip::BOTH } else { &gzip::REQUESTS };
        let router = Router::new(dispatch, Box::new(()), routes, workers.calls(), limits.clone(), Some(compression));
        let signals = SharedSignals::new().map_err(Error::new)?;
        drop(context);
        Ok(GrpcServer { workers, listener, router, stop: Arc::new(Notify::new()), signals, limits })
    }
}

fn listen(address: &GrpcAddress) -> io::Result<Listener> {
    match address {
        GrpcAddress::Tcp { hosts, .. } => {
            let listener = std::net::TcpListener::bind(&hosts[0][..])?;
            listener.set_nonblocking(true)?;
            Ok(Listener::Tcp(tokio::net::TcpListener::from_std(listener)?))
        }
        #[cfg(unix)]
        GrpcAddress::Unix(path) => {
            let bound = tokio::net::UnixListener::bind(path).or_else(|error| {
                // A socket that refuses connections is left over from a server that has ended.
                let is_stale = error.kind() == io::ErrorKind::AddrInUse
                    && std::os::unix::net::UnixStream::connect(path)
                        .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
                if !is_stale {
                    return Err(error);
                }
                std::fs::remove_file(path)?;
                tokio::net::UnixListener::bind(path)
            })?;
            Ok(Listener::Unix(bound, path.clone()))
        }
        #[cfg(not(unix))]
        GrpcAddress::Unix(_) => Err(io::Error::new(io::ErrorKind::Unsupported, "there are no Unix sockets here")),
    }
}

impl GrpcServer {
    /// The address that it listens at, with the port that the system chose.
    pub fn address(&self) -> String {
        match &self.listener {
            Listener::Tcp(listener) => {
                let address: Option<SocketAddr> = listener.local_addr().ok();
                address.map(|address| format!("grpc://{address}")).unwrap_or_default()
            }
            #[cfg(unix)]
            Listener::Unix(_, path) => format!("grpc+unix:{}", path.display()),
        }
    }

    /// A handle that stops the server from another thread.
    pub fn stop(&self) -> GrpcStop {
        GrpcStop(Arc::clone(&self.stop))
    }

    /// Serves until it is stopped, by [`GrpcStop`] or by SIGTERM or SIGINT.
    ///
    /// The calls under way then go on for the [grace](Server::grace), or until another such signal.
    /// When it returns, no connection is left.
    ///
    /// # Errors
    ///
    /// Fails if the system cannot start a thread.
    pub fn serve(self) -> Result<(), Error> {
        let Self { workers, listener, router, stop, signals, limits } = self;
        let grace = limits.grace;
        let second = signals.clone();
        let stopped = async move {
            tokio::select! {
                () = stop.notified() => {}
                () = signals.next() => {}
            }
        };
        // A second signal ends the grace at once.
        let grace = async move {
            tokio::select! {
                () = sleep(grace) => {}
                () = second.next() => {}
            }
        };
        // A method that runs for longer is not waited for.
        let served = workers.run(async move {
            match listener {
                Listener::Tcp(listener) => connections::serve(listener, (), router, limits, stopped, grace).await,
                #[cfg(unix)]
                Listener::Unix(listener, path) => {
                    let stopped = async move {
                        stopped.await;
                        let _ = std::fs::remove_file(path);
                    };
                    connections::serve(listener, (), router, limits, stopped, grace).await;
                }
            }
        });
        served.map_err(Error::new)
    }
}

/// The signals by which the system asks the program to end.
/// Once this is made, they no longer end the program, even after this is dropped.
#[derive(Clone)]
struct SharedSignals(Arc<Mutex<Signals>>);

#[cfg(unix)]
struct Signals(tokio::signal::unix::Signal, tokio::signal::unix::Signal);

#[cfg(not(unix))]
struct Signals(tokio::signal::windows::CtrlC);

impl SharedSignals {
    fn new() -> io::Result<Self> {
        #[cfg(unix)]
        let signals = {
            use tokio::signal::unix::{SignalKind, signal};
            Signals(signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
        };
        #[cfg(not(unix))]
        let signals = Signals(tokio::signal::windows::ctrl_c()?);
        Ok(Self(Arc::new(Mutex::new(signals))))
    }

    /// Waits for the next one.
    async fn next(&self) {
        poll_fn(|context| {
            let mut signals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let is_received = signals.0.poll_recv(context).is_ready();
            #[cfg(unix)]
            let is_received = is_received | signals.1.poll_recv(context).is_ready();
            if is_received { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

impl fmt::Debug for GrpcServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GrpcServer").field(&self.address()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::{Ready, ready};
    use std::task::Context;

    use tonic::body::Body;
    use tonic::server::NamedService;
    use tower_service::Service;

    use super::*;

    /// Services that differ in their names.
    #[derive(Clone)]
    struct Named<const AT: usize>;

    const NAMES: [&str; 3] = ["plug.v1.Plugins", "plugin.GRPCBroker", "grpc.health.v1.Health"];

    impl<const AT: usize> NamedService for Named<AT> {
        const NAME: &'static str = NAMES[AT];
    }

    impl<const AT: usize> Service<http::Request<Body>> for Named<AT> {
        type Response = http::Response<Body>;
        type Error = Infallible;
        type Future = Ready<Result<http::Response<Body>, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: http::Request<Body>) -> Self::Future {
            ready(Ok(tonic::Status::unimplemented("").into_http()))
        }
    }

    #[test]
    fn a_service_that_would_get_no_calls_is_refused() {
        let server = || Server::new().plugins([]);
        let error = server().service(Named::<0>).bind("127.0.0.1:0").unwrap_err();
        assert_eq!(
            error.to_string(),
            "service `plug.v1.Plugins` cannot be added: the server itself has a service of that name\n\
             hint: give the service, or its package, another name in its `.proto`"
        );
        let error = server().service(Named::<1>).service(Named::<1>).bind("127.0.0.1:0").unwrap_err();
        assert_eq!(error.to_string(), "two services named `plugin.GRPCBroker` were added");
        // A server on a port has none of go-plugin's services, and one of health can be replaced.
        server().service(Named::<1>).service(Named::<2>).bind("127.0.0.1:0").unwrap();
    }

    #[test]
    fn a_server_without_plugins_and_services_is_refused() {
        let error = Server::new().plugins([]).bind("127.0.0.1:0").unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is nothing to serve: no plugin of a portable interface is there, and no service was added\n\
             hint: `plug::link!()` links the plugins that the features of its package choose"
        );
    }
}
