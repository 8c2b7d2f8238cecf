//! Notices the end of the host, so that a plugin never outlives it.
//! It works however the host ends, and for hosts of any library.

#[cfg(unix)]
pub(crate) use unix::{gone, parent};

#[cfg(unix)]
mod unix {
    use std::io;
    use std::os::fd::OwnedFd;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Pid, getppid};
    use tokio::sync::oneshot;

    use crate::rpc::thread::spawn;

    /// The interval of polls if the system cannot report the end of a process.
    const INTERVAL: Timespec = Timespec { tv_sec: 0, tv_nsec: 250_000_000 };

    /// The parent of this process.
    /// It must be read before the handshake: later it may be another process.
    pub(crate) fn parent() -> Option<Pid> {
        getppid()
    }

    /// Completes when the host has ended.
    ///
    /// That is when the parent of this process has ended, or when both pipes to the host are
    /// closed.
    /// The pipes decide if the host has started this process through another one that still runs.
    /// One of the pipes is `stdout`, the other one is stderr.
    pub(crate) fn gone(parent: Option<Pid>, stdout: OwnedFd) -> io::Result<oneshot::Receiver<()>> {
        let (send, receive) = oneshot::channel();
        // A thread, since a runtime watches no process without `unsafe`.
        spawn("plug-host", move || {
            watch(parent, &stdout);
            let _ = send.send(());
        })?;
        Ok(receive)
    }

    fn watch(parent: Option<Pid>, stdout: &OwnedFd) {
        let handle = parent.and_then(handle_of);
        let (mut is_stdout_open, mut is_stderr_open) = (true, true);
        while getppid() == parent && (is_stdout_open || is_stderr_open) {
            // `poll` reports the closed end of a pipe without any flag.
            // It would do so each time, so a closed pipe is polled no more.
            let mut watched = Vec::with_capacity(3);
            if is_stdout_open {
                watched.push(PollFd::new(stdout, PollFlags::empty()));
            }
            if is_stderr_open {
                watched.push(PollFd::from_borrowed_fd(rustix::stdio::stderr(), PollFlags::empty()));
            }
            watched.extend(handle.as_ref().map(|handle| PollFd::new(handle, PollFlags::IN)));
            let limit = if handle.is_some() { None } else { Some(&INTERVAL) };
            if poll(&mut watched, limit).is_err() {
                continue;
            }
            let mut are_ready = watched.iter().map(|fd| !fd.revents().is_empty());
            if is_stdout_open {
                is_stdout_open = !are_ready.next().unwrap_or_default();
            }
            if is_stderr_open {
                is_stderr_open = !are_ready.next().unwrap_or_default();
            }
            if are_ready.next().unwrap_or_default() {
                return;
            }
        }
    }

    /// A descriptor that becomes readable when the process ends.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn handle_of(parent: Pid) -> Option<OwnedFd> {
        rustix::process::pidfd_open(parent, rustix::process::PidfdFlags::empty()).ok()
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn handle_of(_: Pid) -> Option<OwnedFd> {
        None
    }
}

/// A parent that is not known, outside of Unix.
#[cfg(not(unix))]
pub(crate) struct Parent;

#[cfg(not(unix))]
pub(crate) fn parent() -> Parent {
    Parent
}

/// Never completes: outside of Unix, the host ends its plugins.
#[cfg(not(unix))]
pub(crate) fn gone(_: Parent, (): ()) -> std::io::Result<std::future::Pending<()>> {
    Ok(std::future::pending())
}
