//! Binds the sockets of plugins and of brokered connections: a Unix socket, or outside of Unix a
//! port on 127.0.0.1.

#[cfg(unix)]
use std::{
    io,
    ops::Deref,
    path::{Path, PathBuf},
};

/// A path that is removed when this is dropped.
#[cfg(unix)]
pub(crate) struct TempPath(PathBuf);

#[cfg(unix)]
impl Drop for TempPath {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(unix)]
impl Deref for TempPath {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

/// Binds a socket with a name that is free.
#[cfg(unix)]
pub(crate) fn bind_in(folder: &Path) -> io::Result<(tokio::net::UnixListener, TempPath)> {
    use std::hash::{BuildHasher, Hasher, RandomState};
    loop {
        let number = RandomState::new().build_hasher().finish() as u32;
        let path = folder.join(format!("plugin{number}"));
        match tokio::net::UnixListener::bind(&path) {
            Ok(listener) => return Ok((listener, TempPath(path))),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error),
        }
    }
}

/// Lets a group use the socket, by its number or its name.
#[cfg(unix)]
pub(crate) fn share(path: &Path, group: &str) -> io::Result<()> {
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

/// Binds the lowest free port of the range.
#[cfg(not(unix))]
pub(crate) fn lowest_free(
    ports: &std::ops::RangeInclusive<u16>,
) -> Result<(tokio::net::TcpListener, std::net::SocketAddr), String> {
    let bound = ports.clone().find_map(|port| {
        let listener = std::net::TcpListener::bind(("127.0.0.1", port)).ok()?;
        let address = listener.local_addr().ok()?;
        listener.set_nonblocking(true).ok()?;
        Some((tokio::net::TcpListener::from_std(listener).ok()?, address))
    });
    bound.ok_or_else(|| format!("no port from {} to {} is free on 127.0.0.1", ports.start(), ports.end()))
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
