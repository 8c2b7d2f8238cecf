//! Whether the host of this process is still there. However it has died, and whoever's host it was: nobody may be left over.

#[cfg(unix)]
pub(crate) use unix::{gone, parent};

#[cfg(unix)]
mod unix {
    use std::os::fd::OwnedFd;
    use std::{io, thread};

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Pid, getppid};
    use tokio::sync::oneshot;

    /// How often it is looked for where the system does not tell.
    const INTERVAL: Timespec = Timespec { tv_sec: 0, tv_nsec: 250_000_000 };

    /// The parent, to be asked for before the handshake: later it may be another.
    pub(crate) fn parent() -> Option<Pid> {
        getppid()
    }

    /// Told when the host is gone: the parent of this process; or both of the pipes to it, of which `stdout` is one, where it has started this
    /// process through another one that is still there.
    pub(crate) fn gone(parent: Option<Pid>, stdout: OwnedFd) -> io::Result<oneshot::Receiver<()>> {
        let (tell, told) = oneshot::channel();
        // A thread, since a runtime watches no process without `unsafe`.
        thread::Builder::new().name("plug-host".to_owned()).spawn(move || {
            watch(parent, &stdout);
            let _ = tell.send(());
        })?;
        Ok(told)
    }

    fn watch(parent: Option<Pid>, stdout: &OwnedFd) {
        let handle = parent.and_then(handle_of);
        let (mut is_stdout_there, mut is_stderr_there) = (true, true);
        while getppid() == parent && (is_stdout_there || is_stderr_there) {
            // An error is told of a pipe whose other end is closed, without being asked for; of a pipe that is gone it would be told for ever.
            let mut watched = Vec::with_capacity(3);
            if is_stdout_there {
                watched.push(PollFd::new(stdout, PollFlags::empty()));
            }
            if is_stderr_there {
                watched.push(PollFd::from_borrowed_fd(rustix::stdio::stderr(), PollFlags::empty()));
            }
            watched.extend(handle.as_ref().map(|handle| PollFd::new(handle, PollFlags::IN)));
            let limit = if handle.is_some() { None } else { Some(&INTERVAL) };
            if poll(&mut watched, limit).is_err() {
                continue;
            }
            let mut are_gone = watched.iter().map(|fd| !fd.revents().is_empty());
            if is_stdout_there {
                is_stdout_there = !are_gone.next().unwrap_or_default();
            }
            if is_stderr_there {
                is_stderr_there = !are_gone.next().unwrap_or_default();
            }
            if are_gone.next().unwrap_or_default() {
                return;
            }
        }
    }

    /// What can be waited for until the process is gone.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn handle_of(parent: Pid) -> Option<OwnedFd> {
        rustix::process::pidfd_open(parent, rustix::process::PidfdFlags::empty()).ok()
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn handle_of(_: Pid) -> Option<OwnedFd> {
        None
    }
}

/// There, nobody is asked for it.
#[cfg(not(unix))]
pub(crate) struct Parent;

#[cfg(not(unix))]
pub(crate) fn parent() -> Parent {
    Parent
}

/// There, the host ends its plugins.
#[cfg(not(unix))]
pub(crate) fn gone(_: Parent, (): ()) -> std::io::Result<std::future::Pending<()>> {
    Ok(std::future::pending())
}
