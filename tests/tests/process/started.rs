//! The worker, started as each test wants it, and what is said of what cannot be.

use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use plug::link::{Process, ProcessOptions};
use plug::{Error, Registry};
use plug_tests::program;
use process_interface::Work;

use crate::PROTOCOL;

/// Longer than anything takes that does not hang.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// The worker, as it is.
pub(crate) fn worker() -> Process {
    open(ProcessOptions::new())
}

/// The worker with these options.
pub(crate) fn open(options: ProcessOptions) -> Process {
    options.env("PLUG_PROTOCOL", PROTOCOL).start_timeout(LONG).open(program("worker")).unwrap()
}

/// The only plugin of `Work` that the process has.
pub(crate) fn work(process: &Process) -> Box<dyn Work> {
    let mut registry = Registry::new();
    registry.add(process).unwrap();
    let plugin = registry.plugins_of::<dyn Work>().next().expect("it has one");
    plugin.open().unwrap()
}

/// A shell as a plugin, with this script. It makes one of any program, with nothing to be written to a file.
pub(crate) fn shell(script: &str) -> ProcessOptions {
    ProcessOptions::new().env("PLUG_PROTOCOL", PROTOCOL).arg("-c").arg(script)
}

/// What is said of the shell that cannot be started as a plugin.
pub(crate) fn refusal_of(options: ProcessOptions) -> String {
    refusal(&options.open("/bin/sh").unwrap(), Path::new("/bin/sh"))
}

/// What is said of a process that cannot be started.
pub(crate) fn refusal(process: &Process, path: &Path) -> String {
    told(&process.check().expect_err("it cannot be started"), path)
}

/// What an error says, with its causes, and `PATH` for the path.
pub(crate) fn told(error: &Error, path: &Path) -> String {
    format!("{error:?}").replace(&*path.to_string_lossy(), "PATH")
}

/// The same of the worker.
pub(crate) fn told_of_worker(error: &Error) -> String {
    told(error, &program("worker"))
}

/// What `work` returns, which must not take long.
#[track_caller]
pub(crate) fn in_time<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    let (send, receive) = mpsc::channel();
    let thread = thread::spawn(move || _ = send.send(work()));
    match receive.recv_timeout(LONG) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => match thread.join() {
            Err(payload) => std::panic::resume_unwind(payload),
            Ok(()) => unreachable!("it has sent a result"),
        },
    }
}
