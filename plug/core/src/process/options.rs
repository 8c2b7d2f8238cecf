//! The host's settings for a process: how it is started, reached, limited and restarted.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::digest::Digest;
use crate::entry::handshake::Protocol;
use crate::error::Error;
use crate::plugin::agreement::Handshake;
use crate::process::life::Death;
use crate::process::variables::Variables;

/// The host's callback for the end of a process.
pub(super) type Notice = dyn Fn(&Death) + Send + Sync;

/// How a plugin's process is started, secured, limited and restarted.
///
/// ```no_run
/// use std::time::Duration;
///
/// use plug::process::{ProcessOptions, Restart};
///
/// let plugins = ProcessOptions::new()
///     .arg("--quiet")
///     .deadline(Duration::from_secs(5))
///     .restart(Restart::at_most(3))
///     .open("/usr/lib/app/plugin-a")?;
/// # Ok::<(), plug::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "it opens nothing yet"]
pub struct ProcessOptions {
    pub(super) handshake: Option<Handshake>,
    pub(super) arguments: Vec<OsString>,
    pub(super) variables: Variables,
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
    pub(super) multiplex: bool,
}

/// How often a process that has ended is restarted. Default: never.
///
/// A call restarts the process.
/// The call is repeated only if its method is `#[plug(idempotent)]`, or if it certainly never
/// began.
/// Any other call fails, and the next one finds a new process.
/// The state of the old process is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restart {
    pub(super) limit: u32,
    pub(super) within: Duration,
    pub(super) pause: Duration,
}

/// The address of a process that is already running: go-plugin's `ReattachConfig`.
///
/// The connection has no TLS, since the certificates belong to the program that started the
/// process.
/// go-plugin has no TLS here either.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reattach {
    /// The system's ID of the process.
    pub pid: u32,
    /// The protocol that it speaks.
    pub protocol: Protocol,
    /// The version of the application's protocol.
    pub version: u32,
    /// `unix:PATH` or `tcp:IP:PORT`.
    pub address: String,
}

impl Reattach {
    /// A process that speaks gRPC, with version 1 of the application's protocol.
    /// The address is `unix:PATH` or `tcp:IP:PORT`.
    ///
    /// ```
    /// use plug::process::{Protocol, Reattach};
    ///
    /// let running = Reattach::new(4242, "unix:/tmp/plugin1");
    /// let running = running.protocol(Protocol::NetRpc).version(2);
    /// assert_eq!(running.version, 2);
    /// ```
    pub fn new(pid: u32, address: impl Into<String>) -> Self {
        Self { pid, protocol: Protocol::Grpc, version: 1, address: address.into() }
    }

    /// Sets the protocol that the process speaks.
    #[must_use]
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// Sets the version of the application's protocol.
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
            variables: Variables::default(),
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
            multiplex: false,
        }
    }
}

impl Restart {
    /// Never restarts the process.
    pub const fn never() -> Self {
        Self { limit: 0, within: Duration::from_secs(60), pause: Duration::from_millis(10) }
    }

    /// Restarts the process at most `limit` times within a minute.
    ///
    /// The first restart waits 10 ms, and each further one twice as long as the one before, up to
    /// 10 s.
    pub const fn at_most(limit: u32) -> Self {
        Self { limit, ..Self::never() }
    }

    /// Sets the period in which the restarts are counted. Default: one minute.
    #[must_use]
    pub const fn within(mut self, duration: Duration) -> Self {
        self.within = duration;
        self
    }

    /// Sets the pause before the first restart. Default: 10 ms.
    #[must_use]
    pub const fn pause(mut self, duration: Duration) -> Self {
        self.pause = duration;
        self
    }
}

impl ProcessOptions {
    /// The default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the handshake. Default: the one that this program declares.
    pub fn handshake(mut self, handshake: Handshake) -> Self {
        self.handshake = Some(handshake);
        self
    }

    /// Adds an argument to the command line of the process.
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds a variable to the environment of the process.
    ///
    /// The process inherits the environment of this program, and with it every secret there:
    /// [`env_clear`](Self::env_clear) and [`env_remove`](Self::env_remove) keep variables back.
    /// As in [`Command`](std::process::Command), these calls act in their order.
    ///
    /// The variables of the handshake are passed in any case, and cannot be changed:
    /// the magic cookie, go-plugin's `PLUGIN_PROTOCOL_VERSIONS`, `PLUGIN_MIN_PORT`,
    /// `PLUGIN_MAX_PORT`, `PLUGIN_CLIENT_CERT`, `PLUGIN_UNIX_SOCKET_DIR`,
    /// `PLUGIN_UNIX_SOCKET_GROUP` and `PLUGIN_MULTIPLEX_GRPC`, and `PLUG_PROTOCOLS`;
    /// with [`isolated`](Self::isolated) also `PLUG_ISOLATED`.
    ///
    /// [`open`](Self::open) refuses a name that is empty or has `=` or NUL in it, and a value with
    /// NUL.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.set(name.into(), value.into());
        self
    }

    /// Passes on no variable of this program, and forgets those that were added before.
    ///
    /// [`env_keep`](Self::env_keep) and [`env`](Self::env) then name the variables that the process
    /// gets, beside those of the handshake.
    /// This is `SkipHostEnv` of go-plugin.
    ///
    /// A plugin may need `PATH` (a script that starts with `#!/usr/bin/env`), `HOME`,
    /// `LD_LIBRARY_PATH`, or `SystemRoot` on Windows.
    ///
    /// ```
    /// use plug::process::ProcessOptions;
    ///
    /// let options = ProcessOptions::new().env_clear().env_keep("PATH").env("LANG", "C.UTF-8");
    /// # let _ = options;
    /// ```
    pub fn env_clear(mut self) -> Self {
        self.variables.clear();
        self
    }

    /// Passes on this variable of this program, after [`env_clear`](Self::env_clear).
    ///
    /// Its value is the one at the start of the process.
    /// If this program has no such variable, the process gets none.
    pub fn env_keep(mut self, name: impl Into<OsString>) -> Self {
        self.variables.keep(name.into());
        self
    }

    /// Does not pass on this variable of this program, and forgets it if it was added before.
    pub fn env_remove(mut self, name: impl Into<OsString>) -> Self {
        self.variables.remove(name.into());
        self
    }

    /// Sets the name that is passed to go-plugin's `Dispense`. Default: the name of the file.
    ///
    /// Needed only for net/rpc plugins that cannot list themselves, such as those in Go.
    /// The plugin has this name in the registry too, reduced to the letters that a name may have.
    pub fn dispense(mut self, name: impl Into<String>) -> Self {
        self.dispense = Some(name.into());
        self
    }

    /// Pins the SHA-256 of the executable, in hexadecimal digits; any other file is refused.
    ///
    /// The process runs a private copy, and the digest is that of the copy.
    ///
    /// # Errors
    ///
    /// If it is not 64 hexadecimal digits.
    pub fn sha256(mut self, digest: &str) -> Result<Self, Error> {
        self.sha256 = Some(digest.parse()?);
        Ok(self)
    }

    /// Sets the time limit for the handshake. Default: 60 seconds.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = timeout;
        self
    }

    /// Sets the time between the request to shut down and the kill. Default: 2 seconds.
    pub fn kill_timeout(mut self, timeout: Duration) -> Self {
        self.kill_timeout = timeout;
        self
    }

    /// Sets the time limit of each call. Default: none.
    ///
    /// [`with_deadline`](crate::with_deadline) sets one for the calls within a closure.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Turns off TLS, for plugins without it.
    ///
    /// Every program of this user can then call the plugin, since it can open the socket.
    pub fn without_tls(mut self) -> Self {
        self.tls = false;
        self
    }

    /// Lets a group of the system use the socket: its name or number.
    pub fn socket_group(mut self, group: impl Into<String>) -> Self {
        self.socket_group = Some(group.into());
        self
    }

    /// Carries all connections to the plugin over one, if the plugin can do that.
    /// Default: each connection has a socket of its own.
    ///
    /// It is go-plugin's `GRPCBrokerMultiplex`, for a plugin that can be reached by one socket
    /// alone, such as one in a container.
    /// A plugin that cannot multiplex, or that speaks net/rpc, is used without.
    pub fn multiplex(mut self) -> Self {
        self.multiplex = true;
        self
    }

    /// Sets the maximum length of a reply, in bytes. Default: 2 GiB.
    pub fn max_reply(mut self, bytes: usize) -> Self {
        self.max_len = bytes;
        self
    }

    /// Sets how often the process is restarted after its end. Default: never.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// Sets a callback for the end of a process that this program did not shut down.
    ///
    /// It runs on a thread of this crate, and must not block it for long.
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
