//! How a plugin is opened.

use std::time::Duration;

/// How a plugin is opened.
///
/// ```
/// use std::time::Duration;
/// use plug::OpenOptions;
///
/// let options = OpenOptions::new().deadline(Duration::from_secs(2));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "nothing is opened yet"]
pub struct OpenOptions {
    #[cfg_attr(not(feature = "rpc"), allow(dead_code, reason = "only remote calls have deadlines"))]
    pub(crate) deadline: Option<Duration>,
}

impl OpenOptions {
    /// As [`Plugin::open`](crate::Plugin::open) does it.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long each call of the object may take, where it is in another process or behind a server; see also
    /// [`with_deadline`](crate::with_deadline). A plugin that is linked in, or in a shared library, cannot be given up: there it changes nothing.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }
}
