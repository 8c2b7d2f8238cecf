//! What can be wrong with a plugin that is a process, in words. It starts none, and reads no file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use crate::error::handshake::HandshakeFault;

/// The way to do without TLS, as messages name it.
const WITHOUT_TLS: &str = "ProcessOptions::without_tls";

/// What is wrong with a plugin that is a process, by the step that found it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProcessFault {
    /// It cannot be started; the system's error, where there is one, is the source.
    Spawn {
        /// Why, where the file shows it.
        why: Option<Unrunnable>,
    },
    /// The file is another than the one that is allowed.
    Digest {
        /// The SHA-256 that was asked for, in hexadecimal digits.
        expected: String,
        /// The file's.
        found: String,
    },
    /// It printed something else than a handshake that this program can use.
    Handshake {
        /// What is wrong with it.
        fault: HandshakeFault,
        /// How the process ended, where it has.
        status: Option<ExitStatus>,
        /// The last lines on its stderr, escaped.
        stderr: Vec<String>,
    },
    /// It ended before its handshake, and printed nothing.
    Exited {
        /// How; none where it has only closed its stdout.
        status: Option<ExitStatus>,
        /// The last lines on its stderr, escaped.
        stderr: Vec<String>,
    },
    /// It has not printed a handshake in time.
    StartTimeout {
        /// How long it had.
        after: Duration,
        /// What it printed of a line that has not ended, escaped, and cut where it is long.
        printed: String,
        /// The last lines on its stderr, escaped.
        stderr: Vec<String>,
    },
    /// It answered without a certificate where TLS is wanted.
    NoCertificate,
    /// Its certificate cannot be used, or it shows another; the error is the source.
    Tls,
    /// Nobody answers where it says that it listens; the error is the source.
    Connect {
        /// Where: `unix:` or `tcp:`, and what follows is the address.
        address: String,
    },
    /// It has ended.
    Died {
        /// Whether the call may have been begun. Else it was surely not.
        was_called: bool,
        /// How, where that is known.
        status: Option<ExitStatus>,
        /// The last lines on its stderr, escaped.
        stderr: Vec<String>,
    },
}

/// Why a file cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unrunnable {
    /// It is not there.
    Missing {
        /// The folder that is not there either.
        folder: Option<PathBuf>,
    },
    /// It is a link to something that is not there.
    DanglingLink {
        /// Where it leads.
        to: PathBuf,
    },
    /// It is no regular file.
    NotAFile {
        /// What it is.
        what: &'static str,
    },
    /// It is there, and the user may not run it.
    NotExecutable {
        /// Its mode, as of `chmod`.
        mode: u32,
        /// The number of the user who owns it.
        owner: u32,
        /// The number of the user who wants to run it.
        user: u32,
    },
    /// The user may not look into a folder on the way to it.
    Unreachable {
        /// Which.
        folder: PathBuf,
        /// The number of the user.
        user: u32,
    },
    /// It is on a file system that is mounted so that nothing on it is run.
    NoExec,
    /// It is empty.
    Empty,
    /// It is no program.
    NotAProgram {
        /// What it is.
        what: &'static str,
    },
    /// It is a shared library.
    Library,
    /// It is a program for another machine or system.
    WrongTarget {
        /// What it is for.
        target: String,
        /// What this program is for.
        host: String,
    },
    /// It is a script, and the interpreter that its first line names is not there.
    NoInterpreter {
        /// Which, escaped.
        interpreter: String,
    },
    /// It is a program, and the loader of its shared libraries is not there.
    NoLoader {
        /// Which, escaped.
        loader: String,
    },
}

impl ProcessFault {
    pub(crate) fn write(&self, path: &Path, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = path.display();
        match self {
            Self::Spawn { why: None } => write!(f, "cannot start plugin `{path}`"),
            Self::Spawn { why: Some(why) } => {
                write!(f, "cannot start plugin `{path}`: {why}")?;
                match why {
                    Unrunnable::NotExecutable { mode, .. } if mode & 0o111 == 0 => {
                        write!(f, "\nhint: `chmod +x {path}`")
                    }
                    Unrunnable::Library => write!(f, "\nhint: open it as one: `library:{path}`"),
                    _ => Ok(()),
                }
            }
            Self::Digest { expected, found } => write!(
                f,
                "plugin `{path}` is another file than the one that is allowed: its SHA-256 is {found}, not {expected}"
            ),
            Self::Handshake { fault, status, stderr } => {
                let fault = fault.to_string();
                let (fact, hint) = fault.split_once('\n').unwrap_or((&fault, ""));
                write!(f, "plugin `{path}` {fact}")?;
                if status.is_some() {
                    write!(f, ", and {}", Ended(*status))?;
                }
                if !hint.is_empty() {
                    write!(f, "\n{hint}")?;
                }
                write_stderr(stderr, f)
            }
            Self::Exited { status: None, stderr } => {
                write!(f, "plugin `{path}` closed its stdout before its handshake")?;
                write_stderr(stderr, f)
            }
            Self::Exited { status, stderr } => {
                write!(f, "plugin `{path}` {} before its handshake", Ended(*status))?;
                // Go's go-plugin and ours, when a cookie is missing or wrong.
                let is_about_cookie =
                    |line: &String| line.starts_with("This binary is a plugin.") || line.contains("` holds plugins");
                if stderr.iter().any(is_about_cookie) {
                    write!(
                        f,
                        "\nhint: it did not find its magic cookie: `plug::handshake!` must name the same for both"
                    )?;
                } else if status.is_some_and(|status| status.success()) {
                    write!(f, "\nhint: a plugin's `main` serves until it is told to stop: `plug::serve()`")?;
                }
                write_stderr(stderr, f)
            }
            Self::StartTimeout { after, printed, stderr } => {
                write!(f, "plugin `{path}` printed no handshake within {after:?}")?;
                match &printed[..] {
                    "" => {}
                    printed => write!(f, ", but of a line without end `{printed}`")?,
                }
                write_stderr(stderr, f)
            }
            Self::NoCertificate => write!(
                f,
                "plugin `{path}` answered without a certificate, and this program wants TLS\n\
                 hint: build the plugin with a library that has AutoMTLS, or do without TLS: `{WITHOUT_TLS}`"
            ),
            Self::Tls => write!(f, "plugin `{path}` cannot be connected to by TLS"),
            Self::Connect { address } => write!(f, "plugin `{path}` does not answer at `{address}`"),
            Self::Died { was_called, status, stderr } => {
                let when = if *was_called { "while it was being called" } else { "before it was called" };
                write!(f, "plugin `{path}` {} {when}", Ended(*status))?;
                #[cfg(unix)]
                if status.and_then(|status| std::os::unix::process::ExitStatusExt::signal(&status)) == Some(9) {
                    write!(f, "\nhint: where nobody else did that, the system did, when it was short of memory")?;
                }
                write_stderr(stderr, f)
            }
        }
    }
}

fn write_stderr(lines: &[String], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    lines.iter().try_for_each(|line| write!(f, "\nstderr: {line}"))
}

/// What the file is, to be read behind its path and a colon.
impl fmt::Display for Unrunnable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { folder: None } => f.write_str("there is no such file"),
            Self::Missing { folder: Some(folder) } => {
                write!(f, "there is no such file, and no folder `{}`", folder.display())
            }
            Self::DanglingLink { to } => write!(f, "it is a link to `{}`, which is not there", to.display()),
            Self::NotAFile { what } => write!(f, "it is no file, but {what}"),
            Self::NotExecutable { mode, owner, user } => {
                let mode = mode & 0o7777;
                match mode & 0o111 {
                    0 => write!(f, "it is not executable, with mode {mode:04o} and owner {owner}"),
                    _ => write!(f, "user {user} may not execute it, with mode {mode:04o} and owner {owner}"),
                }
            }
            Self::Unreachable { folder, user } => {
                write!(f, "user {user} may not look into folder `{}`", folder.display())
            }
            Self::NoExec => f.write_str("its file system is mounted with `noexec`"),
            Self::Empty => f.write_str("it is empty"),
            Self::NotAProgram { what } => write!(f, "it is no program, but {what}"),
            Self::Library => f.write_str("it is no program, but a shared library"),
            Self::WrongTarget { target, host } => write!(f, "it is for {target}, and this system is {host}"),
            Self::NoInterpreter { interpreter } => {
                write!(f, "it is a script for `{interpreter}`, which is not there")?;
                match interpreter.ends_with("\\r") {
                    true => {
                        f.write_str("\nhint: its lines end as on Windows, so that the `\\r` counts as part of the name")
                    }
                    false => Ok(()),
                }
            }
            Self::NoLoader { loader } => {
                write!(f, "it wants the loader `{loader}`, which is not there")?;
                f.write_str("\nhint: it was built for a system with another C library, or in another place: build it for this one")
            }
        }
    }
}

/// How a process ended.
pub(crate) struct Ended(pub(crate) Option<ExitStatus>);

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(status) = self.0 else { return f.write_str("ended") };
        #[cfg(unix)]
        if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
            write!(f, "was killed by signal {signal}")?;
            return match signal_name(signal) {
                Some(name) => write!(f, " ({name})"),
                None => Ok(()),
            };
        }
        match status.code() {
            // Windows has numbers like 0xc0000005 for what is a signal elsewhere.
            Some(code) if cfg!(windows) && code < 0 => write!(f, "exited with status {code:#x}"),
            Some(code) => write!(f, "exited with status {code}"),
            None => f.write_str("ended"),
        }
    }
}

/// By the numbers of this system.
#[cfg(unix)]
fn signal_name(number: i32) -> Option<&'static str> {
    use rustix::process::Signal;

    const NAMES: [(Signal, &str); 15] = [
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "SIGINT"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::ILL, "SIGILL"),
        (Signal::TRAP, "SIGTRAP"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::KILL, "SIGKILL"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::TERM, "SIGTERM"),
        (Signal::XCPU, "SIGXCPU"),
        (Signal::XFSZ, "SIGXFSZ"),
        (Signal::SYS, "SIGSYS"),
    ];
    NAMES.iter().find(|(signal, _)| signal.as_raw() == number).map(|(_, name)| *name)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[track_caller]
    fn told(fault: ProcessFault, text: &str) {
        struct Told(ProcessFault);
        impl fmt::Display for Told {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.write(Path::new("/opt/p"), f)
            }
        }
        assert_eq!(Told(fault).to_string(), text);
    }

    fn code(code: i32) -> Option<ExitStatus> {
        Some(ExitStatus::from_raw(code << 8))
    }

    fn signal(number: i32) -> Option<ExitStatus> {
        Some(ExitStatus::from_raw(number))
    }

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| line.to_string()).collect()
    }

    #[test]
    fn how_a_process_ended() {
        let said = lines(&["panic: boom", "", "goroutine 1 [running]:"]);
        told(
            ProcessFault::Exited { status: code(2), stderr: said.clone() },
            "plugin `/opt/p` exited with status 2 before its handshake\n\
             stderr: panic: boom\nstderr: \nstderr: goroutine 1 [running]:",
        );
        told(
            ProcessFault::Exited { status: code(0), stderr: vec![] },
            "plugin `/opt/p` exited with status 0 before its handshake\n\
             hint: a plugin's `main` serves until it is told to stop: `plug::serve()`",
        );
        for cookie in [
            "This binary is a plugin. These are not meant to be executed directly.",
            "`p` holds plugins: it is started by the program that uses them, and not by hand",
        ] {
            told(
                ProcessFault::Exited { status: code(1), stderr: lines(&[cookie]) },
                &format!(
                    "plugin `/opt/p` exited with status 1 before its handshake\n\
                     hint: it did not find its magic cookie: `plug::handshake!` must name the same for both\nstderr: {cookie}"
                ),
            );
        }
        told(
            ProcessFault::Exited { status: None, stderr: lines(&["x"]) },
            "plugin `/opt/p` closed its stdout before its handshake\nstderr: x",
        );
        told(
            ProcessFault::Died { was_called: true, status: signal(11), stderr: said[..1].to_vec() },
            "plugin `/opt/p` was killed by signal 11 (SIGSEGV) while it was being called\nstderr: panic: boom",
        );
        told(
            ProcessFault::Died { was_called: true, status: signal(9), stderr: vec![] },
            "plugin `/opt/p` was killed by signal 9 (SIGKILL) while it was being called\n\
             hint: where nobody else did that, the system did, when it was short of memory",
        );
        told(
            ProcessFault::Died { was_called: false, status: signal(64), stderr: vec![] },
            "plugin `/opt/p` was killed by signal 64 before it was called",
        );
        let fault = ProcessFault::Died { was_called: true, status: None, stderr: vec![] };
        told(fault, "plugin `/opt/p` ended while it was being called");
    }

    #[test]
    fn what_it_printed() {
        let fault = HandshakeFault::NotAHandshake { printed: "hello".into() };
        told(
            ProcessFault::Handshake { fault: fault.clone(), status: None, stderr: lines(&["x"]) },
            "plugin `/opt/p` printed `hello` instead of its handshake\n\
             hint: a plugin prints its handshake before all else on stdout; what it has to say before that belongs on stderr\n\
             stderr: x",
        );
        told(
            ProcessFault::Handshake { fault, status: code(0), stderr: vec![] },
            "plugin `/opt/p` printed `hello` instead of its handshake, and exited with status 0\n\
             hint: a plugin prints its handshake before all else on stdout; what it has to say before that belongs on stderr",
        );
        told(
            ProcessFault::StartTimeout {
                after: Duration::from_secs(60),
                printed: String::new(),
                stderr: lines(&["x"]),
            },
            "plugin `/opt/p` printed no handshake within 60s\nstderr: x",
        );
        told(
            ProcessFault::StartTimeout { after: Duration::from_millis(1500), printed: "1|1".into(), stderr: vec![] },
            "plugin `/opt/p` printed no handshake within 1.5s, but of a line without end `1|1`",
        );
    }

    #[test]
    fn what_it_wants_or_lacks() {
        told(
            ProcessFault::Digest { expected: "ab".into(), found: "cd".into() },
            "plugin `/opt/p` is another file than the one that is allowed: its SHA-256 is cd, not ab",
        );
        told(
            ProcessFault::NoCertificate,
            "plugin `/opt/p` answered without a certificate, and this program wants TLS\n\
             hint: build the plugin with a library that has AutoMTLS, or do without TLS: `ProcessOptions::without_tls`",
        );
        told(ProcessFault::Tls, "plugin `/opt/p` cannot be connected to by TLS");
        let address = "unix:/tmp/plugin1".to_owned();
        told(ProcessFault::Connect { address }, "plugin `/opt/p` does not answer at `unix:/tmp/plugin1`");
        told(ProcessFault::Spawn { why: None }, "cannot start plugin `/opt/p`");
        told(
            ProcessFault::Spawn { why: Some(Unrunnable::Unreachable { folder: "/opt".into(), user: 7 }) },
            "cannot start plugin `/opt/p`: user 7 may not look into folder `/opt`",
        );
        told(
            ProcessFault::Spawn { why: Some(Unrunnable::NotExecutable { mode: 0o100700, owner: 0, user: 7 }) },
            "cannot start plugin `/opt/p`: user 7 may not execute it, with mode 0700 and owner 0",
        );
        told(
            ProcessFault::Spawn { why: Some(Unrunnable::NoExec) },
            "cannot start plugin `/opt/p`: its file system is mounted with `noexec`",
        );
    }
}
