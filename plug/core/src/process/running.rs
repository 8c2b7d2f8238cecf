//! A plugin's process from its launch to its end: started, asked for its handshake, connected to, listened to, told to leave.

use std::ffi::OsString;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{ChildStderr, ChildStdout};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::digest::Digest;
use crate::error::Error;
use crate::error::handshake::HandshakeFault;
use crate::error::kind::ErrorKind;
use crate::error::process::ProcessFault;
use crate::escape;
use crate::plugin::agreement::Handshake;
use crate::process::connection::{Peer, PeerAddress, PeerFuture};
use crate::process::grpc::GrpcPeer;
use crate::process::handshake::environment::{Offer, PROTOCOL};
use crate::process::handshake::line::{Address, Line, Protocol};
use crate::process::handshake::reader::{Progress, Reader};
use crate::process::launch::child::{Child, Started};
use crate::process::launch::diagnosis;
use crate::process::launch::executable::Executable;
use crate::process::launch::folder::Folder;
use crate::process::log::Records;
use crate::process::log::emit::emit;
#[cfg(feature = "netrpc")]
use crate::process::netrpc::host::NetRpcPeer;
use crate::process::options::Reattach;
use crate::process::plugin::ISOLATED;
use crate::process::tls::Credentials;
use crate::rpc::client::driver::Driver;
use crate::wire::channel::{Call, Channel, ReplyFuture};
use crate::wire::fault::{Fault, Unavailable};
use crate::wire::list::ListReply;

/// How long is waited for the last words of a process that is gone: a child of its own may hold its stderr open.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// How long is waited for the end of a process that has closed its connection.
const LAST_BREATH: Duration = Duration::from_millis(500);

/// How a process is launched.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    /// As it was named, and absolute.
    pub path: PathBuf,
    /// What its plugins are called in the log.
    pub name: String,
    /// What its plugin is asked for by, where it does not say its name.
    pub wire_name: String,
    pub sha256: Option<Digest>,
    pub handshake: Handshake,
    pub arguments: Vec<OsString>,
    pub environment: Vec<(OsString, OsString)>,
    pub is_isolated: bool,
    pub start_timeout: Duration,
    pub kill_timeout: Duration,
    pub with_tls: bool,
    pub socket_group: Option<String>,
    pub ports: RangeInclusive<u16>,
    /// The longest reply that is taken, in bytes.
    pub max_len: usize,
}

/// A process that has answered.
pub(crate) struct Running {
    driver: &'static Driver,
    peer: Arc<dyn Peer>,
    pub target: PeerAddress,
    pub protocol: Protocol,
    /// The version of the application's protocol.
    pub version: u32,
    pub life: Arc<Life>,
    /// Whether it goes when this goes.
    is_owned: bool,
    start_timeout: Duration,
    kill_timeout: Duration,
    /// Gone after the process.
    _folder: Option<Folder>,
}

/// How a process lives and ends.
pub(crate) struct Life {
    pub path: PathBuf,
    pub id: u32,
    /// None where it was started by another program.
    child: Option<Child>,
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
    /// Its exit status; none where this program has not started it.
    pub status: Option<ExitStatus>,
    /// The last lines that it wrote on stderr, escaped; of a panic, its message.
    pub stderr: Vec<String>,
}

/// A process that goes when it was not of use.
struct Unproven(Option<Child>);

impl Drop for Unproven {
    fn drop(&mut self) {
        if let Some(child) = &self.0 {
            child.kill();
        }
    }
}

impl Launch {
    fn fault(&self, fault: ProcessFault) -> Error {
        ErrorKind::Process { path: self.path.clone(), fault }.into()
    }

    /// Starts the process, and waits for its answer.
    pub(crate) fn launch(&self, driver: &'static Driver) -> Result<Running, Error> {
        let patience = crate::deadline::within(self.start_timeout);
        let folder = Folder::make().map_err(|(path, error)| {
            Error::msg(format!("no folder for the sockets of plugins can be made in `{}`", path.display()))
                .with_source(error)
        })?;
        let executable = Executable::find(&self.path, self.sha256, folder.path())?;
        diagnosis::beforehand(&executable.program).map_err(|(fault, error)| self.fault(fault).with_source(error))?;
        let credentials = self.with_tls.then(Credentials::new).transpose().map_err(Error::new)?;
        let command = self.command(&executable, &folder, credentials.as_ref());
        let started = Child::start(command)
            .map_err(|error| self.fault(diagnosis::of_spawn(&self.path, &error)).with_source(error))?;
        let unproven = Unproven(Some(started.child.clone()));
        driver.wait(self.meet(driver, patience, started, unproven, credentials, folder))
    }

    fn command(&self, executable: &Executable, folder: &Folder, credentials: Option<&Credentials>) -> Command {
        let versions = self.handshake.versions();
        let offer = Offer {
            cookie: self.handshake.cookie(),
            versions: &versions,
            ports: self.ports.clone(),
            certificate: credentials.map(Credentials::pem),
            socket_dir: Some(folder.path()),
            socket_group: self.socket_group.as_deref(),
            protocols: Protocol::BUILT,
        };
        let mut command = Command::new(&executable.program);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::arg0(&mut command, &executable.path);
        command.args(&self.arguments).stdin(Stdio::null());
        command.env_remove(ISOLATED);
        // A host may be somebody's plugin itself; but what it was told to say, it says.
        command.env_remove(PROTOCOL);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        for (name, value) in offer.variables() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if self.is_isolated {
            command.env(ISOLATED, std::process::id().to_string());
        }
        command
    }

    /// From the start to the first answer.
    async fn meet(
        &self,
        driver: &'static Driver,
        patience: Duration,
        started: Started,
        mut unproven: Unproven,
        credentials: Option<Credentials>,
        folder: Folder,
    ) -> Result<Running, Error> {
        let Started { child, stdout, stderr } = started;
        let stderr = ChildStderr::from_std(stderr).map_err(Error::new)?;
        let mut stdout = ChildStdout::from_std(stdout).map_err(Error::new)?;
        let life = Arc::new(Life::of(&self.path, &self.name, child, stderr));
        let mut reader = Reader::new();
        let line = match timeout(patience, self.handshake_of(&mut stdout, &mut reader, &life)).await {
            Ok(line) => line?,
            Err(_) => {
                let printed = escape::cut(reader.line(), escape::MAX_CHARS);
                let fault = ProcessFault::StartTimeout { after: patience, printed, stderr: life.tail() };
                return Err(self.fault(fault));
            }
        };
        let tls = match (credentials, line.certificate) {
            (None, _) => None,
            (Some(_), None) => return Err(self.fault(ProcessFault::NoCertificate)),
            (Some(credentials), Some(certificate)) => {
                let config = credentials.client(CertificateDer::from(certificate));
                Some(Arc::new(config.map_err(|error| self.fault(ProcessFault::Tls).with_source(error))?))
            }
        };
        let target = PeerAddress { address: line.address, tls };
        let peer = self.connected(&target, line.protocol, patience).await?;
        tokio::spawn(printed(self.name.clone(), stdout));
        tokio::spawn(severed(Arc::clone(&life), Arc::downgrade(&peer)));
        unproven.0 = None;
        Ok(Running {
            driver,
            peer,
            target,
            protocol: line.protocol,
            version: line.app,
            life,
            is_owned: true,
            start_timeout: self.start_timeout,
            kill_timeout: self.kill_timeout,
            _folder: Some(folder),
        })
    }

    async fn connected(
        &self,
        target: &PeerAddress,
        protocol: Protocol,
        patience: Duration,
    ) -> Result<Arc<dyn Peer>, Error> {
        if !Protocol::BUILT.contains(&protocol) {
            let fault = HandshakeFault::NotBuilt { protocol: protocol.name() };
            return Err(self.fault(ProcessFault::Handshake { fault, status: None, stderr: Vec::new() }));
        }
        let (target, name, max_len, patience_again) =
            (target.clone(), self.name.clone(), self.max_len, self.start_timeout);
        let at = target.to_string();
        let connecting = async move {
            let peer: Arc<dyn Peer> = match protocol {
                Protocol::Grpc => Arc::new(GrpcPeer::connect(target, name, max_len, patience_again).await?),
                #[cfg(feature = "netrpc")]
                Protocol::NetRpc => {
                    let asked = self.wire_name.clone();
                    Arc::new(NetRpcPeer::connect(target, name, asked, max_len, patience_again).await?)
                }
                #[cfg(not(feature = "netrpc"))]
                Protocol::NetRpc => return Err(io::ErrorKind::Unsupported.into()),
            };
            Ok(peer)
        };
        let error = match timeout(patience, connecting).await {
            Ok(Ok(peer)) => return Ok(peer),
            Ok(Err(error)) => error,
            Err(_) => io::Error::from(io::ErrorKind::TimedOut),
        };
        let is_tls = error.get_ref().is_some_and(|error| error.is::<rustls::Error>());
        let fault = if is_tls { ProcessFault::Tls } else { ProcessFault::Connect { address: at } };
        Err(self.fault(fault).with_source(error))
    }

    /// The first line of its stdout.
    async fn handshake_of(&self, stdout: &mut ChildStdout, reader: &mut Reader, life: &Life) -> Result<Line, Error> {
        let mut chunk = vec![0; 4096];
        let mut ended = pin!(async {
            match &life.child {
                Some(child) => _ = child.ended().await,
                None => std::future::pending().await,
            }
            // What it has written is on its way.
            sleep(LAST_WORDS).await;
        });
        loop {
            let len = tokio::select! {
                biased;
                len = stdout.read(&mut chunk) => len.unwrap_or(0),
                // A child of its own may hold its stdout open.
                () = &mut ended => 0,
            };
            if len == 0 {
                // It has closed its stdout, most likely because it has ended.
                let ended = match &life.child {
                    Some(child) => timeout(LAST_BREATH, child.ended()).await.ok(),
                    None => None,
                };
                life.heard_all().await;
                let printed = match reader.line() {
                    [] => None,
                    line => Line::parse(line, &self.handshake.versions())
                        .err()
                        .or(Some(HandshakeFault::NotAHandshake { printed: escape::cut(line, escape::MAX_CHARS) })),
                };
                return Err(self.fault(diagnosis::of_exit(&self.path, ended, printed, life.tail())));
            }
            match reader.push(&chunk[..len]) {
                Progress::More => {}
                Progress::TooLong => {
                    let printed = escape::cut(reader.line(), escape::MAX_CHARS);
                    return Err(self.handshake_fault(HandshakeFault::TooLong { printed }, life).await);
                }
                Progress::Line(end) => {
                    let parsed = Line::parse(reader.line(), &self.handshake.versions());
                    let line = match parsed {
                        Ok(line) => line,
                        Err(fault) => return Err(self.handshake_fault(fault, life).await),
                    };
                    if end < len {
                        log_printed(&self.name, &chunk[end..len], &mut Records::new());
                    }
                    return Ok(line);
                }
            }
        }
    }

    /// What it printed is no handshake; it may have ended over it, or say more on stderr.
    async fn handshake_fault(&self, fault: HandshakeFault, life: &Life) -> Error {
        let status = match &life.child {
            Some(child) => timeout(LAST_WORDS, child.ended()).await.ok(),
            None => None,
        };
        if status.is_some() {
            life.heard_all().await;
        }
        self.fault(ProcessFault::Handshake { fault, status, stderr: life.tail() })
    }

    /// A process that another program has started, and that is not asked for a handshake again.
    pub(crate) fn attach(
        &self,
        driver: &'static Driver,
        address: Address,
        process: &Reattach,
    ) -> Result<Running, Error> {
        let Reattach { pid: id, protocol, version, .. } = *process;
        let target = PeerAddress { address, tls: None };
        let (_, heard) = watch::channel(true);
        let life = Life { path: self.path.clone(), id, child: None, records: Arc::default(), heard };
        driver.wait(async {
            let peer = self.connected(&target, protocol, crate::deadline::within(self.start_timeout)).await?;
            Ok(Running {
                driver,
                peer,
                target,
                protocol,
                version,
                life: Arc::new(life),
                is_owned: false,
                start_timeout: self.start_timeout,
                kill_timeout: self.kill_timeout,
                _folder: None,
            })
        })
    }
}

impl Life {
    fn of(path: &Path, name: &str, child: Child, mut stderr: ChildStderr) -> Self {
        let records = Arc::new(Mutex::new(Records::new()));
        let (hear, heard) = watch::channel(false);
        let (said, name) = (Arc::clone(&records), name.to_owned());
        tokio::spawn(async move {
            let mut chunk = vec![0; 16 * 1024];
            while let Ok(len @ 1..) = stderr.read(&mut chunk).await {
                said.lock().unwrap_or_else(PoisonError::into_inner).push(&chunk[..len], |record| emit(&name, &record));
                // However much there is, calls come in between.
                tokio::task::yield_now().await;
            }
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            said.finish(|record| emit(&name, &record));
            hear.send_replace(true);
        });
        Self { path: path.to_owned(), id: child.id(), child: Some(child), records, heard }
    }

    fn tail(&self) -> Vec<String> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).tail()
    }

    async fn heard_all(&self) {
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

    /// Waits for its end, and its last words. For ever where this program has not started it.
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

impl Running {
    /// What it says of its plugins, for which it has as long as for its start. None where it is no program of ours.
    pub(crate) fn list(&self) -> Result<Option<ListReply>, Fault> {
        let deadline = crate::deadline::of_call(Some(self.start_timeout));
        self.driver.wait(self.alive(self.peer.list(deadline)))
    }

    /// Asks it whether it is well.
    pub(crate) fn check(&self, deadline: Option<Instant>) -> Result<(), Fault> {
        self.driver.wait(self.alive(self.peer.check(deadline)))
    }

    /// The answer of a process, or how it ended.
    fn alive<T: Send + 'static>(&self, answer: PeerFuture<T>) -> PeerFuture<T> {
        let life = Arc::clone(&self.life);
        Box::pin(async move {
            match answer.await {
                Err(Fault::Unavailable(unavailable)) if unavailable.cause.is_none() => {
                    Err(Fault::Unavailable(Self::explained(&life, unavailable).await))
                }
                done => done,
            }
        })
    }

    /// Says how the process ended where that is why there is no reply.
    async fn explained(life: &Life, unavailable: Unavailable) -> Unavailable {
        match timeout(LAST_BREATH, life.death()).await {
            Ok(Death { path, status, stderr }) => {
                let fault = ProcessFault::Died { was_called: !unavailable.is_unsent, status, stderr };
                let cause = ErrorKind::Process { path, fault };
                Unavailable { cause: Some(Arc::new(cause)), ..unavailable }
            }
            Err(_) => unavailable,
        }
    }
}

impl Channel for Running {
    fn sends_eagerly(&self) -> bool {
        self.peer.sends_eagerly()
    }

    fn call(&self, call: Call) -> ReplyFuture {
        self.alive(self.peer.call(call))
    }
}

impl Drop for Running {
    /// Tells it to end, and kills it if it takes too long.
    fn drop(&mut self) {
        let Some(child) = self.life.child.clone().filter(|_| self.is_owned) else { return };
        if child.status().is_some() {
            return;
        }
        let (leaving, kill_timeout) = (self.peer.leave(), self.kill_timeout);
        let end = async move {
            let asked = tokio::spawn(leaving);
            if timeout(kill_timeout, child.ended()).await.is_err() {
                child.kill();
                let _ = timeout(kill_timeout, child.ended()).await;
            }
            asked.abort();
        };
        self.driver.wait(end);
    }
}

/// Ends the connection after the process has: a child of its own may hold the socket open. What it has answered by then is on its way.
async fn severed(life: Arc<Life>, peer: Weak<dyn Peer>) {
    if let Some(child) = &life.child {
        child.ended().await;
        sleep(LAST_WORDS).await;
        if let Some(peer) = peer.upgrade() {
            peer.sever();
        }
    }
}

/// What it prints beside its protocol.
async fn printed(name: String, mut stdout: impl AsyncRead + Unpin) {
    let (mut records, mut chunk) = (Records::new(), vec![0; 4096]);
    while let Ok(len @ 1..) = stdout.read(&mut chunk).await {
        log_printed(&name, &chunk[..len], &mut records);
        tokio::task::yield_now().await;
    }
    records.finish(|record| emit(&name, &record));
}

fn log_printed(name: &str, chunk: &[u8], records: &mut Records) {
    records.push(chunk, |record| emit(name, &record));
}
