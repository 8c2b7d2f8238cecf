//! A child process: started, waited for, and killed. It knows nothing of what the process is for.

use std::process::{ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};
use std::{io, thread};

use tokio::sync::watch;

/// How long a file that is being written is waited for.
const BUSY: Duration = Duration::from_millis(500);

/// A process of ours, or one that was.
#[derive(Debug, Clone)]
pub(crate) struct Child {
    id: u32,
    /// Whether its number is still its own: until it has been waited for, nobody else gets it.
    is_there: Arc<Mutex<bool>>,
    ended: watch::Receiver<Option<ExitStatus>>,
}

/// One that was just started.
pub(crate) struct Started {
    pub child: Child,
    pub stdout: ChildStdout,
    pub stderr: ChildStderr,
}

impl Child {
    /// Starts the command. Its life is tied to this process's, where the system can do that.
    pub(crate) fn start(mut command: Command) -> io::Result<Started> {
        let (send, receive) = mpsc::channel();
        // A thread for each child, which starts it and waits for it: the system ties a child's life to the thread that started it.
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
            let is_there = Arc::new(Mutex::new(true));
            let started = Child { id: child.id(), is_there: Arc::clone(&is_there), ended };
            let _ = send.send(Ok(Started { child: started, stdout, stderr }));
            wait_and_leave(&mut child);
            let mut is_there = is_there.lock().unwrap_or_else(PoisonError::into_inner);
            let status = child.wait();
            *is_there = false;
            drop(is_there);
            end.send_replace(Some(status.unwrap_or_default()));
        })?;
        receive.recv().map_err(|_| io::Error::other("the thread that starts the child is gone"))?
    }

    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// How it ended, if it has.
    pub(crate) fn status(&self) -> Option<ExitStatus> {
        *self.ended.borrow()
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&self) -> ExitStatus {
        let mut ended = self.ended.clone();
        let status = ended.wait_for(Option::is_some).await.ok().and_then(|status| *status);
        status.unwrap_or_default()
    }

    /// Kills it, if it is still there.
    #[cfg(unix)]
    pub(crate) fn kill(&self) {
        use rustix::process::{Pid, Signal, kill_process};
        let is_there = self.is_there.lock().unwrap_or_else(PoisonError::into_inner);
        if *is_there && let Some(id) = i32::try_from(self.id).ok().and_then(Pid::from_raw) {
            let _ = kill_process(id, Signal::KILL);
        }
    }

    #[cfg(not(unix))]
    pub(crate) fn kill(&self) {
        let is_there = self.is_there.lock().unwrap_or_else(PoisonError::into_inner);
        if *is_there {
            let id = self.id.to_string();
            let _ =
                Command::new("taskkill").args(["/F", "/PID", &id]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    }
}

/// A file that was just written, a copy of an executable say, is still open in what another thread has forked, until that runs something else.
fn spawn(command: &mut Command) -> io::Result<std::process::Child> {
    let start = Instant::now();
    loop {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && start.elapsed() < BUSY => {
                thread::sleep(Duration::from_millis(1));
            }
            done => return done,
        }
    }
}

/// Waits until the child has ended, and leaves it to be waited for once more.
#[cfg(unix)]
fn wait_and_leave(child: &mut std::process::Child) {
    use rustix::io::Errno;
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let Some(id) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return };
    while matches!(waitid(WaitId::Pid(id), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT), Err(Errno::INTR)) {}
}

#[cfg(not(unix))]
fn wait_and_leave(child: &mut std::process::Child) {
    while matches!(child.try_wait(), Ok(None)) {
        thread::sleep(Duration::from_millis(20));
    }
}

/// Has the child told to leave when this process is gone, in whatever way: a plugin that is not ours may not look for itself.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[allow(unsafe_code)]
fn tie_to_parent(command: &mut Command) {
    use std::os::unix::process::CommandExt;

    use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};

    let parent = getpid();
    let tie = move || {
        set_parent_process_death_signal(Some(Signal::TERM))?;
        // It may be gone since, and then nobody tells.
        if getppid() == Some(parent) { Ok(()) } else { Err(rustix::io::Errno::SRCH.into()) }
    };
    // SAFETY: between fork and exec it makes two system calls, and neither allocates nor takes a lock.
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
    fn what_cannot_be_started_says_so() {
        let failed = Child::start(Command::new("/no/such/file"));
        assert_eq!(failed.err().map(|error| error.kind()), Some(io::ErrorKind::NotFound));
    }
}
