//! The plugin's end of a connection: the services of the process, its output, and a stream for each
//! plugin that the host has dispensed.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use prost::Message;
use prost::encoding::{encode_key, encode_varint};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_stream::StreamExt;
use tokio_yamux::session::SessionType;

use super::{DISPENSE, LIST, OPEN, OPEN_TIMEOUT, PING, PLUGIN, QUIT, SCHEMA};
use crate::portable::types::Type;
use crate::process::mux;
use crate::process::mux::Stream;
use crate::process::netrpc::respond::{
    ConnectionState, Lookup, Service, Unanswered, UnansweredGuard, serve, serve_until,
};
use crate::process::netrpc::values::ReadError;
use crate::process::netrpc::way::{EndsWay, MuxWay};
use crate::process::plugin::printed::Drained;
use crate::rpc::back::server::ServerWaits;
use crate::rpc::server::backpressure::Backpressure;
use crate::rpc::server::connections::{Accepted, Speaks};
use crate::rpc::server::open::{Leased, STOPPING};
use crate::rpc::server::workers::CallQueue;
use crate::wire::dispatch::Dispatch;
use crate::wire::fault::{Code, Fault, Unavailable};
use crate::wire::instances::Instance;
use crate::wire::list::{OpenReply, OpenRequest, SchemaReply, SchemaRequest};
use crate::wire::listing;
use crate::wire::way::Way;

/// The most plugins that are dispensed and have no stream yet.
const MAX_DISPENSED: usize = 1024;
/// At the end of the connection, the unanswered calls are counted this often.
const POLL_INTERVAL: Duration = Duration::from_millis(1);
/// After the last answer, the host has this long to close the connection.
const LINGER: Duration = Duration::from_millis(50);

/// Serves plugins over net/rpc. Cheap to clone.
#[derive(Clone)]
pub(crate) struct NetRpcServer(Arc<Inner>);

struct Inner {
    dispatch: Arc<Dispatch>,
    /// The reply to `Plugins.List`, which never changes.
    list: Vec<u8>,
    calls: CallQueue,
    max_len: usize,
    stop: Arc<Notify>,
    /// The output of the process, until a host takes it.
    printed: Mutex<Option<mpsc::Receiver<bytes::Bytes>>>,
    taken: Arc<Drained>,
}

/// The plugins and instances that have no stream yet, by number.
#[derive(Default)]
struct PendingStreams {
    called: HashMap<u32, (Called, Instant)>,
}

/// What the host calls over a stream.
enum Called {
    /// The object of a plugin that all streams share.
    Shared(usize),
    Instance(Leased, UnansweredGuard),
}

/// One connection.
struct Connection {
    server: NetRpcServer,
    /// The way to the objects of both sides.
    way: Arc<MuxWay>,
    pending: Mutex<PendingStreams>,
    /// Notified of each instance that has no stream yet.
    opened: Notify,
    /// The instances, until they are dropped.
    instances: Unanswered,
    is_stopping: watch::Receiver<bool>,
}

impl NetRpcServer {
    pub(crate) fn new(
        dispatch: Arc<Dispatch>,
        calls: CallQueue,
        max_len: usize,
        stop: Arc<Notify>,
        printed: mpsc::Receiver<bytes::Bytes>,
        taken: Arc<Drained>,
    ) -> Self {
        let list = value(&listing::of(&dispatch).encode_to_vec());
        let printed = Mutex::new(Some(printed));
        Self(Arc::new(Inner { dispatch, list, calls, max_len, stop, printed, taken }))
    }
}

/// A message with these bytes as field 1.
fn value(bytes: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(bytes.len() + 10);
    encode_key(1, prost::encoding::WireType::LengthDelimited, &mut message);
    encode_varint(bytes.len() as u64, &mut message);
    message.extend_from_slice(bytes);
    message
}

impl Speaks for NetRpcServer {
    async fn connection<T>(self, stream: T, _: Accepted, mut is_stopping: watch::Receiver<bool>)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Inner { calls, max_len, .. } = &*self.0;
        let mut session = mux::session(stream, SessionType::Server);
        let (end_reason, queue) = (mux::EndReason::default(), calls.clone());
        let way = MuxWay::new(session.control(), Arc::clone(&end_reason), Box::new(ServerWaits(queue)), *max_len);
        let _ends = EndsWay(Arc::clone(&way));
        let state = ConnectionState {
            calls: calls.clone(),
            backpressure: Backpressure::default(),
            max_len: *max_len,
            unanswered: Unanswered::default(),
            way: Some(Arc::clone(&way) as Arc<dyn Way>),
        };
        let (pending, opened, instances) = Default::default();
        let (server, stopping) = (self.clone(), is_stopping.clone());
        let connection = Connection { server, way, pending, opened, instances, is_stopping: stopping.clone() };
        let connection = Arc::new(connection);
        let (mut streams, mut opened) = (JoinSet::new(), 0);
        streams.spawn(Arc::clone(&connection).expire());
        loop {
            let stream = tokio::select! {
                stream = session.next() => stream,
                _ = is_stopping.wait_for(|is_stopping| *is_stopping) => break,
                // Removes the streams that have ended.
                Some(_) = streams.join_next() => continue,
            };
            let stream = match stream {
                Some(Ok(stream)) => Stream::from(stream),
                Some(Err(error)) => return warn_of(Err(ReadError::Session(error))),
                None => return,
            };
            let (connection, state, stopping) = (Arc::clone(&connection), state.clone(), stopping.clone());
            match opened {
                0 => _ = streams.spawn(async move { warn_of(serve(stream, Control(connection), state).await) }),
                1 => {
                    let printed = self.0.printed.lock().unwrap_or_else(PoisonError::into_inner).take();
                    if printed.is_some() {
                        self.0.taken.tell();
                    }
                    streams.spawn(send_output(stream, printed));
                }
                // The host reads stderr from the process itself, so this stream stays empty.
                2 => _ = streams.spawn(send_output(stream, None)),
                _ => _ = streams.spawn(connection.serve_plugin(stream, state, stopping)),
            }
            opened += 1;
        }
        connection.close_pending(Duration::ZERO);
        // The session sends the answers that are due. The host then closes the connection.
        let ending = async {
            while !(state.unanswered.is_empty() && connection.instances.is_empty()) {
                sleep(POLL_INTERVAL).await;
            }
            sleep(LINGER).await;
        };
        tokio::select! {
            () = ending => {}
            () = async { while let Some(Ok(_)) = session.next().await {} } => {}
        }
    }
}

/// Writes a mistake of the host to stderr.
fn warn(mistake: &str) {
    // An error means that stderr is closed.
    let _ = writeln!(std::io::stderr(), "[WARN] of the host's connection: {mistake}");
}

/// Writes the error to stderr if it is a mistake of the host. The loss of a connection is none.
fn warn_of(result: Result<(), ReadError>) {
    match result {
        Ok(()) | Err(ReadError::End) => {}
        Err(ReadError::Lost(error) | ReadError::Session(error)) if error.kind() != std::io::ErrorKind::InvalidData => {}
        Err(error) => warn(&error.to_string()),
    }
}

/// Sends the output, if this stream carries it, and keeps the stream open as long as the host does.
async fn send_output(stream: Stream, printed: Option<mpsc::Receiver<bytes::Bytes>>) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let sending = async {
        if let Some(mut printed) = printed {
            while let Some(piece) = printed.recv().await {
                if writer.write_all(&piece).await.is_err() {
                    return;
                }
            }
            let _ = writer.shutdown().await;
        }
        std::future::pending().await
    };
    // The host sends no data on this stream. Reading notices its end.
    let ended = async { while let Ok(1..) = reader.read(&mut [0; 64]).await {} };
    tokio::select! {
        () = sending => {}
        () = ended => {}
    }
}

impl Connection {
    fn pending(&self) -> std::sync::MutexGuard<'_, PendingStreams> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a plugin a number, by which the host can open a stream to it. Returns it as a message.
    fn dispense(&self, name: &str) -> Result<Vec<u8>, Fault> {
        let plugin = self.server.0.dispatch.named(name).map_err(|text| Fault::refused(Code::NOT_FOUND, text))?;
        let number = self.expect(Called::Shared(plugin))?;
        let mut message = Vec::new();
        prost::encoding::uint32::encode(1, &number, &mut message);
        Ok(message)
    }

    /// Opens an instance, and gives it a number like that of a plugin.
    fn open(&self, request: &[u8]) -> Result<Vec<u8>, Fault> {
        let Inner { dispatch, calls, .. } = &*self.server.0;
        let refuse_if_stopping = || match *self.is_stopping.borrow() {
            true => Err(Fault::Unavailable(Unavailable::of(STOPPING.to_owned()))),
            false => Ok(()),
        };
        refuse_if_stopping()?;
        let instance = match dispatch.open(&decode::<OpenRequest>(request)?)? {
            None => 0,
            Some(instance) => {
                let leased = Leased::new(instance, calls.clone());
                refuse_if_stopping()?;
                let number = self.expect(Called::Instance(leased, self.instances.add()))?;
                self.opened.notify_one();
                number.into()
            }
        };
        Ok(value(&OpenReply { instance }.encode_to_vec()))
    }

    fn schema(&self, request: &[u8]) -> Result<Vec<u8>, Fault> {
        let schema = self.server.0.dispatch.schema(&decode::<SchemaRequest>(request)?)?;
        Ok(value(&SchemaReply { schema }.encode_to_vec()))
    }

    /// A number by which the host can open a stream.
    fn expect(&self, called: Called) -> Result<u32, Fault> {
        self.close_pending(OPEN_TIMEOUT);
        let mut pending = self.pending();
        if pending.called.len() >= MAX_DISPENSED {
            drop(pending);
            let text = format!("{MAX_DISPENSED} plugins were dispensed, and not connected to yet");
            return Err(Fault::refused(Code::RESOURCE_EXHAUSTED, text));
        }
        let number = self.way.next_number();
        pending.called.insert(number, (called, Instant::now()));
        Ok(number)
    }

    /// Drops all that has waited for a stream for this long.
    fn close_pending(&self, timeout: Duration) {
        let late: Vec<_> = self.pending().called.extract_if(|_, (_, since)| since.elapsed() >= timeout).collect();
        for (_, (called, _)) in late {
            if let Called::Instance(leased, guard) = called {
                leased.close(move || drop(guard));
            }
        }
    }

    /// Ends the instances to which the host opens no stream in time.
    async fn expire(self: Arc<Self>) {
        loop {
            self.opened.notified().await;
            while !self.pending().called.is_empty() {
                sleep(OPEN_TIMEOUT / 5).await;
                self.close_pending(OPEN_TIMEOUT);
            }
        }
    }

    /// Serves a plugin or an instance over a stream that the host has opened to it.
    async fn serve_plugin(
        self: Arc<Self>,
        mut stream: Stream,
        state: ConnectionState,
        mut is_stopping: watch::Receiver<bool>,
    ) {
        let mut number = [0; 4];
        match timeout(OPEN_TIMEOUT, stream.read_exact(&mut number)).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) => return,
            Err(_) => return warn("it has opened a stream, and not said to what"),
        }
        let number = u32::from_le_bytes(number);
        let called = self.pending().called.remove(&number);
        let Some((called, _)) = called else {
            return match Arc::clone(&self.way).serve(stream, number, state).await {
                Some(ended) => warn_of(ended),
                // The call of an object that was lent may be over.
                None if self.way.has_given(number) => {}
                None => warn(&format!("it has opened a stream to plugin number {number}, which was not dispensed")),
            };
        };
        if stream.write_all(&number.to_le_bytes()).await.is_err() {
            return;
        }
        match called {
            Called::Shared(plugin) => {
                let service = CalledPlugin { connection: self, plugin, instance: None };
                warn_of(serve(stream, service, state).await);
            }
            Called::Instance(leased, guard) => {
                let Some((plugin, instance)) = leased.called() else { return };
                let service = CalledPlugin { connection: self, plugin, instance: Some(instance) };
                let stopping = async move { _ = is_stopping.wait_for(|is_stopping| *is_stopping).await };
                // The end of the stream shows the host that the object is dropped.
                let closing = async {
                    let (dropped, is_dropped) = oneshot::channel::<()>();
                    leased.close(move || drop((dropped, guard)));
                    let _ = is_dropped.await;
                };
                warn_of(serve_until(stopping, stream, service, state, closing).await);
            }
        }
    }
}

fn decode<M: Message + Default>(message: &[u8]) -> Result<M, Fault> {
    M::decode(message).map_err(|error| Fault::refused(Code::INVALID_ARGUMENT, error.to_string()))
}

/// The services of the process itself.
struct Control(Arc<Connection>);

impl Service for Control {
    fn find(&self, method: &str) -> Lookup<'_> {
        let Inner { list, stop, .. } = &*self.0.server.0;
        match method {
            PING => Lookup::Builtin(&Type::Unit, Box::new(|_| Ok(Vec::new()))),
            QUIT => Lookup::Builtin(
                &Type::Unit,
                Box::new(|_| {
                    stop.notify_one();
                    Ok(Vec::new())
                }),
            ),
            DISPENSE => Lookup::Builtin(&Type::U32, Box::new(|name| self.0.dispense(&name))),
            LIST => Lookup::Builtin(&Type::Bytes, Box::new(|_| Ok(list.clone()))),
            OPEN => {
                let connection = Arc::clone(&self.0);
                Lookup::Blocking(Box::new(move |request| connection.open(&request)))
            }
            SCHEMA => {
                let connection = Arc::clone(&self.0);
                Lookup::Blocking(Box::new(move |request| connection.schema(&request)))
            }
            _ if ["Control.", "Dispenser.", "Plugins."].iter().any(|service| method.starts_with(service)) => {
                Lookup::NoMethod
            }
            _ => Lookup::NoService,
        }
    }
}

/// The service of one plugin or instance.
struct CalledPlugin {
    connection: Arc<Connection>,
    plugin: usize,
    instance: Option<Weak<Instance>>,
}

impl Service for CalledPlugin {
    fn find(&self, method: &str) -> Lookup<'_> {
        let Some(method) = method.strip_prefix(PLUGIN) else { return Lookup::NoService };
        let Some((target, signature)) = self.connection.server.0.dispatch.method(self.plugin, method) else {
            return Lookup::NoMethod;
        };
        let target = match &self.instance {
            None => target,
            Some(instance) => target.of_instance(Weak::clone(instance)),
        };
        Lookup::Method(target, signature)
    }
}
