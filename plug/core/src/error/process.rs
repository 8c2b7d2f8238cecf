//! The failures of a plugin in a process.

pub(crate) mod ended;
#[cfg(all(test, unix))]
mod tests;
pub(crate) mod unrunnable;

use std::fmt;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use crate::error::handshake::HandshakeFault;
use crate::error::process::ended::Ended;
use crate::error::process::unrunnable::Unrunnable;

/// The method that turns TLS off, as messages name it.
const WITHOUT_TLS: &str = "ProcessOptions::without_tls";

/// A failure of a plugin in a process, by the step that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProcessFault {
    /// It cannot be started. The source is the system's error, if there is one.
    Spawn {
        /// The reason, if the file shows it.
        why: Option<Unrunnable>,
    },
    /// The file has another digest than the allowed one.
    Digest {
        /// The allowed SHA-256, in hexadecimal digits.
        expected: String,
        /// The file's SHA-256.
        found: String,
    },
    /// It printed no handshake that this program can use.
    Handshake {
        /// The fault of the handshake.
        fault: HandshakeFault,
        /// How the process ended, if it has.
        status: Option<ExitStatus>,
        /// The last lines of its stderr, escaped.
        stderr: Vec<String>,
    },
    /// It ended before its handshake, and printed nothing.
    Exited {
        /// How it ended. `None` if it only closed its stdout.
        status: Option<ExitStatus>,
        /// The last lines of its stderr, escaped.
        stderr: Vec<String>,
    },
    /// It did not print a handshake in time.
    StartTimeout {
        /// The time that it had.
        after: Duration,
        /// The unfinished line that it printed, escaped, and cut if it is long.
        printed: String,
        /// The last lines of its stderr, escaped.
        stderr: Vec<String>,
    },
    /// It replied without a certificate, although TLS is required.
    NoCertificate,
    /// Its certificate cannot be used, or it presents another one. The error is the source.
    Tls,
    /// It does not answer at its address. The error is the source.
    Connect {
        /// The address, after `unix:` or `tcp:`.
        address: String,
    },
    /// It has ended.
    Died {
        /// Whether the call may have begun. If false, it has not.
        was_called: bool,
        /// How it ended, if that is known.
        status: Option<ExitStatus>,
        /// The last lines of its stderr, escaped.
        stderr: Vec<String>,
    },
}

impl ProcessFault {
    /// The text of the fault, about the plugin at the path, or about "the plugin" without a path.
    pub(crate) fn about<'a>(&'a self, path: Option<&'a Path>) -> impl fmt::Display + 'a {
        About { fault: self, path }
    }
}

/// The text of the fault, about "the plugin".
/// [`ErrorKind::Process`](crate::ErrorKind::Process) has the path.
impl fmt::Display for ProcessFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.about(None).fmt(f)
    }
}

impl std::error::Error for ProcessFault {}

struct About<'a> {
    fault: &'a ProcessFault,
    path: Option<&'a Path>,
}

impl fmt::Display for About<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.write(self.path, f)
    }
}

impl ProcessFault {
    fn write(&self, path: Option<&Path>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plugin = path.map(|path| format!("plugin `{}`", path.display()));
        let plugin = plugin.as_deref().unwrap_or("the plugin");
        match self {
            Self::Spawn { why: None } => write!(f, "cannot start {plugin}"),
            Self::Spawn { why: Some(why) } => {
                write!(f, "cannot start {plugin}: {why}")?;
                match (why, path) {
                    (Unrunnable::NotExecutable { mode, .. }, Some(path)) if mode & 0o111 == 0 => {
                        write!(f, "\nhint: `chmod +x {}`", path.display())
                    }
                    (Unrunnable::NotExecutable { mode, .. }, None) if mode & 0o111 == 0 => {
                        f.write_str("\nhint: `chmod +x` makes it executable")
                    }
                    (Unrunnable::Library, Some(path)) => {
                        write!(f, "\nhint: open it as one: `library:{}`", path.display())
                    }
                    (Unrunnable::Library, None) => f.write_str("\nhint: open it as one: `library:PATH`"),
                    _ => Ok(()),
                }
            }
            Self::Digest { expected, found } => write!(
                f,
                "{plugin} is another file than the one that is allowed: its SHA-256 is {found}, not {expected}"
            ),
            Self::Handshake { fault, status, stderr } => {
                let predicate = fault.predicate().to_string();
                let (fact, hint) = predicate.split_once('\n').unwrap_or((&predicate, ""));
                write!(f, "{plugin} {fact}")?;
                if status.is_some() {
                    write!(f, ", and {}", Ended(*status))?;
                }
                if !hint.is_empty() {
                    write!(f, "\n{hint}")?;
                }
                write_stderr(stderr, f)
            }
            Self::Exited { status: None, stderr } => {
                write!(f, "{plugin} closed its stdout before its handshake")?;
                write_stderr(stderr, f)
            }
            Self::Exited { status, stderr } => {
                write!(f, "{plugin} {} before its handshake", Ended(*status))?;
                // The words of Go's go-plugin and of ours, if the cookie is missing or wrong.
                let is_about_cookie = |line: &String| {
                    let ours = ["` holds plugins", "` holds gRPC services"];
                    line.starts_with("This binary is a plugin.") || ours.iter().any(|text| line.contains(text))
                };
                if stderr.iter().any(is_about_cookie) {
                    write!(
                        f,
                        "\nhint: it did not find its magic cookie: `plug::handshake!` must name the same for both"
                    )?;
                } else if status.is_some_and(|status| status.success()) {
                    write!(f, "\nhint: a plugin's `main` serves until its host stops it: `plug::serve()`")?;
                }
                write_stderr(stderr, f)
            }
            Self::StartTimeout { after, printed, stderr } => {
                write!(f, "{plugin} printed no handshake within {after:?}")?;
                match &printed[..] {
                    "" => {}
                    printed => write!(f, ", only the unfinished line `{printed}`")?,
                }
                write_stderr(stderr, f)
            }
            Self::NoCertificate => write!(
                f,
                "{plugin} answered without a certificate, and this program wants TLS\n\
                 hint: build the plugin with a library that has AutoMTLS, or turn TLS off: `{WITHOUT_TLS}`"
            ),
            Self::Tls => write!(f, "the TLS connection to {plugin} failed"),
            Self::Connect { address } => write!(f, "{plugin} does not answer at `{address}`"),
            Self::Died { was_called, status, stderr } => {
                let when = if *was_called { "while it was being called" } else { "before it was called" };
                write!(f, "{plugin} {} {when}", Ended(*status))?;
                #[cfg(unix)]
                if status.and_then(|status| std::os::unix::process::ExitStatusExt::signal(&status)) == Some(9) {
                    write!(f, "\nhint: if nobody else killed it, the system did, because it was short of memory")?;
                }
                write_stderr(stderr, f)
            }
        }
    }
}

fn write_stderr(lines: &[String], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    lines.iter().try_for_each(|line| write!(f, "\nstderr: {line}"))
}
