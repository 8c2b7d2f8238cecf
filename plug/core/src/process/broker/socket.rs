//! The sockets of brokered connections that are not multiplexed: each listener has its own.

use std::io;
use std::ops::RangeInclusive;
use std::path::PathBuf;
#[cfg(unix)]
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::process::connection::Stream;
use crate::process::handshake::line::Address;
use crate::process::listen;
use crate::rpc::server::connections::Listener;

/// The place for the sockets of one side.
pub(crate) struct Place {
    /// The folder for Unix sockets.
    #[cfg_attr(not(unix), allow(dead_code, reason = "there are no Unix sockets"))]
    folder: PathBuf,
    /// The name or number of the group that may use a socket.
    #[cfg_attr(not(unix), allow(dead_code, reason = "there are no Unix sockets"))]
    group: Option<String>,
    /// The ports for a system without Unix sockets.
    #[cfg_attr(unix, allow(dead_code, reason = "Unix has sockets"))]
    ports: RangeInclusive<u16>,
    #[cfg(unix)]
    bound: Mutex<Vec<Weak<listen::TempPath>>>,
}

/// A socket that listens.
pub(crate) struct Bound {
    #[cfg(unix)]
    listener: tokio::net::UnixListener,
    #[cfg(unix)]
    path: Arc<listen::TempPath>,
    #[cfg(not(unix))]
    listener: tokio::net::TcpListener,
    #[cfg(not(unix))]
    address: std::net::SocketAddr,
}

impl Place {
    pub(crate) fn new(folder: PathBuf, group: Option<String>, ports: RangeInclusive<u16>) -> Self {
        Self {
            folder,
            group,
            ports,
            #[cfg(unix)]
            bound: Mutex::default(),
        }
    }

    /// Removes the files of all sockets, for a process that ends without dropping them.
    pub(crate) fn remove_all(&self) {
        #[cfg(unix)]
        for path in self.bound.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            if let Some(path) = path.upgrade() {
                let _ = std::fs::remove_file(&**path);
            }
        }
    }

    #[cfg(unix)]
    pub(crate) fn bind(&self) -> io::Result<Bound> {
        use std::os::unix::fs::PermissionsExt;
        let (listener, path) = listen::bind_in(&self.folder)?;
        match &self.group {
            Some(group) => listen::share(&path, group)?,
            // The mask of a process that has begun to work is not this crate's to change.
            None => std::fs::set_permissions(&*path, std::fs::Permissions::from_mode(0o600))?,
        }
        let path = Arc::new(path);
        let mut bound = self.bound.lock().unwrap_or_else(PoisonError::into_inner);
        bound.retain(|path| path.strong_count() > 0);
        bound.push(Arc::downgrade(&path));
        drop(bound);
        Ok(Bound { listener, path })
    }

    #[cfg(not(unix))]
    pub(crate) fn bind(&self) -> io::Result<Bound> {
        let (listener, address) = listen::lowest_free(&self.ports).map_err(io::Error::other)?;
        Ok(Bound { listener, address })
    }
}

impl Bound {
    pub(crate) fn address(&self) -> Address {
        #[cfg(unix)]
        return Address::Unix(self.path.to_path_buf());
        #[cfg(not(unix))]
        return Address::Tcp(self.address.to_string());
    }

    pub(crate) async fn accept(&mut self) -> io::Result<Box<dyn Stream>> {
        let (stream, _) = Listener::accept(&mut self.listener).await?;
        Ok(Box::new(stream))
    }
}
