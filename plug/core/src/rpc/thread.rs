//! Starts threads, and waits in them. The error says that it is a thread that cannot be started.

use std::io;
use std::thread::{Builder, JoinHandle};

use tokio::runtime::Handle;

/// The most threads of a runtime for what may block: each call of a given object takes one.
pub(crate) const MOST_BLOCKING: usize = 10_000;

/// Starts a thread of this name.
///
/// # Errors
///
/// If the system has no thread left.
/// A limit of processes, which most systems also apply to threads, is the usual cause.
pub(crate) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).spawn(work).map_err(|error| unstarted("thread", &error))
}

/// The error of a thread or process that the system does not start.
pub(crate) fn unstarted(noun: &str, error: &io::Error) -> io::Error {
    let text = format!("no {noun} can be started: {error}");
    if error.kind() != io::ErrorKind::WouldBlock {
        return io::Error::new(error.kind(), text);
    }
    let hint = "hint: raise the limit of processes, which counts threads too: `ulimit -u`, or that of the container";
    io::Error::new(error.kind(), format!("{text}\n{hint}"))
}

/// Whether this thread is in no runtime.
pub(crate) fn is_outside() -> bool {
    Handle::try_current().is_err_and(|error| error.is_missing_context())
}

/// Whether this thread is dropping its thread-locals, among them that of its runtime.
pub(crate) fn is_ending() -> bool {
    Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_thread_or_process() {
        let limit = io::Error::from_raw_os_error(11);
        let error = unstarted("thread", &limit);
        assert_eq!(error.kind(), limit.kind());
        #[cfg(target_os = "linux")]
        assert_eq!(
            error.to_string(),
            "no thread can be started: Resource temporarily unavailable (os error 11)\n\
             hint: raise the limit of processes, which counts threads too: `ulimit -u`, or that of the container"
        );
        let memory = unstarted("process", &io::ErrorKind::OutOfMemory.into());
        assert_eq!(memory.to_string(), "no process can be started: out of memory");
    }

    #[test]
    fn a_thread_has_its_name() {
        let (send, receive) = std::sync::mpsc::channel();
        let thread = spawn("some-name", move || send.send(std::thread::current().name().map(str::to_owned)).unwrap());
        thread.unwrap().join().unwrap();
        assert_eq!(receive.recv().unwrap().as_deref(), Some("some-name"));
    }
}
