//! The host's side of a connection: the plugins of a process, each by a stream of its own that is opened when it is first called.

use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{OnceCell, watch};
use tokio::task::AbortHandle;
use tokio::time::{timeout, timeout_at};
use tokio_stream::StreamExt;
use tokio_yamux::Control;
use tokio_yamux::session::SessionType;

use super::{DISPENSE, LIST, PING, PLUGIN, QUIT};
use crate::portable::method::Signature;
use crate::portable::types::Type;
use crate::process::connection::{Peer, PeerAddress, PeerFuture, ended};
use crate::process::log::Records;
use crate::process::log::emit::emit;
use crate::process::netrpc::calls::{CallStream, PendingReply};
use crate::process::netrpc::gob::shape::Shape;
use crate::process::netrpc::gob::writer::Outbound;
use crate::process::netrpc::mux;
use crate::process::netrpc::mux::Stream;
use crate::protobuf::pieces::{Piece, Pieces};
use crate::wire::channel::{Call, Channel, ReplyFuture};
use crate::wire::fault::{Code, Fault, Unavailable};
use crate::wire::list::ListReply;

/// The connection to a process. It is made again where it was lost, since a process may live longer than it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct NetRpcPeer(Arc<Inner>);

struct Inner {
    target: PeerAddress,
    /// What its plugins are called in the log.
    name: String,
    /// What a plugin is asked for by where it has not said its name.
    asked: String,
    /// The longest reply that is taken, in bytes.
    max_len: usize,
    /// How long to connect may take.
    patience: Duration,
    session: Mutex<Arc<Session>>,
    is_severed: AtomicBool,
}

/// What is open by one connection.
struct Session {
    control: CallStream,
    opener: Control,
    why: mux::Why,
    /// There are few.
    plugins: Mutex<Vec<Dispensed>>,
    /// Whether all was heard that it has printed.
    heard: watch::Receiver<bool>,
    tasks: Vec<AbortHandle>,
}

/// A plugin that was asked for.
struct Dispensed {
    service: String,
    name: String,
    calls: Arc<OnceCell<CallStream>>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl NetRpcPeer {
    /// Connects to a process, and listens to what it prints.
    pub(crate) async fn connect(
        target: PeerAddress,
        name: String,
        asked: String,
        max_len: usize,
        patience: Duration,
    ) -> io::Result<Self> {
        let session = Arc::new(Session::open(&target, &name, max_len).await?);
        Ok(Self(Arc::new(Inner {
            target,
            name,
            asked,
            max_len,
            patience,
            session: Mutex::new(session),
            is_severed: AtomicBool::new(false),
        })))
    }

    /// The session there is, or a new one where it was lost.
    async fn session(&self) -> Result<Arc<Session>, Fault> {
        let Inner { target, name, max_len, patience, is_severed, .. } = &*self.0;
        let before = Arc::clone(&self.current());
        if !before.control.is_over() {
            return Ok(before);
        }
        if is_severed.load(SeqCst) {
            return Err(ended());
        }
        let opened = timeout(*patience, Session::open(target, name, *max_len)).await;
        let opened = opened.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let opened = Arc::new(opened.map_err(|error| {
            Fault::Unavailable(Unavailable::unsent(format!("it does not answer at `{target}`: {error}")))
        })?);
        let mut session = self.current();
        // It may have been severed meanwhile.
        if is_severed.load(SeqCst) {
            return Err(ended());
        }
        // Somebody else may have been faster.
        if session.control.is_over() {
            *session = opened;
        }
        Ok(Arc::clone(&session))
    }

    fn current(&self) -> MutexGuard<'_, Arc<Session>> {
        self.0.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The service and the name by which the call's plugin is asked for.
    fn asked<'a>(&'a self, call: &'a Call) -> (&'a str, &'a str) {
        // Of a program of ours it is known that it tells interfaces apart.
        match &call.plugin {
            Some(name) => (call.path.trim_start_matches('/').split('/').next().unwrap_or_default(), name),
            None => ("", &self.0.asked),
        }
    }

    async fn call(self, call: Call) -> Result<Bytes, Fault> {
        let calling = async {
            let Some(signature) = call.method else {
                return Err(Fault::Unimplemented(format!("`{}` is no method of a plugin", call.path)));
            };
            let session = self.session().await?;
            let plugin = session.dispensed(self.asked(&call), self.0.max_len).await?;
            begin(&plugin, signature, &call)?.reply().await
        };
        within(call.deadline, calling).await
    }

    /// Begins the call at once, where it is to a plugin that was asked for before. None where it is not, or the stream has ended.
    fn begun(&self, call: &Call) -> Option<PendingReply> {
        let plugin = self.current().known(self.asked(call))?;
        begin(&plugin, call.method?, call).ok()
    }

    async fn control(
        &self,
        method: &str,
        given: &impl gobwire::Encode,
        shape: Shape,
        deadline: Option<Instant>,
    ) -> Result<Bytes, Fault> {
        let calling = async {
            let session = self.session().await?;
            session.control.begin(method.to_owned(), given, shape, deadline)?.reply().await
        };
        within(deadline, calling).await
    }
}

fn begin(plugin: &CallStream, signature: &'static Signature, call: &Call) -> Result<PendingReply, Fault> {
    let given = Outbound { shape: Shape::of_arguments(signature), message: &call.request };
    let method = format!("{PLUGIN}{}", signature.wire_name);
    plugin.begin(method, &given, Shape::of_output(signature), call.deadline)
}

async fn within<T>(deadline: Option<Instant>, future: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    match deadline {
        None => future.await,
        Some(deadline) => timeout_at(deadline.into(), future).await.unwrap_or(Err(Fault::Deadline)),
    }
}

impl Channel for NetRpcPeer {
    fn sends_eagerly(&self) -> bool {
        true
    }

    fn call(&self, call: Call) -> ReplyFuture {
        let this = self.clone();
        match self.begun(&call) {
            None => Box::pin(this.call(call)),
            Some(begun) => Box::pin(async move {
                let reply = within(call.deadline, begun.reply()).await;
                // Until then the connection is there.
                drop(this);
                reply
            }),
        }
    }
}

impl Peer for NetRpcPeer {
    fn list(&self, deadline: Option<Instant>) -> PeerFuture<Option<ListReply>> {
        let this = self.clone();
        Box::pin(async move {
            match this.control(LIST, &true, Shape::One(&Type::Bytes), deadline).await {
                Ok(message) => {
                    let list = value(&message).and_then(|piece| piece.delimited().ok()).unwrap_or_default();
                    ListReply::decode(list).map(Some).map_err(|error| Fault::Malformed(error.to_string()))
                }
                Err(Fault::Unimplemented(_)) => Ok(None),
                Err(fault) => Err(fault),
            }
        })
    }

    fn check(&self, deadline: Option<Instant>) -> PeerFuture<()> {
        let this = self.clone();
        Box::pin(async move { this.control(PING, &true, Shape::Nothing, deadline).await.map(drop) })
    }

    fn leave(&self) -> PeerFuture<()> {
        let this = self.clone();
        Box::pin(async move {
            this.control(QUIT, &true, Shape::Nothing, None).await?;
            let session = Arc::clone(&this.current());
            // It waits for the end of the connection, after it has said all.
            let _ = session.heard.clone().wait_for(|heard| *heard).await;
            session.sever();
            Ok(())
        })
    }

    fn sever(&self) {
        let session = self.current();
        self.0.is_severed.store(true, SeqCst);
        session.sever();
    }
}

/// The value of a message that has one.
fn value(message: &[u8]) -> Option<Piece<'_>> {
    Pieces::of(message).take(1).ok().flatten()
}

impl Session {
    async fn open(target: &PeerAddress, name: &str, max_len: usize) -> io::Result<Self> {
        let mut session = mux::session(target.connect().await?, SessionType::Client);
        let mut open = || session.open_stream().map_err(io::Error::other);
        let (control, stdout, stderr) = (open()?, open()?, open()?);
        let opener = session.control();
        let why = mux::Why::default();
        let reason = Arc::clone(&why);
        let driving = tokio::spawn(async move {
            let ended = loop {
                match session.next().await {
                    // No plugin has anything to open a stream to.
                    Some(Ok(stream)) => drop(stream),
                    Some(Err(error)) => break mux::told(&error),
                    None => break "it has closed its connection".to_owned(),
                }
            };
            // Before the streams end, which they do with the session.
            let _ = reason.set(ended);
            drop(session);
        });
        let (hear, heard) = watch::channel(false);
        let (out, err) = (listen(name.to_owned(), stdout), listen(name.to_owned(), stderr));
        let out = tokio::spawn(async move {
            out.await;
            hear.send_replace(true);
        });
        let tasks = [out, tokio::spawn(err), driving].map(|task| task.abort_handle()).into();
        let control = CallStream::over(control, None, max_len, Arc::clone(&why));
        Ok(Self { control, opener, why, plugins: Mutex::default(), heard, tasks })
    }

    fn sever(&self) {
        let _ = self.why.set("its process has ended".to_owned());
        self.tasks.iter().for_each(AbortHandle::abort);
    }

    /// The stream to a plugin that was asked for before.
    fn known(&self, (service, name): (&str, &str)) -> Option<CallStream> {
        let plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        let plugin = plugins.iter().find(|plugin| plugin.service == service && plugin.name == name)?;
        plugin.calls.get().cloned()
    }

    /// The stream to a plugin.
    async fn dispensed(&self, (service, name): (&str, &str), max_len: usize) -> Result<CallStream, Fault> {
        let cell = {
            let mut plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
            let at = plugins.iter().position(|plugin| plugin.service == service && plugin.name == name);
            let at = at.unwrap_or_else(|| {
                let (service, name) = (service.to_owned(), name.to_owned());
                plugins.push(Dispensed { service, name, calls: Arc::default() });
                plugins.len() - 1
            });
            let cell = &mut plugins[at].calls;
            // A stream can end before its connection does.
            if cell.get().is_some_and(CallStream::is_over) {
                *cell = Arc::default();
            }
            Arc::clone(cell)
        };
        let dispense = || async {
            let asked = if service.is_empty() { name.to_owned() } else { format!("{service}/{name}") };
            self.dispense(&asked, max_len).await
        };
        cell.get_or_try_init(dispense).await.cloned()
    }

    async fn dispense(&self, name: &str, max_len: usize) -> Result<CallStream, Fault> {
        let asked = self.control.begin(DISPENSE.to_owned(), name, Shape::One(&Type::U32), None)?;
        let message = asked.reply().await.map_err(|fault| match fault {
            Fault::Failed(texts) => Fault::refused(Code::NOT_FOUND, texts.concat()),
            other => other,
        })?;
        // 0 is left out.
        let number = value(&message).and_then(|piece| piece.varint().ok()).unwrap_or_default() as u32;
        let lost =
            |error: io::Error| Fault::Unavailable(Unavailable::unsent(format!("its connection failed: {error}")));
        let mut stream = self.opener.clone().open_stream().await.map_err(|error| lost(io::Error::other(error)))?;
        stream.write_all(&number.to_le_bytes()).await.map_err(lost)?;
        // The first call need not wait for its answer.
        Ok(CallStream::over(stream, Some(number), max_len, Arc::clone(&self.why)))
    }
}

/// What it prints.
async fn listen(name: String, mut stream: Stream) {
    let (mut records, mut chunk) = (Records::new(), vec![0; 4096]);
    while let Ok(len @ 1..) = stream.read(&mut chunk).await {
        records.push(&chunk[..len], |record| emit(&name, &record));
        tokio::task::yield_now().await;
    }
    records.finish(|record| emit(&name, &record));
}
