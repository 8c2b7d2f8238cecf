//! Signals that end this program, such as Ctrl-C in a terminal.
//!
//! A signal ends Cargo too, which may not have got it.
//! The command then fails, or comes to its end if it no longer needs Cargo, so that files are written
//! as a whole and temporary ones removed. At last the signal ends this program.

use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::failure::Failure;

static STATE: Mutex<State> = Mutex::new(State { child: None, is_waiting: false, signal: None });

/// What a signal meets.
struct State {
    /// Cargo, while it runs.
    child: Option<u32>,
    /// Whether this program waits for another one, with nothing to clean up.
    is_waiting: bool,
    /// The first signal that came.
    signal: Option<i32>,
}

/// Watches for signals until the end of this program.
pub(crate) fn watch() {
    // Without the watch, a signal ends this program alone, as it does without this module.
    #[cfg(unix)]
    let _ = unix::watch();
}

/// Lets a signal end Cargo too.
pub(crate) fn follow(child: &Child) {
    let mut state = state();
    state.child = Some(child.id());
    state.signal.into_iter().for_each(|signal| state.pass(signal));
}

/// Before Cargo is waited for, after which another program may have its number.
pub(crate) fn release() {
    state().child = None;
}

/// Waits for another program. A signal ends this one at once.
pub(crate) fn waiting<T>(wait: impl FnOnce() -> T) -> T {
    {
        let mut state = state();
        state.is_waiting = true;
        state.signal.into_iter().for_each(end_by);
    }
    let result = wait();
    state().is_waiting = false;
    result
}

/// Fails if a signal came. Nothing is printed of the failure.
pub(crate) fn check() -> Result<(), Failure> {
    match state().signal {
        Some(_) => Err(Failure::new("interrupted")),
        None => Ok(()),
    }
}

/// Ends this program by the signal that came, if one did.
pub(crate) fn end() {
    let signal = state().signal;
    signal.into_iter().for_each(end_by);
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    #[cfg(unix)]
    fn pass(&self, signal: i32) {
        unix::pass(self.child, signal);
    }

    /// All programs of a console get its signals.
    #[cfg(not(unix))]
    fn pass(&self, _: i32) {}
}

#[cfg(unix)]
fn end_by(signal: i32) {
    // The signals that are watched have a default that ends the program.
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}

#[cfg(not(unix))]
fn end_by(_: i32) {}

#[cfg(unix)]
mod unix {
    use std::thread;

    use rustix::process::{Pid, Signal, kill_process};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    pub(super) fn watch() -> std::io::Result<()> {
        let ignored = ignored();
        let watched = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
        let mut signals = Signals::new(watched)?;
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in signals.forever() {
                let mut state = super::state();
                state.signal.get_or_insert(signal);
                state.pass(signal);
                if state.is_waiting {
                    super::end_by(signal);
                }
            }
        })?;
        Ok(())
    }

    pub(super) fn pass(child: Option<u32>, signal: i32) {
        let child = child.and_then(|child| Pid::from_raw(child.try_into().ok()?));
        if let Some((child, signal)) = child.zip(Signal::from_named_raw(signal)) {
            // Cargo may have ended already.
            let _ = kill_process(child, signal);
        }
    }

    /// The signals that were ignored from the start, as `nohup` and a shell's `&` have it. They stay so.
    /// Only Linux tells them.
    fn ignored() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
    }
}
