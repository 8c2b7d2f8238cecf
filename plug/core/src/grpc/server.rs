//! The server's side: plugins on a port or a socket, behind whatever speaks gRPC.

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
use crate::rpc::server::builder::Server;
use crate::rpc::server::connections;
use crate::rpc::server::router::Router;
use crate::rpc::server::workers::Workers;
use crate::wire::dispatch::Dispatch;

/// How long calls that are under way may go on when the server is told to stop.
const GRACE: Duration = Duration::from_secs(30);
/// The longest request that is taken where nothing else is said, in bytes: who sends it may be anybody.
const MOST: usize = 64 << 20;

/// A server that listens already, and serves from [`serve`](Self::serve) on. [`Server::bind`] makes one.
pub struct GrpcServer {
    workers: Workers,
    listener: Listening,
    front: Router,
    stop: Arc<Notify>,
    /// There when the system tells the program to end.
    signalled: Signalled,
    grace: Duration,
}

enum Listening {
    Tcp(tokio::net::TcpListener),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener, std::path::PathBuf),
}

/// Stops a server, from anywhere. [`GrpcServer::stop`] gives one.
#[derive(Debug, Clone)]
pub struct GrpcStop(Arc<Notify>);

impl GrpcStop {
    /// Has the server take no more connections, finish the calls that are under way, and return.
    pub fn stop(&self) {
        self.0.notify_one();
    }
}

impl Server {
    /// Listens at the address: `grpc://HOST:PORT`, where port 0 is any that is free, or `grpc+unix:PATH`. What connects from now on waits until it is
    /// [served](GrpcServer::serve). From now on SIGTERM and SIGINT mean the server.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Address`] where it is no address, and where it cannot be listened at.
    pub fn bind(self, address: &str) -> Result<GrpcServer, Error> {
        let address = GrpcAddress::to_listen(address).map_err(|fault| ErrorKind::Address { fault })?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let workers = Workers::new(runtime.map_err(Error::new)?);
        let context = workers.runtime().enter();
        let max_len = self.max_request.unwrap_or(MOST);
        let dispatch = Dispatch::new(self.plugins)?;
        self.services.or_plugins(&dispatch)?;
        let routes = crate::rpc::server::builder::routes(self.services, &dispatch, &[""], &[])?;
        let listener =
            listen(&address).map_err(|error| Error::msg(format!("cannot listen at `{address}`")).with_source(error))?;
        let front = Router::new(dispatch, Box::new(()), routes, workers.calls(), max_len);
        let signalled = Signalled::new().map_err(Error::new)?;
        drop(context);
        Ok(GrpcServer { workers, listener, front, stop: Arc::new(Notify::new()), signalled, grace: GRACE })
    }
}

fn listen(address: &GrpcAddress) -> io::Result<Listening> {
    match address {
        GrpcAddress::Tcp { hosts, .. } => {
            let listener = std::net::TcpListener::bind(&hosts[0][..])?;
            listener.set_nonblocking(true)?;
            Ok(Listening::Tcp(tokio::net::TcpListener::from_std(listener)?))
        }
        #[cfg(unix)]
        GrpcAddress::Unix(path) => {
            let bound = tokio::net::UnixListener::bind(path).or_else(|error| {
                // What another server has left behind, nobody listens at.
                let is_left = error.kind() == io::ErrorKind::AddrInUse
                    && std::os::unix::net::UnixStream::connect(path)
                        .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
                if !is_left {
                    return Err(error);
                }
                std::fs::remove_file(path)?;
                tokio::net::UnixListener::bind(path)
            })?;
            Ok(Listening::Unix(bound, path.clone()))
        }
        #[cfg(not(unix))]
        GrpcAddress::Unix(_) => Err(io::Error::new(io::ErrorKind::Unsupported, "there are no Unix sockets here")),
    }
}

impl GrpcServer {
    /// Where it listens, with the port that was free.
    pub fn address(&self) -> String {
        match &self.listener {
            Listening::Tcp(listener) => {
                let address: Option<SocketAddr> = listener.local_addr().ok();
                address.map(|address| format!("grpc://{address}")).unwrap_or_default()
            }
            #[cfg(unix)]
            Listening::Unix(_, path) => format!("grpc+unix:{}", path.display()),
        }
    }

    /// The same, which gives calls that are under way so long when it is told to stop. 30 seconds, where nothing else is said.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// What stops it, from another thread.
    pub fn stop(&self) -> GrpcStop {
        GrpcStop(Arc::clone(&self.stop))
    }

    /// Serves, until it is told to stop: by [`GrpcStop`], or by the system with SIGTERM or SIGINT. Calls that are under way go on for as long as the
    /// [grace](Self::grace), or until another such signal. When it returns, no connection is left.
    ///
    /// # Errors
    ///
    /// Where the system has no thread for it.
    pub fn serve(self) -> Result<(), Error> {
        let Self { workers, listener, front, stop, signalled, grace } = self;
        let again = signalled.clone();
        let ended = async move {
            tokio::select! {
                () = stop.notified() => {}
                () = signalled.next() => {}
            }
        };
        // Who says it twice does not want to wait.
        let grace = async move {
            tokio::select! {
                () = sleep(grace) => {}
                () = again.next() => {}
            }
        };
        // A method that goes on for longer does so without anybody who waits for it.
        let served = workers.run(async move {
            match listener {
                Listening::Tcp(listener) => connections::serve(listener, (), front, ended, grace).await,
                #[cfg(unix)]
                Listening::Unix(listener, path) => {
                    let ended = async move {
                        ended.await;
                        let _ = std::fs::remove_file(path);
                    };
                    connections::serve(listener, (), front, ended, grace).await;
                }
            }
        });
        served.map_err(Error::new)
    }
}

/// The signals by which the system tells the program to end. As long as the program runs they do not end it by themselves.
#[derive(Clone)]
struct Signalled(Arc<Mutex<Signals>>);

#[cfg(unix)]
struct Signals(tokio::signal::unix::Signal, tokio::signal::unix::Signal);

#[cfg(not(unix))]
struct Signals(tokio::signal::windows::CtrlC);

impl Signalled {
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
            let is_told = signals.0.poll_recv(context).is_ready();
            #[cfg(unix)]
            let is_told = is_told | signals.1.poll_recv(context).is_ready();
            if is_told { Poll::Ready(()) } else { Poll::Pending }
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
    use super::*;

    #[test]
    fn nothing_is_not_served() {
        let error = Server::new().plugins([]).bind("127.0.0.1:0").unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is nothing to serve: no plugin of a portable interface is there, and no service was added\n\
             hint: `plug::link!()` links the plugins that the features of its package choose"
        );
    }
}
