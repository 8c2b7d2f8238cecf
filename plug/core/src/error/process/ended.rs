//! Describes how a process ended.

use std::fmt;
use std::process::ExitStatus;

/// Displays how a process ended.
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
            // Windows has numbers like 0xc0000005 for the signals of other systems.
            Some(code) if cfg!(windows) && code < 0 => write!(f, "exited with status {code:#x}"),
            Some(code) => write!(f, "exited with status {code}"),
            None => f.write_str("ended"),
        }
    }
}

/// The name of a signal, by the numbers of this system.
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
