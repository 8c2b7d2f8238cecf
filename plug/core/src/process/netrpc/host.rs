//! The host's end of a connection: each plugin has a stream, which its first call opens.

use std::io;
use std::pin::Pin;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{OnceCell, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;
use tokio_stream::StreamExt;
use tokio_yamux::Control;
use tokio_yamux::session::SessionType;

use super::{DISPENSE, LIST, OPEN, OPEN_TIMEOUT, PING, QUIT, SCHEMA};
use crate::portable::types::Type;
use crate::process::connection::{Peer, PeerAddress, PeerFuture, ended};
use crate::process::log::Records;
use crate::process::log::emit::emit;
use crate::process::mux;
use crate::process::mux::Stream;
use crate::process::netrpc::calls::{CallStream, PendingReply, until};
use crate::process::netrpc::gob::shape::Shape;
use crate::process::netrpc::respond::{ConnectionState, Unanswered};
use crate::process::netrpc::values;
use crate::process::netrpc::way::{EndsWay, MuxWay};
use crate::process::stderr::written;
use crate::protobuf::pieces::{Piece, Pieces};
use crate::rpc::back::client;
use crate::rpc::client::instance::{Instance, OpenFuture, Opens};
use crate::rpc::server::backpressure::Backpressure;
use crate::rpc::server::workers::CallQueue;
use crate::wire::channel::{Call, Channel, WayFuture};
use crate::wire::fault::{Code, Fault, Unavailable};
use crate::wire::list;
use crate::wire::list::{ListReply, OpenReply};
use crate::wire::message::ReplyFuture;
use crate::wire::way::Way;

/// A process that speaks net/rpc. Cheap to clone.
/// A lost connection is made again, because the process may outlive it.
#[derive(Clone)]
pub(crate) struct NetRpcPeer(Arc<Inner>);

struct Inner {
    target: PeerAddress,
    /// The name of its plugins in the log.
    name: String,
    /// The name by which the plugin of a process is dispensed that lists no plugins.
    dispense_name: String,
    /// The longest reply that is accepted, in bytes.
    max_len: usize,
    /// The time limit for connecting.
    connect_timeout: Duration,
    session: Mutex<Arc<Session>>,
    is_severed: AtomicBool,
}

/// One connection, and its streams.
struct Session {
    control: CallStream,
    opener: Control,
    /// The way to the objects of both sides.
    way: Arc<MuxWay>,
    end_reason: mux::EndReason,
    /// Usually a few.
    plugins: Mutex<Vec<Dispensed>>,
    /// Whether the plugin's stdout has been read to its end.
    stdout_ended: watch::Receiver<bool>,
    tasks: Vec<AbortHandle>,
}

/// A plugin, and the stream to it once it is open.
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
    /// Connects to a process, and forwards its output to the log.
    pub(crate) async fn connect(
        target: PeerAddress,
        name: String,
        dispense_name: String,
        max_len: usize,
        connect_timeout: Duration,
    ) -> io::Result<Self> {
        let session = Arc::new(Session::open(&target, &name, max_len).await?);
        Ok(Self(Arc::new(Inner {
            target,
            name,
            dispense_name,
            max_len,
            connect_timeout,
            session: Mutex::new(session),
            is_severed: AtomicBool::new(false),
        })))
    }

    /// The session, or a new one if it was lost.
    async fn session(&self) -> Result<Arc<Session>, Fault> {
        let Inner { target, name, max_len, connect_timeout, is_severed, .. } = &*self.0;
        let current = Arc::clone(&self.current());
        if !current.control.is_closed() {
            return Ok(current);
        }
        if is_severed.load(SeqCst) {
            return Err(ended());
        }
        let opened = timeout(*connect_timeout, Session::open(target, name, *max_len)).await;
        let opened = opened.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let opened = Arc::new(opened.map_err(|error| {
            Fault::Unavailable(Unavailable::unsent(format!("it does not answer at `{target}`: {error}")))
        })?);
        let mut session = self.current();
        // `sever` may have run meanwhile.
        if is_severed.load(SeqCst) {
            return Err(ended());
        }
        // Another call may have connected first.
        if session.control.is_closed() {
            *session = opened;
        }
        Ok(Arc::clone(&session))
    }

    fn current(&self) -> MutexGuard<'_, Arc<Session>> {
        self.0.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The service and the name by which the call's plugin is dispensed.
    fn dispense_key<'a>(&'a self, call: &'a Call) -> (&'a str, &'a str) {
        // Only a process of `plug` lists its plugins, and it dispenses them by service and name.
        match &call.plugin {
            Some(name) => (call.path.trim_start_matches('/').split('/').next().unwrap_or_default(), name),
            None => ("", &self.0.dispense_name),
        }
    }

    async fn call(self, call: Call) -> Result<Bytes, Fault> {
        let calling = async {
            let Some(signature) = call.method else {
                return match &call.path[..] {
                    list::OPEN => self.service(OPEN, call.request.clone()).await,
                    list::SCHEMA => self.service(SCHEMA, call.request.clone()).await,
                    path => Err(Fault::Unimplemented(format!("`{path}` is no method of a plugin"))),
                };
            };
            let session = self.session().await?;
            let plugin = session.plugin(self.dispense_key(&call), self.0.max_len).await?;
            plugin.begin_method(signature, &call.request, call.deadline)?.reply().await
        };
        until(call.deadline, calling).await
    }

    /// Sends the call at once. `None` if the plugin's stream is not open.
    fn begin_now(&self, call: &Call) -> Option<PendingReply> {
        let plugin = self.current().open_plugin(self.dispense_key(call))?;
        plugin.begin_method(call.method?, &call.request, call.deadline).ok()
    }

    async fn control(
        &self,
        method: &str,
        argument: &impl gobwire::Encode,
        shape: Shape,
        deadline: Option<Instant>,
    ) -> Result<Bytes, Fault> {
        let calling = async {
            let session = self.session().await?;
            session.control.begin(method.to_owned(), argument, shape, deadline)?.reply().await
        };
        until(deadline, calling).await
    }
}

impl NetRpcPeer {
    /// Calls a method of `plug.v1.Plugins`.
    async fn service(&self, method: &str, request: Bytes) -> Result<Bytes, Fault> {
        let request = values::Bytes(Some(request.into()));
        let message = self.control(method, &request, Shape::One(&Type::Bytes), None).await?;
        Ok(Bytes::copy_from_slice(bytes_of(&message)))
    }

    async fn open(self, request: Bytes) -> Result<Arc<dyn Instance>, Fault> {
        let session = self.session().await?;
        let request = values::Bytes(Some(request.into()));
        let pending = session.control.begin(OPEN.to_owned(), &request, Shape::One(&Type::Bytes), None)?;
        let reply = OpenReply::decode(bytes_of(&pending.reply().await?));
        let reply = reply.map_err(|error| Fault::Malformed(error.to_string()))?;
        let number = u32::try_from(reply.instance);
        let number = number.map_err(|_| Fault::Malformed(format!("{} is no number of a stream", reply.instance)))?;
        Ok(Arc::new(NetRpcInstance(session.stream(number, self.0.max_len).await?)))
    }
}

/// An instance, which lives as long as its stream.
struct NetRpcInstance(CallStream);

impl Instance for NetRpcInstance {
    fn call(&self, call: Call) -> ReplyFuture {
        let Some(signature) = call.method else {
            let fault = Fault::Unimplemented(format!("`{}` is no method of a plugin", call.path));
            return Box::pin(std::future::ready(Err(fault)));
        };
        let pending = self.0.begin_method(signature, &call.request, call.deadline);
        Box::pin(async move { until(call.deadline, async { pending?.reply().await }).await })
    }

    fn is_lost(&self) -> bool {
        self.0.is_closed()
    }

    fn end(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let calls = self.0.clone();
        Box::pin(async move { calls.end().await })
    }
}

impl Channel for NetRpcPeer {
    fn sends_eagerly(&self) -> bool {
        true
    }

    fn call(&self, call: Call) -> ReplyFuture {
        let this = self.clone();
        match self.begin_now(&call) {
            None => Box::pin(this.call(call)),
            Some(pending) => Box::pin(async move {
                let reply = until(call.deadline, pending.reply()).await;
                // The last clone closes the connection, so this one must live until here.
                drop(this);
                reply
            }),
        }
    }

    fn way(&self) -> WayFuture {
        let this = self.clone();
        Box::pin(async move { Ok(Arc::clone(&this.session().await?.way) as Arc<dyn Way>) })
    }
}

impl Opens for NetRpcPeer {
    fn open_instance(&self, request: Bytes) -> OpenFuture {
        Box::pin(self.clone().open(request))
    }
}

impl Peer for NetRpcPeer {
    fn list(&self, deadline: Option<Instant>) -> PeerFuture<Option<ListReply>> {
        let this = self.clone();
        Box::pin(async move {
            match this.control(LIST, &true, Shape::One(&Type::Bytes), deadline).await {
                Ok(message) => {
                    ListReply::decode(bytes_of(&message)).map(Some).map_err(|error| Fault::Malformed(error.to_string()))
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
            // The plugin sends all of its output, and waits until this side closes the connection.
            let _ = session.stdout_ended.clone().wait_for(|has_ended| *has_ended).await;
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

/// Field 1 of a message. `None` if the message is empty or malformed.
fn value(message: &[u8]) -> Option<Piece<'_>> {
    Pieces::of(message).take(1).ok().flatten()
}

/// The bytes in field 1 of a message.
fn bytes_of(message: &[u8]) -> &[u8] {
    value(message).and_then(|piece| piece.delimited().ok()).unwrap_or_default()
}

impl Session {
    async fn open(target: &PeerAddress, name: &str, max_len: usize) -> io::Result<Self> {
        let mut session = mux::session(target.connect().await?, SessionType::Client);
        let mut open = || session.open_stream().map(Stream::from).map_err(io::Error::other);
        let (control, stdout, stderr) = (open()?, open()?, open()?);
        let opener = session.control();
        let end_reason = mux::EndReason::default();
        let reason = Arc::clone(&end_reason);
        let way = MuxWay::new(opener.clone(), Arc::clone(&end_reason), Box::new(client::ClientWaits::new()), max_len);
        let ends = EndsWay(Arc::clone(&way));
        let state = ConnectionState {
            calls: CallQueue::none(),
            backpressure: Backpressure::default(),
            max_len,
            unanswered: Unanswered::default(),
            way: Some(Arc::clone(&way) as Arc<dyn Way>),
        };
        let driving = tokio::spawn(async move {
            let mut objects = JoinSet::new();
            let ended = loop {
                let stream = tokio::select! {
                    stream = session.next() => stream,
                    // Removes the streams that have ended.
                    Some(_) = objects.join_next() => continue,
                };
                match stream {
                    // A host serves only objects to which a plugin could open a stream.
                    Some(Ok(stream)) => {
                        _ = objects.spawn(serve_object(Arc::clone(&ends.0), stream.into(), state.clone()))
                    }
                    Some(Err(error)) => break mux::describe(&error),
                    None => break "it has closed its connection".to_owned(),
                }
            };
            // The streams end with the session, and their readers need the reason.
            let _ = reason.set(ended);
            drop(session);
        });
        let (stdout_end, stdout_ended) = watch::channel(false);
        let (out, err) = (forward(name.to_owned(), stdout), forward(name.to_owned(), stderr));
        let out = tokio::spawn(async move {
            out.await;
            stdout_end.send_replace(true);
        });
        let tasks = [out, tokio::spawn(err), driving].map(|task| task.abort_handle()).into();
        let control = CallStream::new(control, None, None, max_len, Arc::clone(&end_reason));
        Ok(Self { control, opener, way, end_reason, plugins: Mutex::default(), stdout_ended, tasks })
    }

    fn sever(&self) {
        let _ = self.end_reason.set("its process has ended".to_owned());
        self.tasks.iter().for_each(AbortHandle::abort);
    }

    /// The stream to a plugin, if it has been opened.
    fn open_plugin(&self, (service, name): (&str, &str)) -> Option<CallStream> {
        let plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        let plugin = plugins.iter().find(|plugin| plugin.service == service && plugin.name == name)?;
        plugin.calls.get().cloned()
    }

    /// The stream to a plugin, which is opened if it is not open.
    async fn plugin(&self, (service, name): (&str, &str), max_len: usize) -> Result<CallStream, Fault> {
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
            if cell.get().is_some_and(CallStream::is_closed) {
                *cell = Arc::default();
            }
            Arc::clone(cell)
        };
        let dispense = || async {
            let full_name = if service.is_empty() { name.to_owned() } else { format!("{service}/{name}") };
            self.dispense(&full_name, max_len).await
        };
        cell.get_or_try_init(dispense).await.cloned()
    }

    async fn dispense(&self, name: &str, max_len: usize) -> Result<CallStream, Fault> {
        let pending = self.control.begin(DISPENSE.to_owned(), name, Shape::One(&Type::U32), None)?;
        let message = pending.reply().await.map_err(|fault| match fault {
            Fault::Failed(texts) => Fault::refused(Code::NOT_FOUND, texts.concat()),
            other => other,
        })?;
        // A message leaves out the number 0.
        let number = value(&message).and_then(|piece| piece.varint().ok()).unwrap_or_default() as u32;
        self.stream(number, max_len).await
    }

    /// Opens a stream to the plugin or instance of this number.
    async fn stream(&self, number: u32, max_len: usize) -> Result<CallStream, Fault> {
        let lost =
            |error: io::Error| Fault::Unavailable(Unavailable::unsent(format!("its connection failed: {error}")));
        let stream = self.opener.clone().open_stream().await;
        let mut stream = Stream::from(stream.map_err(|error| lost(io::Error::other(error)))?);
        stream.write_all(&number.to_le_bytes()).await.map_err(lost)?;
        // The stream reads the echo later, so that the first call does not wait for it.
        Ok(CallStream::new(stream, Some(number), None, max_len, Arc::clone(&self.end_reason)))
    }
}

/// Serves the object that the stream begins with the number of.
async fn serve_object(way: Arc<MuxWay>, mut stream: Stream, state: ConnectionState) {
    let mut number = [0; 4];
    if let Ok(Ok(_)) = timeout(OPEN_TIMEOUT, stream.read_exact(&mut number)).await {
        way.serve(stream, u32::from_le_bytes(number), state).await;
    }
}

/// Forwards the plugin's output to the log.
async fn forward(name: String, mut stream: Stream) {
    let (mut records, mut chunk) = (Records::new(), vec![0; 4096]);
    while let Ok(len @ 1..) = stream.read(&mut chunk).await {
        records.push(&chunk[..len], |record| emit(&name, &record));
        tokio::task::yield_now().await;
        written().await;
    }
    records.finish(|record| emit(&name, &record));
}
