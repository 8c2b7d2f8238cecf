//! The launch of a plugin's process: starts it, reads its handshake, and connects to it.

pub(crate) mod child;
pub(crate) mod diagnosis;
pub(crate) mod executable;
pub(crate) mod folder;

use std::ffi::OsString;
use std::io;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::pin::pin;
use std::process::{Command, Stdio};
use std::sync::{Arc, Weak};
use std::time::Duration;

use once_cell::sync::OnceCell;
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{ChildStderr, ChildStdout};
use tokio::time::{sleep, timeout};

use crate::digest::Digest;
use crate::entry::handshake::Protocol;
use crate::error::Error;
use crate::error::handshake::HandshakeFault;
use crate::error::kind::ErrorKind;
use crate::error::process::ProcessFault;
use crate::escape;
use crate::plugin::agreement::Handshake;
use crate::process::connection::{Peer, PeerAddress};
use crate::process::grpc::GrpcPeer;
use crate::process::handshake::environment::{Offer, PROTOCOL};
use crate::process::handshake::line::{Address, Line};
use crate::process::handshake::reader::{LineReader, Progress};
use crate::process::launch::child::{Child, Started};
use crate::process::launch::executable::Executable;
use crate::process::launch::folder::Folder;
use crate::process::life::{DRAIN_TIMEOUT, EXIT_TIMEOUT, Life};
use crate::process::log::Records;
use crate::process::log::emit::emit;
use crate::process::multiplex::Session;
#[cfg(feature = "netrpc")]
use crate::process::netrpc::host::NetRpcPeer;
use crate::process::options::Reattach;
use crate::process::plugin::ISOLATED;
use crate::process::running::{Running, folder_of_sockets};
use crate::process::stderr::written;
use crate::process::tls::{Certificates, Credentials};
use crate::process::variables::Variables;
use crate::rpc::client::driver::Driver;

/// How a process is launched.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    /// The absolute path of the executable, before any link is resolved.
    pub path: PathBuf,
    /// The name of the process in the log.
    pub name: String,
    /// The plugin to dispense over net/rpc, if the process does not list its plugins.
    pub wire_name: String,
    pub sha256: Option<Digest>,
    pub handshake: Handshake,
    pub arguments: Vec<OsString>,
    pub variables: Variables,
    pub is_isolated: bool,
    pub start_timeout: Duration,
    pub kill_timeout: Duration,
    pub with_tls: bool,
    pub socket_group: Option<String>,
    pub ports: RangeInclusive<u16>,
    /// Whether one connection is to carry all others.
    pub multiplex: bool,
    /// The longest reply that is accepted, in bytes.
    pub max_len: usize,
}

/// A process that is killed when this is dropped, unless its launch succeeded.
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

    /// Starts the process and waits until it is connected.
    pub(crate) fn launch(&self, driver: &'static Driver) -> Result<Running, Error> {
        let remaining = crate::scope::within(self.start_timeout);
        let folder = folder_of_sockets()?;
        let executable = Executable::find(&self.path, self.sha256, folder.path())?;
        diagnosis::beforehand(&executable.program).map_err(|(fault, error)| self.fault(fault).with_source(error))?;
        let credentials = self.with_tls.then(Credentials::new).transpose().map_err(Error::new)?;
        let command = self.command(&executable, &folder, credentials.as_ref());
        let started = Child::start(command)
            .map_err(|error| self.fault(diagnosis::of_spawn(&self.path, &error)).with_source(error))?;
        let unproven = Unproven(Some(started.child.clone()));
        driver.wait(self.establish(driver, remaining, started, unproven, credentials, folder))
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
            multiplex: self.multiplex,
        };
        let mut command = Command::new(&executable.program);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::arg0(&mut command, &executable.path);
        command.args(&self.arguments).stdin(Stdio::null());
        command.env_remove(ISOLATED);
        // A host may itself be a plugin: its own `PLUG_PROTOCOL` is not for its plugins.
        // The options can still set the variable.
        command.env_remove(PROTOCOL);
        self.variables.apply(&mut command);
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

    /// Reads the handshake of a started process, and connects.
    async fn establish(
        &self,
        driver: &'static Driver,
        timeout_after: Duration,
        started: Started,
        mut unproven: Unproven,
        credentials: Option<Credentials>,
        folder: Folder,
    ) -> Result<Running, Error> {
        let Started { child, stdout, stderr } = started;
        let stderr = ChildStderr::from_std(stderr).map_err(Error::new)?;
        let mut stdout = ChildStdout::from_std(stdout).map_err(Error::new)?;
        let life = Arc::new(Life::of(&self.path, &self.name, child, stderr));
        let mut reader = LineReader::new();
        let line = match timeout(timeout_after, self.read_handshake(&mut stdout, &mut reader, &life)).await {
            Ok(line) => line?,
            Err(_) => {
                let printed = escape::cut(reader.line(), escape::MAX_CHARS);
                let fault = ProcessFault::StartTimeout { after: timeout_after, printed, stderr: life.tail() };
                return Err(self.fault(fault));
            }
        };
        let certificates = match (credentials, line.certificate) {
            (None, _) => None,
            (Some(_), None) => return Err(self.fault(ProcessFault::NoCertificate)),
            (Some(credentials), Some(peer)) => Some(Certificates::new(credentials, CertificateDer::from(peer))),
        };
        let tls = certificates.as_ref().map(Certificates::client).transpose();
        let tls = tls.map_err(|error| self.fault(ProcessFault::Tls).with_source(error))?.map(Arc::new);
        // A plugin of go-plugin writes the field over net/rpc too, and does not multiplex there.
        let is_multiplexed = self.multiplex && line.protocol == Protocol::Grpc && line.multiplexed == Some(true);
        let session = is_multiplexed.then(Session::default);
        let target = PeerAddress { address: line.address, tls, session };
        let peer = self.connect(&target, line.protocol, timeout_after).await?;
        tokio::spawn(log_stdout(self.name.clone(), stdout));
        tokio::spawn(sever_after_end(Arc::clone(&life), Arc::downgrade(&peer)));
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
            certificates,
            broker: OnceCell::new(),
            brokered: OnceCell::new(),
            max_len: self.max_len,
            socket_group: self.socket_group.clone(),
            ports: self.ports.clone(),
            folder: OnceCell::with_value(folder),
        })
    }

    async fn connect(
        &self,
        target: &PeerAddress,
        protocol: Protocol,
        timeout_after: Duration,
    ) -> Result<Arc<dyn Peer>, Error> {
        if !Protocol::BUILT.contains(&protocol) {
            let fault = HandshakeFault::NotBuilt { protocol: protocol.name() };
            return Err(self.fault(ProcessFault::Handshake { fault, status: None, stderr: Vec::new() }));
        }
        let (target, name, max_len, reconnect_timeout) =
            (target.clone(), self.name.clone(), self.max_len, self.start_timeout);
        let address = target.to_string();
        let connecting = async move {
            let peer: Arc<dyn Peer> = match protocol {
                Protocol::Grpc => Arc::new(GrpcPeer::connect(target, name, max_len, reconnect_timeout).await?),
                #[cfg(feature = "netrpc")]
                Protocol::NetRpc => {
                    let wire_name = self.wire_name.clone();
                    Arc::new(NetRpcPeer::connect(target, name, wire_name, max_len, reconnect_timeout).await?)
                }
                #[cfg(not(feature = "netrpc"))]
                Protocol::NetRpc => return Err(io::ErrorKind::Unsupported.into()),
            };
            Ok(peer)
        };
        let error = match timeout(timeout_after, connecting).await {
            Ok(Ok(peer)) => return Ok(peer),
            Ok(Err(error)) => error,
            Err(_) => io::Error::from(io::ErrorKind::TimedOut),
        };
        let is_tls = error.get_ref().is_some_and(|error| error.is::<rustls::Error>());
        let fault = if is_tls { ProcessFault::Tls } else { ProcessFault::Connect { address } };
        Err(self.fault(fault).with_source(error))
    }

    /// Reads the first line of the process on stdout.
    async fn read_handshake(
        &self,
        stdout: &mut ChildStdout,
        reader: &mut LineReader,
        life: &Life,
    ) -> Result<Line, Error> {
        let mut chunk = vec![0; 4096];
        let mut ended = pin!(async {
            match &life.child {
                Some(child) => _ = child.ended().await,
                None => std::future::pending().await,
            }
            // Its last output may still be in the pipe.
            sleep(DRAIN_TIMEOUT).await;
        });
        loop {
            let len = tokio::select! {
                biased;
                len = stdout.read(&mut chunk) => len.unwrap_or(0),
                // A child of the process may hold this stdout open.
                () = &mut ended => 0,
            };
            if len == 0 {
                // A closed stdout most likely means that the process has ended.
                let status = match &life.child {
                    Some(child) => timeout(EXIT_TIMEOUT, child.ended()).await.ok(),
                    None => None,
                };
                life.drain_stderr().await;
                let printed = match reader.line() {
                    [] => None,
                    line => Line::parse(line, &self.handshake.versions())
                        .err()
                        .or(Some(HandshakeFault::NotAHandshake { printed: escape::cut(line, escape::MAX_CHARS) })),
                };
                return Err(self.fault(diagnosis::of_exit(&self.path, status, printed, life.tail())));
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
                        log_chunk(&self.name, &chunk[end..len], &mut Records::new());
                    }
                    return Ok(line);
                }
            }
        }
    }

    /// The error of a wrong handshake line, with the exit status and the stderr of the process.
    async fn handshake_fault(&self, fault: HandshakeFault, life: &Life) -> Error {
        let status = match &life.child {
            Some(child) => timeout(DRAIN_TIMEOUT, child.ended()).await.ok(),
            None => None,
        };
        if status.is_some() {
            life.drain_stderr().await;
        }
        self.fault(ProcessFault::Handshake { fault, status, stderr: life.tail() })
    }

    /// Connects to a process that another program has started.
    /// There is no handshake line to read: a process prints it once.
    pub(crate) fn attach(
        &self,
        driver: &'static Driver,
        address: Address,
        process: &Reattach,
    ) -> Result<Running, Error> {
        let Reattach { pid: id, protocol, version, .. } = *process;
        let target = PeerAddress { address, tls: None, session: None };
        let life = Life::of_another(&self.path, id);
        driver.wait(async {
            let peer = self.connect(&target, protocol, crate::scope::within(self.start_timeout)).await?;
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
                certificates: None,
                broker: OnceCell::new(),
                brokered: OnceCell::new(),
                max_len: self.max_len,
                socket_group: self.socket_group.clone(),
                ports: self.ports.clone(),
                folder: OnceCell::new(),
            })
        })
    }
}

/// Severs the connection after the process has ended, since a child of it may hold the socket open.
/// The pause lets the last replies arrive.
async fn sever_after_end(life: Arc<Life>, peer: Weak<dyn Peer>) {
    if let Some(child) = &life.child {
        child.ended().await;
        sleep(DRAIN_TIMEOUT).await;
        if let Some(peer) = peer.upgrade() {
            peer.sever();
        }
    }
}

/// Logs the stdout of the process after the handshake line.
async fn log_stdout(name: String, mut stdout: impl AsyncRead + Unpin) {
    let (mut records, mut chunk) = (Records::new(), vec![0; 4096]);
    while let Ok(len @ 1..) = stdout.read(&mut chunk).await {
        log_chunk(&name, &chunk[..len], &mut records);
        tokio::task::yield_now().await;
        written().await;
    }
    records.finish(|record| emit(&name, &record));
}

fn log_chunk(name: &str, chunk: &[u8], records: &mut Records) {
    records.push(chunk, |record| emit(name, &record));
}
