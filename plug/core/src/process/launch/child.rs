//! A child process: starts it, waits for its end, and kills it.
//!
//! On Unix it leads a process group, which ends as a whole: with the child, and when it is killed.
//! So a plugin behind a wrapper, such as a shell, ends with the wrapper.

use std::process::{ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};
use std::{io, thread};

use tokio::sync::watch;

use crate::rpc::thread::{spawn, unstarted};

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
    /// It has no open descriptor but its stdin, stdout and stderr.
    pub(crate) fn start(mut command: Command) -> io::Result<Started> {
        let (send, receive) = mpsc::channel();
        // Linux ties the child's life to the thread that starts it.
        // So each child has a thread, which also waits for its end.
        spawn("plug-child", move || {
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            #[cfg(unix)]
            prepare(&mut command, WAYS);
            let mut child = match start(&mut command) {
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
            let keeps_id = wait_without_reaping(&mut child);
            let mut has_id = has_id.lock().unwrap_or_else(PoisonError::into_inner);
            // A child that is not reaped keeps its ID, which is that of its group too.
            if keeps_id {
                kill_descendants(child.id());
            }
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

    /// Kills it and its descendants, unless it has ended.
    pub(crate) fn kill(&self) {
        let has_id = self.has_id.lock().unwrap_or_else(PoisonError::into_inner);
        if *has_id {
            kill_all(self.id);
        }
    }
}

/// Kills the child with this ID, and its descendants.
/// On Unix these are the processes of its group: one that has left the group goes on.
#[cfg(unix)]
fn kill_all(id: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill_all(id: u32) {
    let id = id.to_string();
    let _ =
        Command::new("taskkill").args(["/F", "/T", "/PID", &id]).stdout(Stdio::null()).stderr(Stdio::null()).status();
}

/// Kills the descendants of a child that has ended.
#[cfg(unix)]
fn kill_descendants(id: u32) {
    kill_all(id);
}

/// `taskkill` finds descendants by their parents, and only while these run.
#[cfg(not(unix))]
fn kill_descendants(_: u32) {}

/// Starts the command, and retries while its file is busy.
///
/// A file that was just written, such as a copy of an executable, may still be open for writing:
/// a child that another thread has forked inherits the descriptor until its exec.
fn start(command: &mut Command) -> io::Result<std::process::Child> {
    let since = Instant::now();
    loop {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && since.elapsed() < BUSY_TIMEOUT => {
                thread::sleep(Duration::from_millis(1));
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(unstarted("process", &error)),
            done => return done,
        }
    }
}

/// Waits until the child has ended, without reaping it: its ID stays valid until the next wait.
/// False if the system has reaped it, as it does if this program ignores SIGCHLD.
#[cfg(unix)]
fn wait_without_reaping(child: &mut std::process::Child) -> bool {
    use rustix::io::Errno;
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let Some(id) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return false };
    loop {
        match waitid(WaitId::Pid(id), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
            Err(Errno::INTR) => {}
            waited => return waited.is_ok_and(|status| status.is_some()),
        }
    }
}

#[cfg(not(unix))]
fn wait_without_reaping(child: &mut std::process::Child) -> bool {
    while matches!(child.try_wait(), Ok(None)) {
        thread::sleep(Duration::from_millis(20));
    }
    false
}

/// The first descriptor after stdin, stdout and stderr.
#[cfg(unix)]
const FIRST: libc::c_int = 3;

/// A way to mark the inherited descriptors, so that exec closes them.
#[cfg(unix)]
#[derive(Clone, Copy)]
enum Way {
    /// One system call, which Linux has since 5.11.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    Range,
    /// One by one, those that the system lists.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    Listed,
    /// One by one, all below the limit.
    Below,
}

/// All ways. The first one that works is enough.
#[cfg(unix)]
const WAYS: &[Way] = &[
    #[cfg(any(target_os = "linux", target_os = "android"))]
    Way::Range,
    #[cfg(any(target_os = "linux", target_os = "android"))]
    Way::Listed,
    Way::Below,
];

/// Makes the child a leader of a process group, ties its life to this process, and has exec close
/// its inherited descriptors, by the first of the ways that works.
///
/// A descriptor of this program may be inherited because it was opened without `CLOEXEC`.
/// It may be one of a file that the plugin must not read.
/// It is not closed before exec: by one of them the standard library reports a failed exec.
#[cfg(unix)]
#[allow(unsafe_code)]
fn prepare(command: &mut Command, ways: &'static [Way]) {
    use std::os::unix::process::CommandExt;

    // In its own group, the child gets no signals from the terminal of this program either.
    command.process_group(0);
    let parent = rustix::process::getpid();
    let limit = descriptor_limit();
    // SAFETY: between fork and exec, in a copy of one thread of this process, the closure makes
    // system calls alone: it neither allocates nor takes a lock.
    // It reads no memory but its captured values, a constant list of ways and its own stack.
    // The two calls of C take numbers and read no memory.
    // They set a flag of open descriptors, and fail for other numbers.
    unsafe {
        command.pre_exec(move || {
            tie_to(parent)?;
            let mark = |number| _ = libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC);
            let _ = ways.iter().any(|way| match way {
                #[cfg(any(target_os = "linux", target_os = "android"))]
                Way::Range => libc::syscall(libc::SYS_close_range, FIRST, libc::c_uint::MAX, CLOSE_RANGE_CLOEXEC) == 0,
                #[cfg(any(target_os = "linux", target_os = "android"))]
                Way::Listed => for_each_listed(mark).is_ok(),
                Way::Below => {
                    (FIRST..limit).for_each(mark);
                    true
                }
            });
            Ok(())
        })
    };
}

/// The flag of `close_range` that marks instead of closing.
#[cfg(any(target_os = "linux", target_os = "android"))]
const CLOSE_RANGE_CLOEXEC: libc::c_uint = 1 << 2;

/// Makes the system send SIGTERM to this process when its parent ends, in whatever way.
/// A plugin of another library may not notice the end of its host.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn tie_to(parent: rustix::process::Pid) -> io::Result<()> {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};

    set_parent_process_death_signal(Some(Signal::TERM))?;
    // The parent may have ended before the call. Then there is no signal.
    if getppid() == Some(parent) { Ok(()) } else { Err(rustix::io::Errno::SRCH.into()) }
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
fn tie_to(_: rustix::process::Pid) -> io::Result<()> {
    Ok(())
}

/// Calls `mark` for the descriptors that the system lists. The entries are read to the stack.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn for_each_listed(mark: impl Fn(libc::c_int)) -> io::Result<()> {
    use rustix::fs::{Mode, OFlags, RawDir, open};

    let folder = open(c"/proc/self/fd", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let mut buffer = [std::mem::MaybeUninit::uninit(); 2048];
    let mut entries = RawDir::new(&folder, &mut buffer);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let number = std::str::from_utf8(entry.file_name().to_bytes()).ok().and_then(|name| name.parse().ok());
        if let Some(number @ FIRST..) = number {
            mark(number);
        }
    }
    Ok(())
}

/// The limit of the numbers of descriptors, for a system that does not list them.
/// Linux has a million at most, unless its administrator raises `nr_open`.
#[cfg(unix)]
fn descriptor_limit() -> libc::c_int {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    limit.map_or(1 << 20, |limit| limit.min(1 << 20) as libc::c_int)
}

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

    /// The group of a child that has ended has none of its descendants.
    #[test]
    fn its_descendants_end_with_it() {
        let Started { mut stdout, .. } = shell("sleep 1000 & echo");
        let start = Instant::now();
        // The pipe ends when the last process has closed it.
        stdout.read_to_end(&mut Vec::new()).unwrap();
        assert!(start.elapsed() < Duration::from_secs(100), "{:?}", start.elapsed());

        let Started { child, mut stdout, .. } = shell("sleep 1000; echo no");
        child.kill();
        let mut printed = String::new();
        stdout.read_to_string(&mut printed).unwrap();
        assert_eq!(printed, "");
    }

    /// A file that an exec does not close, under a number above the usual ones.
    fn inherited() -> std::os::fd::OwnedFd {
        let file = std::fs::File::open("/dev/null").unwrap();
        let kept = rustix::io::fcntl_dupfd_cloexec(&file, 200).unwrap();
        rustix::io::fcntl_setfd(&kept, rustix::io::FdFlags::empty()).unwrap();
        kept
    }

    /// The numbers of the descriptors that the child has, while `kept` is open.
    #[cfg(target_os = "linux")]
    fn descriptors(mut stdout: ChildStdout, kept: std::os::fd::OwnedFd) -> String {
        let mut printed = String::new();
        stdout.read_to_string(&mut printed).unwrap();
        drop(kept);
        printed
    }

    /// The shell opens no descriptor to list them.
    #[cfg(target_os = "linux")]
    const LIST: &str = "for fd in /proc/$$/fd/*; do [ -e $fd ] && printf '%s ' ${fd##*/}; done";

    #[test]
    #[cfg(target_os = "linux")]
    fn it_inherits_no_descriptor() {
        let kept = inherited();
        let Started { stdout, .. } = shell(LIST);
        assert_eq!(descriptors(stdout, kept), "0 1 2 ");
    }

    /// Each way alone marks all of them.
    #[test]
    #[cfg(target_os = "linux")]
    fn it_inherits_none_on_an_older_system() {
        let ways: [(&'static [Way], bool); 4] =
            [(&[], true), (&[Way::Range], false), (&[Way::Listed], false), (&[Way::Below], false)];
        for (at, (ways, inherits)) in ways.into_iter().enumerate() {
            let kept = inherited();
            let number = std::os::fd::AsRawFd::as_raw_fd(&kept);
            let mut command = Command::new("/bin/sh");
            command.args(["-c", LIST]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
            prepare(&mut command, ways);
            let mut child = command.spawn().unwrap();
            let found = descriptors(child.stdout.take().unwrap(), kept);
            child.wait().unwrap();
            match inherits {
                true => assert!(found.contains(&format!(" {number} ")), "{at}: {found}"),
                false => assert_eq!(found, "0 1 2 ", "{at}"),
            }
        }
    }

    #[test]
    fn a_failed_start_is_an_error() {
        let failed = Child::start(Command::new("/no/such/file"));
        assert_eq!(failed.err().map(|error| error.kind()), Some(io::ErrorKind::NotFound));
    }
}
