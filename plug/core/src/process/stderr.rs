//! Prints the output of plugins on this program's stderr, for a program without a log.
//!
//! stderr may block, for example if it is a full pipe.
//! So a thread of its own writes, and a plugin's output is read no faster than that.
//! Calls go on meanwhile.

use std::convert::Infallible;
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::rpc::per_process::PerProcess;
use crate::rpc::thread::spawn;

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    written: Notify,
}

#[derive(Default)]
struct State {
    /// The lines that are not written yet.
    text: String,
    has_thread: bool,
    is_writing: bool,
}

/// Queues lines for stderr.
pub(crate) fn print(lines: &str) {
    let queue = Queue::get();
    let mut state = queue.state();
    state.text.push_str(lines);
    if !state.has_thread {
        state.has_thread = spawn("plug-stderr", || queue.write_for_ever()).is_ok();
    }
    if state.has_thread {
        queue.filled.notify_one();
    } else {
        drop(queue.write(state));
    }
}

/// Waits until all queued lines are written.
pub(crate) async fn written() {
    let queue = Queue::get();
    loop {
        let written = queue.written.notified();
        {
            let state = queue.state();
            if state.text.is_empty() && !state.is_writing {
                return;
            }
        }
        written.await;
    }
}

impl Queue {
    /// The queue of this process: a fork of it has no thread that writes.
    fn get() -> &'static Self {
        static QUEUES: PerProcess<Queue> = PerProcess::new();
        let Ok(queue) = QUEUES.get_or_try_init(|| Ok::<_, Infallible>(Self::default()));
        queue
    }

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
        // A closed stderr has no reader.
        let _ = io::stderr().write_all(text.as_bytes());
        let mut state = self.state();
        state.is_writing = false;
        self.written.notify_waiters();
        state
    }
}
