//! The life of a plugin's process: collects its stderr, and waits for its end.

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
use crate::process::stderr::written;

/// The longest wait for the remaining output of a process that has ended.
/// It is bounded, since a child of the process may hold its pipes open.
pub(super) const DRAIN_TIMEOUT: Duration = Duration::from_millis(200);
/// The longest wait for the end of a process that has closed its connection.
pub(super) const EXIT_TIMEOUT: Duration = Duration::from_millis(500);

/// A process, from its start to its end.
pub(crate) struct Life {
    pub path: PathBuf,
    pub id: u32,
    /// None if another program has started the process.
    pub(super) child: Option<Child>,
    records: Arc<Mutex<Records>>,
    /// True once stderr has been read to its end.
    drained: watch::Receiver<bool>,
}

/// How a plugin's process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Death {
    /// The path of its executable.
    pub path: PathBuf,
    /// Its exit status; none if another program has started it.
    pub status: Option<ExitStatus>,
    /// The last lines on its stderr, escaped; after a panic, the panic's first lines.
    pub stderr: Vec<String>,
}

impl Life {
    /// A process that this program has started; reads its stderr from now on.
    pub(super) fn of(path: &Path, name: &str, child: Child, mut stderr: ChildStderr) -> Self {
        let records = Arc::new(Mutex::new(Records::new()));
        let (set_drained, drained) = watch::channel(false);
        let (shared, name) = (Arc::clone(&records), name.to_owned());
        tokio::spawn(async move {
            let mut chunk = vec![0; 16 * 1024];
            while let Ok(len @ 1..) = stderr.read(&mut chunk).await {
                shared
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(&chunk[..len], |record| emit(&name, &record));
                // Much output must not delay calls.
                tokio::task::yield_now().await;
                written().await;
            }
            shared.lock().unwrap_or_else(PoisonError::into_inner).finish(|record| emit(&name, &record));
            written().await;
            set_drained.send_replace(true);
        });
        Self { path: path.to_owned(), id: child.id(), child: Some(child), records, drained }
    }

    /// A process that another program has started; its stderr cannot be read.
    pub(super) fn of_another(path: &Path, id: u32) -> Self {
        let (_, drained) = watch::channel(true);
        Self { path: path.to_owned(), id, child: None, records: Arc::default(), drained }
    }

    /// The last lines on its stderr.
    pub(super) fn tail(&self) -> Vec<String> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).tail()
    }

    /// Waits until stderr has been read to its end.
    pub(super) async fn drain_stderr(&self) {
        let mut drained = self.drained.clone();
        let _ = timeout(DRAIN_TIMEOUT, drained.wait_for(|drained| *drained)).await;
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.status().is_some()
    }

    /// Its exit status, if it has ended.
    pub(crate) fn status(&self) -> Option<ExitStatus> {
        self.child.as_ref().and_then(Child::status)
    }

    /// Waits for the end of the process and of its stderr.
    /// Never returns if another program has started the process.
    pub(crate) async fn death(&self) -> Death {
        match &self.child {
            Some(child) => {
                let status = child.ended().await;
                self.drain_stderr().await;
                Death { path: self.path.clone(), status: Some(status), stderr: self.tail() }
            }
            None => std::future::pending().await,
        }
    }
}
