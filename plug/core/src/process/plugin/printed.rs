//! What a plugin prints on its stdout after the handshake. The host reads it from a stream of the protocol; where it does not ask for that,
//! it goes to stderr, so that nothing is lost and nobody who prints has to wait for ever.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
#[cfg(unix)]
use std::{
    io::{PipeReader, Read, Write},
    thread,
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::mpsc;

/// Whether a host has asked for what is printed.
#[derive(Debug, Default)]
pub(crate) struct Drained {
    is_taken: Mutex<bool>,
    told: Condvar,
}

impl Drained {
    pub(crate) fn tell(&self) {
        *self.is_taken.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.told.notify_all();
    }

    #[cfg(unix)]
    fn wait(&self) -> bool {
        let is_taken = self.is_taken.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.told.wait_timeout_while(is_taken, PATIENCE, |is_taken| !*is_taken);
        let (is_taken, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *is_taken
    }
}

/// How many pieces wait for the host.
#[cfg(unix)]
const PIECES: usize = 64;
/// How long what was printed waits for a host to ask for it.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(1);

/// From here on, what this process prints goes to whoever has the receiver. Until `taken` is told it goes to stderr, after a while. With it
/// comes what was stdout before.
#[cfg(unix)]
pub(crate) fn divert(taken: Arc<Drained>) -> io::Result<(mpsc::Receiver<Bytes>, std::os::fd::OwnedFd)> {
    let (read, write) = io::pipe()?;
    io::stdout().flush()?;
    let before = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
    rustix::stdio::dup2_stdout(write)?;
    let (send, receive) = mpsc::channel(PIECES);
    thread::Builder::new().name("plug-stdout".to_owned()).spawn(move || forward(read, &send, &taken))?;
    Ok((receive, before))
}

/// The standard library offers no way to do it here, so what is printed is where the handshake was, and the host logs it.
#[cfg(not(unix))]
pub(crate) fn divert(_: Arc<Drained>) -> io::Result<(mpsc::Receiver<Bytes>, ())> {
    let (send, receive) = mpsc::channel(1);
    // An end that never sends: the stream stays open for as long as the process.
    std::mem::forget(send);
    Ok((receive, ()))
}

/// What is printed from here on goes to stderr, so that the receiver has an end: after what was printed before.
#[cfg(unix)]
pub(crate) fn end() {
    let _ = rustix::stdio::dup2_stdout(rustix::stdio::stderr());
}

#[cfg(not(unix))]
pub(crate) fn end() {}

#[cfg(unix)]
fn forward(mut from: PipeReader, to: &mpsc::Sender<Bytes>, taken: &Drained) {
    let mut piece = vec![0; 16 * 1024];
    let mut is_awaited = true;
    loop {
        let data = match from.read(&mut piece) {
            Ok(0) => return,
            Ok(len) => Bytes::copy_from_slice(&piece[..len]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        if is_awaited {
            // A host that wants it asks right after the handshake.
            is_awaited = false;
            if !taken.wait() {
                let _ = io::stderr().write_all(&data);
                return to_stderr(from, piece);
            }
        }
        if let Err(mpsc::error::SendError(data)) = to.blocking_send(data) {
            let _ = io::stderr().write_all(&data);
            return to_stderr(from, piece);
        }
    }
}

#[cfg(unix)]
fn to_stderr(mut from: PipeReader, mut piece: Vec<u8>) {
    while let Ok(len @ 1..) = from.read(&mut piece) {
        let _ = io::stderr().write_all(&piece[..len]);
    }
}
