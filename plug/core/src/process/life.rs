//! The life of a plugin's process: its last words on stderr, and its end.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::ChildStderr;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::process::launch::child::Child;
use crate::process::log::Records;
use crate::process::log::emit::emit;

/// The time for the last words of a process that is gone. It is bounded, since a child of its own may hold its stderr open.
pub(super) const LAST_WORDS: Duration = Duration::from_millis(200);
/// The time for the end of a process that has closed its connection.
pub(super) const LAST_BREATH: Duration = Duration::from_millis(500);

/// A process, from its start to its end.
pub(crate) struct Life {
    pub path: PathBuf,
    pub id: u32,
    /// None of a process that another program has started.
    pub(super) child: Option<Child>,
    records: Arc<Mutex<Records>>,
    /// Whether all that it wrote on stderr has been read.
    heard: watch::Receiver<bool>,
}

/// How a plugin's process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Death {
    /// The path of its executable.
    pub path: PathBuf,
    /// Its exit status; none if another program has started it.
    pub status: Option<ExitStatus>,
    /// The last lines that it wrote on stderr, escaped; of a panic, its message.
    pub stderr: Vec<String>,
}

impl Life {
    /// Of a process that this program has started, and whose stderr is read from now on.
    pub(super) fn of(path: &Path, name: &str, child: Child, mut stderr: ChildStderr) -> Self {
        let records = Arc::new(Mutex::new(Records::new()));
        let (hear, heard) = watch::channel(false);
        let (said, name) = (Arc::clone(&records), name.to_owned());
        tokio::spawn(async move {
            let mut chunk = vec![0; 16 * 1024];
            while let Ok(len @ 1..) = stderr.read(&mut chunk).await {
                said.lock().unwrap_or_else(PoisonError::into_inner).push(&chunk[..len], |record| emit(&name, &record));
                // So that much output does not delay calls.
                tokio::task::yield_now().await;
            }
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            said.finish(|record| emit(&name, &record));
            hear.send_replace(true);
        });
        Self { path: path.to_owned(), id: child.id(), child: Some(child), records, heard }
    }

    /// Of a process that another program has started, and whose stderr goes elsewhere.
    pub(super) fn of_another(path: &Path, id: u32) -> Self {
        let (_, heard) = watch::channel(true);
        Self { path: path.to_owned(), id, child: None, records: Arc::default(), heard }
    }

    /// The last lines on its stderr.
    pub(super) fn tail(&self) -> Vec<String> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).tail()
    }

    /// Waits until its stderr has been read to the end.
    pub(super) async fn heard_all(&self) {
        let mut heard = self.heard.clone();
        let _ = timeout(LAST_WORDS, heard.wait_for(|heard| *heard)).await;
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.status().is_some()
    }

    /// How it ended, if it has.
    pub(crate) fn status(&self) -> Option<ExitStatus> {
        self.child.as_ref().and_then(Child::status)
    }

    /// Waits for its end, and its last words: for ever, if another program has started it.
    pub(crate) async fn death(&self) -> Death {
        match &self.child {
            Some(child) => {
                let status = child.ended().await;
                self.heard_all().await;
                Death { path: self.path.clone(), status: Some(status), stderr: self.tail() }
            }
            None => std::future::pending().await,
        }
    }
}
