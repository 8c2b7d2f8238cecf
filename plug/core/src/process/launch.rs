//! The launch of a plugin's process: it is started, asked for its handshake, and connected to.

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

use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{ChildStderr, ChildStdout};
use tokio::time::{sleep, timeout};

use crate::digest::Digest;
use crate::error::Error;
use crate::error::handshake::HandshakeFault;
use crate::error::kind::ErrorKind;
use crate::error::process::ProcessFault;
use crate::escape;
use crate::plugin::agreement::Handshake;
use crate::process::connection::{Peer, PeerAddress};
use crate::process::grpc::GrpcPeer;
use crate::process::handshake::environment::{Offer, PROTOCOL};
use crate::process::handshake::line::{Address, Line, Protocol};
use crate::process::handshake::reader::{Progress, Reader};
use crate::process::launch::child::{Child, Started};
use crate::process::launch::executable::Executable;
use crate::process::launch::folder::Folder;
use crate::process::life::{LAST_BREATH, LAST_WORDS, Life};
use crate::process::log::Records;
use crate::process::log::emit::emit;
#[cfg(feature = "netrpc")]
use crate::process::netrpc::host::NetRpcPeer;
use crate::process::options::Reattach;
use crate::process::plugin::ISOLATED;
use crate::process::running::Running;
use crate::process::tls::Credentials;
use crate::rpc::client::driver::Driver;

/// How a process is launched.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    /// As it was named, and absolute.
    pub path: PathBuf,
    /// The name of its plugins in the log.
    pub name: String,
    /// The name to ask for its plugin by, if it does not list its plugins.
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
        // A host may be a plugin itself. The variable is for it, and not for its own plugins, unless the options set it.
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
            // Its last output may still be in the pipe.
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

    /// The error of a line that is no handshake, with how the process ended and its stderr.
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

    /// Connects to a process that another program has started, which prints no second handshake.
    pub(crate) fn attach(
        &self,
        driver: &'static Driver,
        address: Address,
        process: &Reattach,
    ) -> Result<Running, Error> {
        let Reattach { pid: id, protocol, version, .. } = *process;
        let target = PeerAddress { address, tls: None };
        let life = Life::of_another(&self.path, id);
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

/// Severs the connection after the process has ended, since a child of its own may hold the socket open. The pause lets its last replies arrive.
async fn severed(life: Arc<Life>, peer: Weak<dyn Peer>) {
    if let Some(child) = &life.child {
        child.ended().await;
        sleep(LAST_WORDS).await;
        if let Some(peer) = peer.upgrade() {
            peer.sever();
        }
    }
}

/// Logs everything that it prints on stdout after its handshake.
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
