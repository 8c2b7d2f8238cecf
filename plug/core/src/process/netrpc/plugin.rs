//! The plugin's side of a connection: the process's own services, what it prints, and a stream for each plugin that was asked for by its name.

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
use crate::process::netrpc::mux;
use crate::process::netrpc::mux::Stream;
use crate::process::netrpc::respond::{Common, Lookup, Owed, Service, answer};
use crate::process::netrpc::values::Broken;
use crate::process::plugin::printed::Drained;
use crate::rpc::server::backpressure::Backpressure;
use crate::rpc::server::connections::Speaks;
use crate::rpc::server::workers::CallQueue;
use crate::wire::dispatch::Dispatch;
use crate::wire::fault::{Code, Fault};
use crate::wire::listing;

/// How long the host may take to open a stream to a plugin that it has asked for, or to say what one is for: as long as in Go.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many plugins may have been asked for, and not be connected to yet.
const PROMISED: usize = 1024;
/// How often it is looked whether answers are owed, when all is about to end.
const MOMENT: Duration = Duration::from_millis(1);
/// How long the host may then take to close the connection.
const LINGER: Duration = Duration::from_millis(50);

/// What is served by net/rpc. Cheap to clone.
#[derive(Clone)]
pub(crate) struct NetRpcServer(Arc<Inner>);

struct Inner {
    dispatch: Arc<Dispatch>,
    /// The value of the reply to `Plugins.List`, which never changes.
    list: Vec<u8>,
    calls: CallQueue,
    max_len: usize,
    stop: Arc<Notify>,
    /// What was printed, until a host has connected.
    printed: Mutex<Option<mpsc::Receiver<bytes::Bytes>>>,
    taken: Arc<Drained>,
}

/// What a host was promised: a plugin, by the number of the stream to it.
#[derive(Default)]
struct Promises {
    next: u32,
    plugins: HashMap<u32, (usize, Instant)>,
}

/// One connection.
struct Connection {
    served: NetRpcServer,
    promises: Mutex<Promises>,
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

/// A message that has these bytes as its value.
fn value(bytes: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(bytes.len() + 10);
    encode_key(1, prost::encoding::WireType::LengthDelimited, &mut message);
    encode_varint(bytes.len() as u64, &mut message);
    message.extend_from_slice(bytes);
    message
}

impl Speaks for NetRpcServer {
    async fn connection<T>(self, stream: T, mut is_stopping: watch::Receiver<bool>)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Inner { calls, max_len, .. } = &*self.0;
        let common = Common {
            calls: calls.clone(),
            backpressure: Backpressure::default(),
            max_len: *max_len,
            owed: Owed::default(),
        };
        let connection = Arc::new(Connection { served: self.clone(), promises: Mutex::default() });
        let mut session = mux::session(stream, SessionType::Server);
        let (mut streams, mut opened) = (JoinSet::new(), 0);
        loop {
            let stream = tokio::select! {
                stream = session.next() => stream,
                _ = is_stopping.wait_for(|is_stopping| *is_stopping) => break,
                // Those that have ended.
                Some(_) = streams.join_next() => continue,
            };
            let stream = match stream {
                Some(Ok(stream)) => stream,
                Some(Err(error)) => return told(Err(Broken::Session(error))),
                None => return,
            };
            let (connection, common) = (Arc::clone(&connection), common.clone());
            match opened {
                0 => _ = streams.spawn(async move { told(answer(stream, Control(connection), common).await) }),
                1 => {
                    let printed = self.0.printed.lock().unwrap_or_else(PoisonError::into_inner).take();
                    if printed.is_some() {
                        self.0.taken.tell();
                    }
                    streams.spawn(send(stream, printed));
                }
                // What is written on stderr the host reads there.
                2 => _ = streams.spawn(send(stream, None)),
                _ => _ = streams.spawn(connection.brokered(stream, common)),
            }
            opened += 1;
        }
        // What is owed is still sent. Who has told this process to end closes the connection then.
        let ending = async {
            while !common.owed.is_nothing() {
                sleep(MOMENT).await;
            }
            sleep(LINGER).await;
        };
        tokio::select! {
            () = ending => {}
            () = async { while let Some(Ok(_)) = session.next().await {} } => {}
        }
    }
}

/// Says to whoever reads stderr what the host did wrong.
fn warn(what: &str) {
    // Nobody may read it any more.
    let _ = writeln!(std::io::stderr(), "[WARN] of the host's connection: {what}");
}

fn told(answered: Result<(), Broken>) {
    match answered {
        // It has gone.
        Ok(()) | Err(Broken::End) => {}
        Err(Broken::Lost(error) | Broken::Session(error)) if error.kind() != std::io::ErrorKind::InvalidData => {}
        Err(broken) => warn(&broken.to_string()),
    }
}

/// Sends what is printed, if this is the one it goes to, and keeps the stream open as long as the host does.
async fn send(stream: Stream, printed: Option<mpsc::Receiver<bytes::Bytes>>) {
    let (mut from, mut to) = tokio::io::split(stream);
    let sending = async {
        if let Some(mut printed) = printed {
            while let Some(piece) = printed.recv().await {
                if to.write_all(&piece).await.is_err() {
                    return;
                }
            }
            let _ = to.shutdown().await;
        }
        std::future::pending().await
    };
    // Nothing is sent by the host, but that there is room for more.
    let ended = async { while let Ok(1..) = from.read(&mut [0; 64]).await {} };
    tokio::select! {
        () = sending => {}
        () = ended => {}
    }
}

impl Connection {
    fn promises(&self) -> std::sync::MutexGuard<'_, Promises> {
        self.promises.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number by which a plugin can be connected to.
    fn promise(&self, name: &str) -> Result<Vec<u8>, Fault> {
        let plugin = self.served.0.dispatch.named(name).map_err(|text| Fault::refused(Code::NOT_FOUND, text))?;
        let mut promises = self.promises();
        promises.plugins.retain(|_, (_, since)| since.elapsed() < PATIENCE);
        if promises.plugins.len() >= PROMISED {
            let text = format!("{PROMISED} plugins were asked for, and not connected to yet");
            return Err(Fault::refused(Code::RESOURCE_EXHAUSTED, text));
        }
        promises.next = promises.next.wrapping_add(1);
        let number = promises.next;
        promises.plugins.insert(number, (plugin, Instant::now()));
        let mut message = Vec::new();
        prost::encoding::uint32::encode(1, &number, &mut message);
        Ok(message)
    }

    /// Serves a plugin by a stream that the host has opened to it.
    async fn brokered(self: Arc<Self>, mut stream: Stream, common: Common) {
        let mut number = [0; 4];
        match timeout(PATIENCE, stream.read_exact(&mut number)).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) => return,
            Err(_) => return warn("it has opened a stream, and not said to what"),
        }
        let number = u32::from_le_bytes(number);
        let Some((plugin, _)) = self.promises().plugins.remove(&number) else {
            return warn(&format!("it has opened a stream to plugin number {number}, which was not asked for"));
        };
        if stream.write_all(&number.to_le_bytes()).await.is_ok() {
            told(answer(stream, Plugin { connection: self, plugin }, common).await);
        }
    }
}

/// The process's own services.
struct Control(Arc<Connection>);

impl Service for Control {
    fn find(&self, method: &str) -> Lookup<'_> {
        let Inner { list, stop, .. } = &*self.0.served.0;
        match method {
            PING => Lookup::Own(&Type::Unit, Box::new(|_| Ok(Vec::new()))),
            QUIT => Lookup::Own(
                &Type::Unit,
                Box::new(|_| {
                    stop.notify_one();
                    Ok(Vec::new())
                }),
            ),
            DISPENSE => Lookup::Own(&Type::U32, Box::new(|name| self.0.promise(&name))),
            LIST => Lookup::Own(&Type::Bytes, Box::new(|_| Ok(list.clone()))),
            _ if ["Control.", "Dispenser.", "Plugins."].iter().any(|service| method.starts_with(service)) => {
                Lookup::NoMethod
            }
            _ => Lookup::NoService,
        }
    }
}

/// One plugin.
struct Plugin {
    connection: Arc<Connection>,
    plugin: usize,
}

impl Service for Plugin {
    fn find(&self, method: &str) -> Lookup<'_> {
        let Some(method) = method.strip_prefix(PLUGIN) else { return Lookup::NoService };
        let found = self.connection.served.0.dispatch.method(self.plugin, method);
        found.map_or(Lookup::NoMethod, |(target, signature)| Lookup::Method(target, signature))
    }
}
