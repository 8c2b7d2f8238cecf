//! Options for opening a plugin.

#[cfg(feature = "host")]
use crate::settings::document::Settings;
use std::time::Duration;

/// Options for opening a plugin.
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
    #[cfg(feature = "host")]
    pub(crate) settings: Option<Settings>,
}

impl OpenOptions {
    /// The options of [`Plugin::open`](crate::Plugin::open).
    pub fn new() -> Self {
        Self::default()
    }

    /// Limits the time of each call of the object, if it is in another process or on a server.
    /// See also [`with_deadline`](crate::with_deadline).
    /// It has no effect on a plugin that is linked in or in a shared library, which cannot be
    /// cancelled.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Sets the plugin's settings. Without them they are `{}`.
    ///
    /// ```
    /// # #[cfg(feature = "config")] {
    /// use plug::{OpenOptions, Settings};
    ///
    /// let settings = Settings::json("app.json", r#"{ "thrice": { "plugin": "a", "times": 3 } }"#)?;
    /// let options = OpenOptions::new().settings(settings.at("thrice").without("plugin"));
    /// # }
    /// # Ok::<(), plug::Error>(())
    /// ```
    #[cfg(feature = "host")]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = Some(settings);
        self
    }
}
