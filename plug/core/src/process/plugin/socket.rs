//! The socket of a plugin: a Unix socket, or outside of Unix a port on 127.0.0.1.
//! A Unix socket is removed after use.

use std::fmt;

use rustls::ServerConfig;

use super::serve_with;
use crate::error::Error;
use crate::process::handshake::environment::HostEnvironment;
use crate::process::handshake::line::Address;
#[cfg(not(unix))]
use crate::process::listen::lowest_free;
#[cfg(unix)]
use crate::process::listen::{TempPath, bind_in, share};
use crate::rpc::server::connections::Speaks;
use crate::rpc::server::limits::Limits;

#[cfg(unix)]
pub(crate) struct Socket {
    listener: tokio::net::UnixListener,
    path: TempPath,
}

#[cfg(unix)]
impl Socket {
    /// Binds a socket in the folder that the host names, or in the one for temporary files.
    pub(crate) fn bind(environment: &HostEnvironment) -> Result<Self, Error> {
        use rustix::fs::Mode;

        let folder = environment.socket_dir.clone().unwrap_or_else(std::env::temp_dir);
        // Other users must not connect, and before the TLS handshake the mode alone keeps them out.
        // The mask is the process's, but nothing else creates files yet.
        let previous = rustix::process::umask(Mode::RWXG | Mode::RWXO | Mode::XUSR);
        let bound = bind_in(&folder);
        rustix::process::umask(previous);
        let (listener, path) = bound.map_err(|error| {
            let error = Error::msg(format!("no socket can be made in `{}`", folder.display())).with_source(error);
            match folder.as_os_str().len() {
                0..80 => error,
                len => Error::msg(format!(
                    "{error:#}\nhint: the path of a socket has about 100 bytes, and this folder's has {len}: set `TMPDIR` to a shorter one"
                )),
            }
        })?;
        if let Some(group) = &environment.socket_group {
            let shared = share(&path, group);
            shared.map_err(|error| {
                Error::msg(format!("the socket cannot be given to group `{group}`, as the host asks"))
                    .with_source(error)
            })?;
        }
        Ok(Self { listener, path })
    }

    pub(crate) fn address(&self) -> Address {
        Address::Unix(self.path.to_path_buf())
    }

    pub(crate) async fn serve(
        self,
        speaks: impl Speaks,
        secure: Option<ServerConfig>,
        limits: Limits,
        ended: impl Future<Output = ()>,
    ) {
        let Self { listener, path } = self;
        // The path goes first: a host that looks for it sees that the plugin is about to end.
        let ended = async move {
            ended.await;
            drop(path);
        };
        serve_with(listener, speaks, secure, limits, ended).await;
    }
}

#[cfg(not(unix))]
pub(crate) struct Socket {
    listener: tokio::net::TcpListener,
    address: std::net::SocketAddr,
}

#[cfg(not(unix))]
impl Socket {
    /// Binds the lowest free port of the host's range.
    pub(crate) fn bind(environment: &HostEnvironment) -> Result<Self, Error> {
        let (listener, address) = lowest_free(&environment.ports).map_err(Error::msg)?;
        Ok(Self { listener, address })
    }

    pub(crate) fn address(&self) -> Address {
        Address::Tcp(self.address.to_string())
    }

    pub(crate) async fn serve(
        self,
        speaks: impl Speaks,
        secure: Option<ServerConfig>,
        limits: Limits,
        ended: impl Future<Output = ()>,
    ) {
        serve_with(self.listener, speaks, secure, limits, ended).await;
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Socket").field(&self.address()).finish()
    }
}
