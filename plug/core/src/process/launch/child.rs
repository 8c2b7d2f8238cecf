//! A child process: starts it, waits for its end, and kills it.

use std::process::{ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};
use std::{io, thread};

use tokio::sync::watch;

/// The longest wait for an executable that is open for writing.
const BUSY_TIMEOUT: Duration = Duration::from_millis(500);

/// A child process, which may have ended.
#[derive(Debug, Clone)]
pub(crate) struct Child {
    id: u32,
    /// Whether the ID still belongs to the child.
    /// The system reuses it only after a wait for the child.
    has_id: Arc<Mutex<bool>>,
    ended: watch::Receiver<Option<ExitStatus>>,
}

/// A child that was just started, with its pipes.
pub(crate) struct Started {
    pub child: Child,
    pub stdout: ChildStdout,
    pub stderr: ChildStderr,
}

impl Child {
    /// Starts the command. On Linux the child ends with this process.
    pub(crate) fn start(mut command: Command) -> io::Result<Started> {
        let (send, receive) = mpsc::channel();
        // Linux ties the child's life to the thread that starts it.
        // So each child has a thread, which also waits for its end.
        thread::Builder::new().name("plug-child".to_owned()).spawn(move || {
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            tie_to_parent(&mut command);
            let mut child = match spawn(&mut command) {
                Ok(child) => child,
                Err(error) => {
                    let _ = send.send(Err(error));
                    return;
                }
            };
            let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
                let _ = send.send(Err(io::Error::other("the child has no pipes")));
                return;
            };
            let (end, ended) = watch::channel(None);
            let has_id = Arc::new(Mutex::new(true));
            let started = Child { id: child.id(), has_id: Arc::clone(&has_id), ended };
            let _ = send.send(Ok(Started { child: started, stdout, stderr }));
            wait_without_reaping(&mut child);
            let mut has_id = has_id.lock().unwrap_or_else(PoisonError::into_inner);
            let status = child.wait();
            *has_id = false;
            drop(has_id);
            end.send_replace(Some(status.unwrap_or_default()));
        })?;
        receive.recv().map_err(|_| io::Error::other("the thread that starts the child is gone"))?
    }

    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Its exit status, if it has ended.
    pub(crate) fn status(&self) -> Option<ExitStatus> {
        *self.ended.borrow()
    }

    /// Waits for its end.
    pub(crate) async fn ended(&self) -> ExitStatus {
        let mut ended = self.ended.clone();
        let status = ended.wait_for(Option::is_some).await.ok().and_then(|status| *status);
        status.unwrap_or_default()
    }

    /// Kills it, unless it has ended.
    #[cfg(unix)]
    pub(crate) fn kill(&self) {
        use rustix::process::{Pid, Signal, kill_process};
        let has_id = self.has_id.lock().unwrap_or_else(PoisonError::into_inner);
        if *has_id && let Some(id) = i32::try_from(self.id).ok().and_then(Pid::from_raw) {
            let _ = kill_process(id, Signal::KILL);
        }
    }

    #[cfg(not(unix))]
    pub(crate) fn kill(&self) {
        let has_id = self.has_id.lock().unwrap_or_else(PoisonError::into_inner);
        if *has_id {
            let id = self.id.to_string();
            let _ =
                Command::new("taskkill").args(["/F", "/PID", &id]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    }
}

/// Starts the command, and retries while its file is busy.
///
/// A file that was just written, such as a copy of an executable, may still be open for writing:
/// a child that another thread has forked inherits the descriptor until its exec.
fn spawn(command: &mut Command) -> io::Result<std::process::Child> {
    let start = Instant::now();
    loop {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && start.elapsed() < BUSY_TIMEOUT => {
                thread::sleep(Duration::from_millis(1));
            }
            done => return done,
        }
    }
}

/// Waits until the child has ended, without reaping it: its ID stays valid until the next wait.
#[cfg(unix)]
fn wait_without_reaping(child: &mut std::process::Child) {
    use rustix::io::Errno;
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let Some(id) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return };
    while matches!(waitid(WaitId::Pid(id), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT), Err(Errno::INTR)) {}
}

#[cfg(not(unix))]
fn wait_without_reaping(child: &mut std::process::Child) {
    while matches!(child.try_wait(), Ok(None)) {
        thread::sleep(Duration::from_millis(20));
    }
}

/// Makes the system send SIGTERM to the child when this process ends, in whatever way.
/// A plugin of another library may not notice the end of its host.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[allow(unsafe_code)]
fn tie_to_parent(command: &mut Command) {
    use std::os::unix::process::CommandExt;

    use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};

    let parent = getpid();
    let tie = move || {
        set_parent_process_death_signal(Some(Signal::TERM))?;
        // The parent may have ended before the call. Then there is no signal.
        if getppid() == Some(parent) { Ok(()) } else { Err(rustix::io::Errno::SRCH.into()) }
    };
    // SAFETY: between fork and exec it makes two system calls, and neither allocates nor takes a
    // lock.
    unsafe { command.pre_exec(tie) };
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn tie_to_parent(_: &mut Command) {}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read;
    use std::os::unix::process::ExitStatusExt;

    use super::*;
    use crate::rpc::client::driver::Driver;

    fn shell(script: &str) -> Started {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).stdin(Stdio::null());
        Child::start(command).unwrap()
    }

    fn ended(child: &Child) -> ExitStatus {
        Driver::get().unwrap().wait(child.ended())
    }

    #[test]
    fn its_status_and_what_it_writes() {
        let Started { child, mut stdout, mut stderr } = shell("echo out; echo err >&2; exit 7");
        let (mut out, mut err) = (String::new(), String::new());
        stdout.read_to_string(&mut out).unwrap();
        stderr.read_to_string(&mut err).unwrap();
        assert_eq!((&out[..], &err[..]), ("out\n", "err\n"));
        assert_eq!(ended(&child).code(), Some(7));
        assert_eq!(child.status().and_then(|status| status.code()), Some(7));
    }

    #[test]
    fn it_can_be_killed_and_killed_again() {
        let Started { child, .. } = shell("exec sleep 1000");
        assert_eq!(child.status(), None);
        child.kill();
        assert_eq!(ended(&child).signal(), Some(9));
        child.kill();
    }

    #[test]
    fn a_failed_start_is_an_error() {
        let failed = Child::start(Command::new("/no/such/file"));
        assert_eq!(failed.err().map(|error| error.kind()), Some(io::ErrorKind::NotFound));
    }
}
