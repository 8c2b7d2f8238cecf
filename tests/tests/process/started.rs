//! Starts the worker with the options of a test, and formats the errors.

use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use plug::link::{Process, ProcessOptions};
use plug::{Error, Registry};
use plug_tests::program;
use process_interface::Work;

use crate::PROTOCOL;

/// Longer than anything that does not hang.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// The worker with the default options.
pub(crate) fn worker() -> Process {
    open(ProcessOptions::new())
}

/// The worker with these options.
pub(crate) fn open(options: ProcessOptions) -> Process {
    crate::noise::listen();
    options.env("PLUG_PROTOCOL", PROTOCOL).start_timeout(LONG).open(program("worker")).unwrap()
}

/// The only plugin of `Work` that the process has.
pub(crate) fn work(process: &Process) -> Box<dyn Work> {
    let mut registry = Registry::new();
    registry.add(process).unwrap();
    let plugin = registry.plugins_of::<dyn Work>().next().expect("it has one");
    plugin.open().unwrap()
}

/// A shell with this script as a plugin, which needs no file of its own.
pub(crate) fn shell(script: &str) -> ProcessOptions {
    crate::noise::listen();
    ProcessOptions::new().env("PLUG_PROTOCOL", PROTOCOL).arg("-c").arg(script)
}

/// The error for a shell that cannot be started as a plugin.
pub(crate) fn refusal_of(options: ProcessOptions) -> String {
    refusal(&options.open("/bin/sh").unwrap(), Path::new("/bin/sh"))
}

/// The error for a process that cannot be started.
pub(crate) fn refusal(process: &Process, path: &Path) -> String {
    message_of(&process.check().expect_err("it cannot be started"), path)
}

/// The message of an error and of its causes, with `PATH` for the path.
pub(crate) fn message_of(error: &Error, path: &Path) -> String {
    format!("{error:?}").replace(&*path.to_string_lossy(), "PATH")
}

/// The message of an error of the worker, with `PATH` for its path.
pub(crate) fn worker_message(error: &Error) -> String {
    message_of(error, &program("worker"))
}

/// Runs `work`, which must not take long.
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
