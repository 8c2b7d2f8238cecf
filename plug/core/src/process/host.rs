//! The link to the plugins of a process: starts it at first use, shares it, and restarts it.

pub(crate) mod handle;
mod way;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::time::Instant;

use bytes::Bytes;
use once_cell::sync::OnceCell;

use crate::entry::handshake::Protocol;
use crate::error::Error;
use crate::plugin::Plugin;
use crate::plugin::agreement::Handshake;
use crate::process::broker::Broker;
use crate::process::handshake::environment::PORTS;
use crate::process::handshake::line::Address;
use crate::process::host::handle::Handle;
use crate::process::launch::{Launch, folder};
use crate::process::log::emit::emit;
use crate::process::log::{Level, Record};
use crate::process::options::{ProcessOptions, Reattach};
use crate::process::running::Running;
use crate::registry::link::Link;
use crate::rpc::client::driver::Driver;
use crate::rpc::client::instance::ObjectInstance;
use crate::rpc::client::plugins::{Reach, Side, name_of};
use crate::rpc::client::{plugins, services};
use crate::rpc::thread::spawn;
use crate::wire::channel::Channel;
use crate::wire::fault::Fault;
use crate::wire::list::ListReply;

/// The plugins of an executable that runs as a child of this process.
///
/// It speaks HashiCorp's go-plugin protocol, as hosts and plugins in Go do.
///
/// ```no_run
/// # mod app_interface {
/// #     #[plug::interface(portable)]
/// #     pub trait Plug: Send + Sync {
/// #         fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
/// #     }
/// #     plug::handshake! { cookie = "HASHI=hola", versions = { 1: [dyn Plug] } }
/// # }
/// use app_interface::Plug;
/// use plug::link::Process;
///
/// let mut registry = plug::Registry::new();
/// registry.add(&Process::open("/usr/lib/app/plugin-a")?)?;
/// let a = registry.open::<dyn Plug>("a")?;
/// println!("{}", a.say_hello("x")?);
/// # Ok::<(), plug::Error>(())
/// ```
///
/// The plugin's handshake line chooses gRPC or Go's net/rpc.
/// A plugin with `plug` serves each version over the protocol that is declared for it.
/// `PLUG_PROTOCOL` in its environment, `grpc` or `netrpc`, limits the choice to versions over that.
/// Over net/rpc a cancelled call is not reported to the plugin; nothing else differs.
///
/// The process is started at its first use, for example when its plugins are listed.
/// It is shut down when the last object opened from it is dropped.
/// If no object was opened, it is shut down when this link and its plugins are dropped.
/// Each `open` makes an object of its own in a process of plug, which is dropped with the one here.
/// In a process that lists no plugins, such as one in Go, all objects of a plugin are the same one.
///
/// Its stderr and stdout go to `tracing` with target `plug::process`, to `log` if nobody
/// subscribes, and if the program has no logger either, to its stderr.
/// Host and plugin authenticate each other by certificates that are made for this one launch.
/// A plugin runs with the rights of its user.
///
/// The process leads a process group on Unix, and all processes of the group end with it.
/// So a plugin behind a wrapper, such as a shell, ends too.
///
/// When this process ends, in whatever way, its plugins end too.
/// A plugin built with `plug` notices the end of its host; Linux sends SIGTERM to any other.
#[derive(Clone)]
pub struct Process(Arc<Shared>);

struct Shared {
    driver: &'static Driver,
    launch: Launch,
    options: ProcessOptions,
    attached: Option<(Address, Reattach)>,
    state: Mutex<State>,
    /// Locked by the call that restarts the process, since a restart takes a thread.
    restarting: tokio::sync::Mutex<()>,
    list: OnceCell<Option<ListReply>>,
}

#[derive(Default)]
struct State {
    /// Keeps the process alive until the first object is opened.
    unopened: Option<Arc<Running>>,
    running: Weak<Running>,
    /// The times of the last restarts.
    restarts: Vec<Instant>,
}

impl ProcessOptions {
    /// The plugins of the executable at this path.
    ///
    /// This does not start the process.
    ///
    /// # Errors
    ///
    /// If these options have no handshake and the program declares none,
    /// or if they have an environment variable that cannot be.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Process, Error> {
        self.link(path.as_ref(), None)
    }

    /// The plugins that are linked into this executable, in a process of their own.
    ///
    /// The `main` of the executable must begin with [`serve_isolated`](crate::serve_isolated).
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open), and if the system does not know the path of this executable.
    pub fn isolated(&self) -> Result<Process, Error> {
        let path = std::env::current_exe().map_err(Error::new)?;
        Self { is_isolated: true, ..self.clone() }.link(&path, None)
    }

    /// The plugins of a process that is already running.
    ///
    /// This program never ends that process.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open), and if the address is neither `unix:PATH` nor `tcp:IP:PORT`.
    /// If the options say [`multiplex`](Self::multiplex), since both sides agree on that at the
    /// start.
    pub fn reattach(&self, process: Reattach) -> Result<Process, Error> {
        let address = match process.address.split_once(':') {
            Some(("unix", path)) if !path.is_empty() => Some(Address::Unix(path.into())),
            Some(("tcp", address)) => address.parse().ok().map(|address: SocketAddr| Address::Tcp(address.to_string())),
            _ => None,
        };
        let address = address.ok_or_else(|| {
            let escaped = crate::escape::short(&process.address);
            Error::msg(format!("`{escaped}` is no address of a process: that is `unix:PATH` or `tcp:IP:PORT`"))
        })?;
        if self.multiplex {
            let escaped = crate::escape::short(&process.address);
            return Err(Error::msg(format!(
                "`{escaped}` runs already, and only the host that starts a process can ask it to multiplex\n\
                 hint: leave `ProcessOptions::multiplex` out"
            )));
        }
        let path = PathBuf::from(&process.address);
        self.link(&path, Some((address, process)))
    }

    fn link(&self, path: &Path, attached: Option<(Address, Reattach)>) -> Result<Process, Error> {
        static SWEEP: Once = Once::new();
        SWEEP.call_once(folder::sweep);
        let driver = Driver::get().map_err(Error::new)?;
        let handshake = self.handshake.clone().map_or_else(Handshake::declared, Ok)?;
        self.variables.check()?;
        let path = match attached {
            Some(_) => path.to_owned(),
            None => std::path::absolute(path).map_err(|error| {
                Error::msg(format!("`{}` is no path of a plugin's executable", path.display())).with_source(error)
            })?,
        };
        let name = name_of(&path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy());
        let launch = Launch {
            path,
            wire_name: self.dispense.clone().unwrap_or_else(|| name.clone()),
            name,
            sha256: self.sha256,
            handshake,
            arguments: self.arguments.clone(),
            variables: self.variables.clone(),
            is_isolated: self.is_isolated,
            start_timeout: self.start_timeout,
            kill_timeout: self.kill_timeout,
            with_tls: self.tls,
            socket_group: self.socket_group.clone(),
            ports: PORTS,
            multiplex: self.multiplex,
            max_len: self.max_len,
        };
        let (state, restarting, list) = Default::default();
        let shared = Shared { driver, launch, options: self.clone(), attached, state, restarting, list };
        Ok(Process(Arc::new(shared)))
    }
}

impl Process {
    /// The plugins of the executable at this path, with the default options.
    ///
    /// This does not start the process.
    ///
    /// # Errors
    ///
    /// If this program declares no handshake.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        ProcessOptions::new().open(path)
    }

    /// Checks the health of the process.
    ///
    /// It starts the process if it is not running.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Process`](crate::ErrorKind::Process) if it cannot be started or has ended.
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) if it reports that it does not
    /// serve.
    pub fn check(&self) -> Result<(), Error> {
        let running = self.0.running()?;
        let deadline = crate::scope::deadline(self.0.options.deadline);
        running.check(deadline).map_err(|fault| services::unwell(&self.0.launch.name, &self.0.origin(), fault))
    }

    /// A gRPC channel to the process, for services that are not interfaces of `plug`.
    ///
    /// It starts the process if it is not running.
    /// The channel does not keep the process alive; this link does, or an object opened from it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Process`](crate::ErrorKind::Process) if it cannot be started.
    /// Another error if it speaks net/rpc.
    pub fn channel(&self) -> Result<tonic::transport::Channel, Error> {
        let running = self.0.running()?;
        if running.protocol != Protocol::Grpc {
            return Err(Error::msg(format!("`{}` speaks net/rpc, and a channel is one of gRPC", self.0.origin())));
        }
        let _context = self.0.driver.handle().enter();
        Ok(running.target.tonic())
    }

    /// The broker of the process, for services that call this program back.
    ///
    /// It starts the process if it is not running.
    /// The broker does not keep the process alive; this link does, or an object opened from it.
    /// It belongs to this run of the process: after a restart there is another one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Process`](crate::ErrorKind::Process) if it cannot be started.
    /// Another error if it speaks net/rpc.
    pub fn broker(&self) -> Result<Broker, Error> {
        let running = self.0.running()?;
        if running.protocol != Protocol::Grpc {
            return Err(Error::msg(format!("`{}` speaks net/rpc, and a broker is one of gRPC", self.0.origin())));
        }
        running.broker()
    }

    /// The address of the process, for [`ProcessOptions::reattach`] in another program.
    ///
    /// It starts the process if it is not running.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Process`](crate::ErrorKind::Process) if it cannot be started.
    /// Another error if it was started with TLS, since its certificate admits one host alone,
    /// or if its connections are multiplexed, since it takes one connection.
    pub fn reattachment(&self) -> Result<Reattach, Error> {
        let running = self.0.running()?;
        if running.target.tls.is_some() {
            return Err(Error::msg(format!(
                "`{}` takes calls only from the program that has started it\n\
                 hint: turn TLS off: `ProcessOptions::without_tls`",
                self.0.origin()
            )));
        }
        if running.target.session.is_some() {
            return Err(Error::msg(format!(
                "`{}` takes one connection, which carries all others\n\
                 hint: do without multiplexing: leave `ProcessOptions::multiplex` out",
                self.0.origin()
            )));
        }
        Ok(Reattach {
            pid: running.life.id,
            protocol: running.protocol,
            version: running.version,
            address: running.target.to_string(),
        })
    }

    /// The system's ID of the process.
    ///
    /// It starts the process if it is not running.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Process`](crate::ErrorKind::Process) if it cannot be started.
    pub fn pid(&self) -> Result<u32, Error> {
        Ok(self.0.running()?.life.id)
    }

    /// The negotiated version of the application's protocol.
    ///
    /// It starts the process if it is not running.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Process`](crate::ErrorKind::Process) if it cannot be started.
    pub fn version(&self) -> Result<u32, Error> {
        Ok(self.0.running()?.version)
    }
}

impl Link for Process {
    /// Starts the process if it is not running, and requests its list of plugins.
    fn plugins(&self) -> Result<Vec<Plugin>, Error> {
        let shared = &self.0;
        let list = shared.list.get_or_try_init(|| {
            let running = shared.running()?;
            running.list().map_err(|fault| services::unlisted(&shared.origin(), fault))
        })?;
        let running = shared.running()?;
        let interfaces = shared.launch.handshake.interfaces(running.version);
        let name = match running.protocol {
            Protocol::Grpc => shared.launch.name.clone(),
            Protocol::NetRpc => name_of(&shared.launch.wire_name),
        };
        let side = Side {
            driver: shared.driver,
            origin: shared.origin(),
            place: shared.place(),
            name,
            interfaces,
            limit: shared.options.deadline,
            found_in: Arc::as_ptr(shared).addr(),
            reach: Box::new(Opener(Arc::clone(shared))),
        };
        plugins::plugins(Arc::new(side), list.as_ref())
            .map_err(|defect| services::unlisted(&shared.origin(), Fault::Malformed(defect)))
    }
}

/// The ways to a process, for its plugins.
struct Opener(Arc<Shared>);

impl Reach for Opener {
    fn ask(&self) -> Result<Arc<dyn Channel>, Error> {
        Ok(self.0.running()?)
    }

    fn object(&self, plugin: &str, request: Option<Bytes>) -> Result<Arc<dyn Channel>, Error> {
        let instance = request.map(|request| ObjectInstance::new(plugin.to_owned(), request));
        Ok(Arc::new(Handle::new(Arc::clone(&self.0), self.0.running()?, instance)))
    }

    fn opened(&self) {
        self.0.state().unopened = None;
    }
}

impl Shared {
    fn origin(&self) -> String {
        format!("process:{}", self.place())
    }

    /// The path of the executable, or the address of a process that ran already.
    fn place(&self) -> String {
        match &self.attached {
            Some((_, process)) => process.address.clone(),
            None => self.launch.path.display().to_string(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The running process. It starts one if none is running.
    fn running(self: &Arc<Self>) -> Result<Arc<Running>, Error> {
        self.driver.check().map_err(|fault| services::unopened(&self.launch.name, &self.origin(), fault))?;
        let mut state = self.state();
        if let Some(running) = state.running.upgrade().filter(|running| !running.life.has_ended()) {
            return Ok(running);
        }
        let running = Arc::new(match &self.attached {
            Some((address, process)) => self.launch.attach(self.driver, address.clone(), process)?,
            None => self.launch.launch(self.driver)?,
        });
        self.watch(&running);
        (state.running, state.unopened) = (Arc::downgrade(&running), Some(Arc::clone(&running)));
        Ok(running)
    }

    /// Reports the end of the process, unless this program shut it down.
    fn watch(&self, running: &Arc<Running>) {
        let (life, running) = (Arc::clone(&running.life), Arc::downgrade(running));
        let (name, notice) = (self.launch.name.clone(), self.options.on_death.clone());
        self.driver.handle().spawn(async move {
            let death = life.death().await;
            if running.strong_count() == 0 {
                return;
            }
            let status = death.status.map(|status| ("status".to_owned(), status.to_string()));
            let record = Record {
                fields: status.into_iter().collect(),
                ..Record::of(Level::Error, "the process of the plugin has ended")
            };
            emit(&name, &record);
            if let Some(notice) = notice {
                let notify = Arc::new(move || notice(&death));
                let again = Arc::clone(&notify);
                // Without a thread, the notice delays calls.
                if spawn("plug-notice", move || again()).is_err() {
                    notify();
                }
            }
        });
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Process").field(&self.0.launch.path).finish()
    }
}
