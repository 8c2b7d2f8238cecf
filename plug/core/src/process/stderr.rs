//! Prints the output of plugins on this program's stderr, for a program without a log.
//!
//! stderr may block, for example if it is a full pipe.
//! So a thread of its own writes, and a plugin's output is read no faster than that.
//! Calls go on meanwhile.

use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::rpc::thread::spawn;

static QUEUE: Queue = Queue {
    state: Mutex::new(State { text: String::new(), has_thread: false, is_writing: false }),
    filled: Condvar::new(),
    written: Notify::const_new(),
};

struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    written: Notify,
}

struct State {
    /// The lines that are not written yet.
    text: String,
    has_thread: bool,
    is_writing: bool,
}

/// Queues lines for stderr.
pub(crate) fn print(lines: &str) {
    let mut state = QUEUE.state();
    state.text.push_str(lines);
    if !state.has_thread {
        state.has_thread = spawn("plug-stderr", || QUEUE.write_for_ever()).is_ok();
    }
    if state.has_thread {
        QUEUE.filled.notify_one();
    } else {
        drop(QUEUE.write(state));
    }
}

/// Waits until all queued lines are written.
pub(crate) async fn written() {
    loop {
        let written = QUEUE.written.notified();
        {
            let state = QUEUE.state();
            if state.text.is_empty() && !state.is_writing {
                return;
            }
        }
        written.await;
    }
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_for_ever(&self) {
        let mut state = self.state();
        loop {
            let waited = self.filled.wait_while(state, |state| state.text.is_empty());
            state = self.write(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Writes the queued lines, without holding the lock.
    fn write<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let text = std::mem::take(&mut state.text);
        state.is_writing = true;
        drop(state);
        // If stderr is closed, nobody is there to read.
        let _ = io::stderr().write_all(text.as_bytes());
        let mut state = self.state();
        state.is_writing = false;
        self.written.notify_waiters();
        state
    }
}
