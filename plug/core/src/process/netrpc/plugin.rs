//! The plugin's end of a connection: the services of the process, its output, and a stream for each
//! plugin that the host has dispensed.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use prost::Message;
use prost::encoding::{encode_key, encode_varint};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_stream::StreamExt;
use tokio_yamux::session::SessionType;

use super::{DISPENSE, LIST, PING, PLUGIN, QUIT};
use crate::portable::types::Type;
use crate::process::mux;
use crate::process::mux::Stream;
use crate::process::netrpc::respond::{ConnectionState, Lookup, Service, Unanswered, serve};
use crate::process::netrpc::values::ReadError;
use crate::process::plugin::printed::Drained;
use crate::rpc::server::backpressure::Backpressure;
use crate::rpc::server::connections::{Accepted, Speaks};
use crate::rpc::server::workers::CallQueue;
use crate::wire::dispatch::Dispatch;
use crate::wire::fault::{Code, Fault};
use crate::wire::list::ListReply;
use crate::wire::listing;

/// The host must open the stream to a dispensed plugin within this time, and send the number of a
/// stream that it has opened: go-plugin's limit.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);
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

/// The plugins that have no stream yet, by number.
#[derive(Default)]
struct PendingStreams {
    last_number: u32,
    plugins: HashMap<u32, (usize, Instant)>,
}

/// One connection.
struct Connection {
    server: NetRpcServer,
    pending: Mutex<PendingStreams>,
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
        let list = ListReply { instances: Some(false), ..listing::of(&dispatch) };
        let list = value(&list.encode_to_vec());
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
        let state = ConnectionState {
            calls: calls.clone(),
            backpressure: Backpressure::default(),
            max_len: *max_len,
            unanswered: Unanswered::default(),
        };
        let connection = Arc::new(Connection { server: self.clone(), pending: Mutex::default() });
        let mut session = mux::session(stream, SessionType::Server);
        let (mut streams, mut opened) = (JoinSet::new(), 0);
        loop {
            let stream = tokio::select! {
                stream = session.next() => stream,
                _ = is_stopping.wait_for(|is_stopping| *is_stopping) => break,
                // Removes the streams that have ended.
                Some(_) = streams.join_next() => continue,
            };
            let stream = match stream {
                Some(Ok(stream)) => stream,
                Some(Err(error)) => return warn_of(Err(ReadError::Session(error))),
                None => return,
            };
            let (connection, state) = (Arc::clone(&connection), state.clone());
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
                _ => _ = streams.spawn(connection.serve_plugin(stream, state)),
            }
            opened += 1;
        }
        // The session sends the answers that are due. The host then closes the connection.
        let ending = async {
            while !state.unanswered.is_empty() {
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
        let mut pending = self.pending();
        pending.plugins.retain(|_, (_, since)| since.elapsed() < OPEN_TIMEOUT);
        if pending.plugins.len() >= MAX_DISPENSED {
            let text = format!("{MAX_DISPENSED} plugins were dispensed, and not connected to yet");
            return Err(Fault::refused(Code::RESOURCE_EXHAUSTED, text));
        }
        pending.last_number = pending.last_number.wrapping_add(1);
        let number = pending.last_number;
        pending.plugins.insert(number, (plugin, Instant::now()));
        let mut message = Vec::new();
        prost::encoding::uint32::encode(1, &number, &mut message);
        Ok(message)
    }

    /// Serves a plugin over a stream that the host has opened to it.
    async fn serve_plugin(self: Arc<Self>, mut stream: Stream, state: ConnectionState) {
        let mut number = [0; 4];
        match timeout(OPEN_TIMEOUT, stream.read_exact(&mut number)).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) => return,
            Err(_) => return warn("it has opened a stream, and not said to what"),
        }
        let number = u32::from_le_bytes(number);
        let Some((plugin, _)) = self.pending().plugins.remove(&number) else {
            return warn(&format!("it has opened a stream to plugin number {number}, which was not dispensed"));
        };
        if stream.write_all(&number.to_le_bytes()).await.is_ok() {
            warn_of(serve(stream, DispensedPlugin { connection: self, plugin }, state).await);
        }
    }
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
            _ if ["Control.", "Dispenser.", "Plugins."].iter().any(|service| method.starts_with(service)) => {
                Lookup::NoMethod
            }
            _ => Lookup::NoService,
        }
    }
}

/// The service of one plugin.
struct DispensedPlugin {
    connection: Arc<Connection>,
    plugin: usize,
}

impl Service for DispensedPlugin {
    fn find(&self, method: &str) -> Lookup<'_> {
        let Some(method) = method.strip_prefix(PLUGIN) else { return Lookup::NoService };
        let found = self.connection.server.0.dispatch.method(self.plugin, method);
        found.map_or(Lookup::NoMethod, |(target, signature)| Lookup::Method(target, signature))
    }
}
