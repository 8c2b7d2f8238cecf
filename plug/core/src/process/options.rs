//! What a host says of a process before it is started.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::digest::Digest;
use crate::error::Error;
use crate::plugin::agreement::Handshake;
use crate::process::handshake::line::Protocol;
use crate::process::life::Death;

/// What is done when a process has ended.
pub(super) type Notice = dyn Fn(&Death) + Send + Sync;

/// How a plugin's process is started and treated.
#[derive(Clone)]
#[must_use = "it opens nothing yet"]
pub struct ProcessOptions {
    pub(super) handshake: Option<Handshake>,
    pub(super) arguments: Vec<OsString>,
    pub(super) environment: Vec<(OsString, OsString)>,
    pub(super) dispense: Option<String>,
    pub(super) sha256: Option<Digest>,
    pub(super) start_timeout: Duration,
    pub(super) kill_timeout: Duration,
    pub(super) deadline: Option<Duration>,
    pub(super) tls: bool,
    pub(super) socket_group: Option<String>,
    pub(super) max_len: usize,
    pub(super) restart: Restart,
    pub(super) on_death: Option<Arc<Notice>>,
    pub(super) is_isolated: bool,
}

/// Whether a process that has ended is started again, for a call. Not, where nothing else is said.
///
/// A call is repeated only where it was marked for that, by `#[plug(idempotent)]` on its method, or where it was surely not begun; any other
/// one fails, and the next finds a new process. What the old one knew is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restart {
    pub(super) limit: u32,
    pub(super) within: Duration,
    pub(super) pause: Duration,
}

/// Where a process listens that is running already.
///
/// It is connected to without TLS, whose certificates are of the program that has started it: go-plugin has none for this either.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reattach {
    /// The number of the process.
    pub pid: u32,
    /// What it speaks.
    pub protocol: Protocol,
    /// The version of the application's protocol.
    pub version: u32,
    /// `unix:PATH` or `tcp:HOST:PORT`.
    pub address: String,
}

impl Reattach {
    /// A process that speaks gRPC, with version 1 of the application's protocol.
    ///
    /// ```
    /// use plug::process::{Protocol, Reattach};
    ///
    /// let running = Reattach::new(4242, "unix:/tmp/plugin1").protocol(Protocol::NetRpc).version(2);
    /// assert_eq!(running.version, 2);
    /// ```
    pub fn new(pid: u32, address: impl Into<String>) -> Self {
        Self { pid, protocol: Protocol::Grpc, version: 1, address: address.into() }
    }

    /// The same process, which speaks this protocol.
    #[must_use]
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// The same process, with this version of the application's protocol.
    #[must_use]
    pub fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }
}

impl Default for ProcessOptions {
    fn default() -> Self {
        Self {
            handshake: None,
            arguments: Vec::new(),
            environment: Vec::new(),
            dispense: None,
            sha256: None,
            start_timeout: Duration::from_secs(60),
            kill_timeout: Duration::from_secs(2),
            deadline: None,
            tls: true,
            socket_group: None,
            max_len: i32::MAX as usize,
            restart: Restart::never(),
            on_death: None,
            is_isolated: false,
        }
    }
}

impl Restart {
    /// Not at all.
    pub const fn never() -> Self {
        Self { limit: 0, within: Duration::from_secs(60), pause: Duration::from_millis(10) }
    }

    /// At most so many times within a minute; the first time after 10 ms, and each further time after twice as long as before.
    pub const fn at_most(limit: u32) -> Self {
        Self { limit, ..Self::never() }
    }

    /// The same, with so much time instead of a minute.
    #[must_use]
    pub const fn within(mut self, duration: Duration) -> Self {
        self.within = duration;
        self
    }

    /// The same, with so much time before the first one.
    #[must_use]
    pub const fn pause(mut self, duration: Duration) -> Self {
        self.pause = duration;
        self
    }
}

impl ProcessOptions {
    /// What holds where nothing else is said.
    pub fn new() -> Self {
        Self::default()
    }

    /// Known by another handshake than the one that is declared in this program.
    pub fn handshake(mut self, handshake: Handshake) -> Self {
        self.handshake = Some(handshake);
        self
    }

    /// Started with one more argument.
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Started with a variable in its environment, beside those of this process.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Whose plugin is asked for by this name where the process speaks net/rpc and does not say itself which plugins it has, as those in Go: go-plugin's `Dispense`. It is
    /// called so here too, in the letters that names have. Where nothing is said, that is the name of the file.
    pub fn dispense(mut self, name: impl Into<String>) -> Self {
        self.dispense = Some(name.into());
        self
    }

    /// Refuses every file but the one with this SHA-256, in hexadecimal digits. The process runs a private copy, and the copy is digested.
    ///
    /// # Errors
    ///
    /// Where it is not 64 hexadecimal digits.
    pub fn sha256(mut self, digest: &str) -> Result<Self, Error> {
        self.sha256 = Some(digest.parse()?);
        Ok(self)
    }

    /// How long it has for its handshake. 60 seconds, where nothing else is said.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = timeout;
        self
    }

    /// How long it has to end when it was told to, before it is killed. 2 seconds, where nothing else is said.
    pub fn kill_timeout(mut self, timeout: Duration) -> Self {
        self.kill_timeout = timeout;
        self
    }

    /// How long a call may take. Any time, where nothing else is said; see also [`with_deadline`](crate::with_deadline).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Without TLS, for plugins that have none: whoever can open the socket can call the plugin, which is this user.
    pub fn without_tls(mut self) -> Self {
        self.tls = false;
        self
    }

    /// A group that may use the socket, by its name or number.
    pub fn socket_group(mut self, group: impl Into<String>) -> Self {
        self.socket_group = Some(group.into());
        self
    }

    /// The longest reply that is taken, in bytes. 2 GiB, where nothing else is said.
    pub fn max_reply(mut self, bytes: usize) -> Self {
        self.max_len = bytes;
        self
    }

    /// Whether it is started again when it has ended. Not, where nothing else is said.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// What is done when the process ends without being told to. It is called in a thread of this crate's, which nothing should keep for long.
    pub fn on_death(mut self, notice: impl Fn(&Death) + Send + Sync + 'static) -> Self {
        self.on_death = Some(Arc::new(notice));
        self
    }
}

impl fmt::Debug for ProcessOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessOptions")
            .field("handshake", &self.handshake)
            .field("arguments", &self.arguments)
            .field("sha256", &self.sha256)
            .field("restart", &self.restart)
            .finish_non_exhaustive()
    }
}
