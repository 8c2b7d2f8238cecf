//! The socket of a plugin: a Unix socket, or outside of Unix a port on 127.0.0.1.
//! A Unix socket is removed after use.

use std::fmt;
#[cfg(unix)]
use std::{
    io,
    path::{Path, PathBuf},
};

use rustls::ServerConfig;

use super::serve_with;
use crate::error::Error;
use crate::process::handshake::environment::HostEnvironment;
use crate::process::handshake::line::Address;
use crate::rpc::server::connections::Speaks;
use crate::rpc::server::limits::Limits;

#[cfg(unix)]
pub(crate) struct Socket {
    listener: tokio::net::UnixListener,
    path: TempPath,
}

/// A path that is removed when this is dropped.
#[cfg(unix)]
struct TempPath(PathBuf);

#[cfg(unix)]
impl Drop for TempPath {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
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
        let path = TempPath(path);
        if let Some(group) = &environment.socket_group {
            let shared = share(&path.0, group);
            shared.map_err(|error| {
                Error::msg(format!("the socket cannot be given to group `{group}`, as the host asks"))
                    .with_source(error)
            })?;
        }
        Ok(Self { listener, path })
    }

    pub(crate) fn address(&self) -> Address {
        Address::Unix(self.path.0.clone())
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

/// Binds a socket with a name that is free.
#[cfg(unix)]
fn bind_in(folder: &Path) -> io::Result<(tokio::net::UnixListener, PathBuf)> {
    use std::hash::{BuildHasher, Hasher, RandomState};
    loop {
        let number = RandomState::new().build_hasher().finish() as u32;
        let path = folder.join(format!("plugin{number}"));
        match tokio::net::UnixListener::bind(&path) {
            Ok(listener) => return Ok((listener, path)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error),
        }
    }
}

/// Lets a group use the socket, by its number or its name.
#[cfg(unix)]
fn share(path: &Path, group: &str) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let id = match group.parse() {
        Ok(id) => id,
        Err(_) => group_of(&std::fs::read_to_string("/etc/group")?, group)
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "there is no such group"))?,
    };
    std::os::unix::fs::chown(path, None, Some(id))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))
}

/// The number of a group in the text of `/etc/group`, with lines like `users:x:100:`.
#[cfg(unix)]
fn group_of(groups: &str, name: &str) -> Option<u32> {
    let mut lines = groups.lines().map(|line| line.split(':'));
    lines.find_map(|mut fields| if fields.next() == Some(name) { fields.nth(1)?.parse().ok() } else { None })
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
        let bound = environment.ports.clone().find_map(|port| {
            let listener = std::net::TcpListener::bind(("127.0.0.1", port)).ok()?;
            let address = listener.local_addr().ok()?;
            listener.set_nonblocking(true).ok()?;
            Some((tokio::net::TcpListener::from_std(listener).ok()?, address))
        });
        let (min, max) = (environment.ports.start(), environment.ports.end());
        let bound = bound.ok_or_else(|| Error::msg(format!("no port from {min} to {max} is free on 127.0.0.1")));
        bound.map(|(listener, address)| Self { listener, address })
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_group_has_a_number() {
        let groups = "root:x:0:\nusers:x:100:ann,bob\nodd\nbad:x:y:\n";
        assert_eq!(group_of(groups, "users"), Some(100));
        assert_eq!(["odd", "bad", "none", ""].map(|name| group_of(groups, name)), [None; 4]);
    }
}
