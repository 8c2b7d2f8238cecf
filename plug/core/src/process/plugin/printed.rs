//! Diverts a plugin's stdout from the handshake on, which alone goes to the host directly.
//!
//! The host reads it from a stream of the protocol.
//! If the host does not request that stream, the output goes to stderr.
//! So no output is lost, and no write to stdout blocks for ever.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
#[cfg(unix)]
use std::{
    io::{PipeReader, Read},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::mpsc;

#[cfg(unix)]
use crate::rpc::thread::spawn;

/// Whether a host has requested the output.
#[derive(Debug, Default)]
pub(crate) struct Drained {
    is_requested: Mutex<bool>,
    requested: Condvar,
}

impl Drained {
    /// Notes that a host has requested the output.
    pub(crate) fn tell(&self) {
        *self.is_requested.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.requested.notify_all();
    }

    /// Waits for the request, for at most [`REQUEST_TIMEOUT`]. True if there is one.
    #[cfg(unix)]
    fn wait(&self) -> bool {
        let is_requested = self.is_requested.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.requested.wait_timeout_while(is_requested, REQUEST_TIMEOUT, |is_requested| !*is_requested);
        let (is_requested, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *is_requested
    }
}

/// The number of chunks that are queued for the host.
#[cfg(unix)]
const QUEUED_CHUNKS: usize = 64;
/// The longest time that the first output waits for the host's request.
#[cfg(unix)]
const REQUEST_TIMEOUT: Duration = Duration::from_secs(1);

/// Diverts the stdout of this process to the receiver, and returns the original stdout too.
///
/// If `drained` has no request within [`REQUEST_TIMEOUT`] after the first output, all goes to
/// stderr.
#[cfg(unix)]
pub(crate) fn divert(drained: Arc<Drained>) -> io::Result<(mpsc::Receiver<Bytes>, std::os::fd::OwnedFd)> {
    let (read, write) = io::pipe()?;
    io::stdout().flush()?;
    let original = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
    rustix::stdio::dup2_stdout(write)?;
    let (send, receive) = mpsc::channel(QUEUED_CHUNKS);
    spawn("plug-stdout", move || forward(read, &send, &drained))?;
    Ok((receive, original))
}

/// The standard library cannot divert stdout here.
/// So the output follows the handshake line on the pipe, and the host logs it from there.
#[cfg(not(unix))]
pub(crate) fn divert(_: Arc<Drained>) -> io::Result<(mpsc::Receiver<Bytes>, ())> {
    let (send, receive) = mpsc::channel(1);
    // A leaked sender that never sends keeps the stream open as long as the process.
    std::mem::forget(send);
    Ok((receive, ()))
}

/// Writes to the host, past the diversion.
#[cfg(unix)]
pub(crate) fn to_host(original: &std::os::fd::OwnedFd) -> io::Result<impl Write + Send + use<>> {
    Ok(std::fs::File::from(original.try_clone()?))
}

#[cfg(not(unix))]
pub(crate) fn to_host((): &()) -> io::Result<impl Write + Send + use<>> {
    Ok(io::stdout())
}

/// Sends further output to stderr, so that the receiver ends after the output so far.
#[cfg(unix)]
pub(crate) fn end() {
    let _ = rustix::stdio::dup2_stdout(rustix::stdio::stderr());
}

#[cfg(not(unix))]
pub(crate) fn end() {}

#[cfg(unix)]
fn forward(mut from: PipeReader, to: &mpsc::Sender<Bytes>, drained: &Drained) {
    let mut chunk = vec![0; 16 * 1024];
    let mut is_first = true;
    loop {
        let data = match from.read(&mut chunk) {
            Ok(0) => return,
            Ok(len) => Bytes::copy_from_slice(&chunk[..len]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        if is_first {
            // A host that reads the output requests it right after the handshake.
            is_first = false;
            if !drained.wait() {
                let _ = io::stderr().write_all(&data);
                return to_stderr(from, chunk);
            }
        }
        if let Err(mpsc::error::SendError(data)) = to.blocking_send(data) {
            let _ = io::stderr().write_all(&data);
            return to_stderr(from, chunk);
        }
    }
}

#[cfg(unix)]
fn to_stderr(mut from: PipeReader, mut chunk: Vec<u8>) {
    while let Ok(len @ 1..) = from.read(&mut chunk) {
        let _ = io::stderr().write_all(&chunk[..len]);
    }
}
