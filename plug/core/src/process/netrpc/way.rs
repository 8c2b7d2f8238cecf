//! The objects of both sides of a connection: go-plugin's `MuxBroker`.
//!
//! The caller of an object opens a stream, and writes its number.
//! The owner echoes the number, and serves the methods as those of the service `Plugin`.
//! A given object is dropped when the last stream to it is closed, or with the connection.
//! An object to which no stream is opened lives as long as the connection: Go waits five seconds for
//! the stream, and has no message that an object is dropped.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, watch};
use tokio_yamux::Control;

use super::{OPEN_TIMEOUT, PLUGIN};
use crate::portable::signature::Description;
use crate::portable::signature::Signature;
use crate::process::mux;
use crate::process::mux::Stream;
use crate::process::netrpc::calls::CallStream;
use crate::process::netrpc::respond::{ConnectionState, Lookup, Service, serve_until};
use crate::process::netrpc::values::ReadError;
use crate::rpc::back::offered::{ObjectCall, OfferedObject};
use crate::rpc::back::session::Waits;
use crate::rpc::back::spawned::spawned;
use crate::rpc::source::Drawn;
use crate::wire::fault::{Fault, Unavailable};
use crate::wire::message::{Outgoing, ReplyFuture};
use crate::wire::stream_object;
use crate::wire::way::{Offered, Reached, Way};

/// An owner in Go closes a stream that it does not accept after five seconds. This side gives it time
/// to say so.
const ACCEPTED_WITHIN: Duration = OPEN_TIMEOUT.saturating_add(Duration::from_secs(1));

/// The way over one connection.
pub(crate) struct MuxWay {
    this: Weak<Self>,
    runtime: Handle,
    waits: Box<dyn Waits>,
    opener: Control,
    end_reason: mux::EndReason,
    /// The longest message of an object, in bytes.
    max_len: usize,
    last_number: AtomicU32,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    offers: HashMap<u32, Offer>,
    has_ended: bool,
}

/// An object of this side.
struct Offer {
    object: Arc<OfferedObject>,
    description: &'static Description,
    streams: usize,
    /// Its drop ends the streams.
    withdrawn: watch::Sender<()>,
}

/// Ends the way when this is dropped.
pub(super) struct EndsWay(pub Arc<MuxWay>);

impl Drop for EndsWay {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.has_ended = true;
        let offers = std::mem::take(&mut state.offers);
        drop(state);
        drop(offers);
    }
}

impl MuxWay {
    /// The way over a connection. Within its runtime.
    pub(super) fn new(opener: Control, end_reason: mux::EndReason, waits: Box<dyn Waits>, max_len: usize) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            this: Weak::clone(this),
            runtime: Handle::current(),
            waits,
            opener,
            end_reason,
            max_len,
            last_number: AtomicU32::new(0),
            state: Mutex::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number for a stream that the other side opens. It is never 0.
    pub(super) fn next_number(&self) -> u32 {
        let next = || self.last_number.fetch_add(1, Relaxed).wrapping_add(1);
        Some(next()).filter(|number| *number != 0).unwrap_or_else(next)
    }

    /// Whether this side has ever given a stream this number.
    pub(super) fn has_given(&self, number: u32) -> bool {
        (1..=self.last_number.load(Relaxed)).contains(&number)
    }

    /// Serves the object of this number over a stream that the other side has opened.
    /// `None` if there is no such object. The stream is then closed.
    pub(super) async fn serve(
        self: Arc<Self>,
        mut stream: Stream,
        number: u32,
        state: ConnectionState,
    ) -> Option<Result<(), ReadError>> {
        let (service, mut withdrawn) = {
            let mut state = self.state();
            let offer = state.offers.get_mut(&number)?;
            offer.streams += 1;
            let (object, way) = (Arc::clone(&offer.object), Weak::clone(&self.this));
            (ServedObject { object, description: offer.description, way }, offer.withdrawn.subscribe())
        };
        let _stream = OpenStream { way: Arc::clone(&self), number };
        if stream.write_all(&number.to_le_bytes()).await.is_err() {
            return Some(Ok(()));
        }
        let end = async move { while withdrawn.changed().await.is_ok() {} };
        Some(serve_until(end, stream, service, state, std::future::ready(())).await)
    }
}

/// A stream to an object of this side.
struct OpenStream {
    way: Arc<MuxWay>,
    number: u32,
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut state = self.way.state();
        let Some(offer) = state.offers.get_mut(&self.number) else { return };
        offer.streams -= 1;
        let is_over = offer.streams == 0 && !offer.object.is_lent();
        let offer = if is_over { state.offers.remove(&self.number) } else { None };
        drop(state);
        drop(offer);
    }
}

/// The service of an object.
struct ServedObject {
    object: Arc<OfferedObject>,
    description: &'static Description,
    way: Weak<MuxWay>,
}

impl Service for ServedObject {
    fn find(&self, method: &str) -> Lookup<'_> {
        let Some(name) = method.strip_prefix(PLUGIN) else { return Lookup::NoService };
        let Some(signature) = self.description.methods.iter().find(|method| method.wire_name == name) else {
            return Lookup::NoMethod;
        };
        let call = |call: ObjectCall| {
            let way = self.way.upgrade();
            self.object.call(call, way.map(|way| way as Arc<dyn Way>));
        };
        Lookup::Object(signature, Box::new(call))
    }
}

impl Way for MuxWay {
    /// A connection has one way, so no request names it.
    fn id(&self) -> Option<u64> {
        None
    }

    fn offer(&self, object: Offered, description: &'static Description) -> Result<u32, Fault> {
        let number = self.next_number();
        let object = Arc::new(OfferedObject::new(number, object, &self.runtime));
        let offer = Offer { object, description, streams: 0, withdrawn: watch::Sender::new(()) };
        let mut state = self.state();
        if state.has_ended {
            drop(state);
            return Err(Fault::Unavailable(Unavailable::unsent("its connection has ended".to_owned())));
        }
        state.offers.insert(number, offer);
        Ok(number)
    }

    fn draw(&self, stream: Outgoing) -> Box<dyn stream_object::Stream> {
        Box::new(Drawn::new(stream, &self.runtime))
    }

    fn max_len(&self) -> u64 {
        u64::try_from(self.max_len).unwrap_or(u64::MAX)
    }

    fn withdraw(&self, number: u32) {
        let offer = self.state().offers.remove(&number);
        drop(offer);
    }

    fn reach(self: Arc<Self>, number: u32, _: &'static Description, _: bool) -> Arc<dyn Reached> {
        let object = Arc::new(MuxObject { number, way: Arc::clone(&self), calls: OnceCell::new() });
        let opened = Arc::clone(&object);
        // Go waits five seconds for the stream, and the first call may come later.
        self.runtime.spawn(async move { _ = opened.calls().await });
        Arc::new(ReachedObject(object))
    }

    fn wait(&self, future: Pin<&mut (dyn Future<Output = ()> + Send)>) {
        self.waits.wait(future);
    }

    fn driven(&self, reply: ReplyFuture) -> ReplyFuture {
        self.waits.driven(reply)
    }
}

/// An object of the other side. Its drop closes the stream.
struct ReachedObject(Arc<MuxObject>);

struct MuxObject {
    number: u32,
    way: Arc<MuxWay>,
    calls: OnceCell<Result<CallStream, Fault>>,
}

impl MuxObject {
    async fn calls(&self) -> Result<CallStream, Fault> {
        let MuxWay { opener, end_reason, max_len, .. } = &*self.way;
        let open = || async {
            let lost = |error: std::io::Error| {
                let reason = end_reason.get().map_or_else(|| error.to_string(), Clone::clone);
                Fault::Unavailable(Unavailable::unsent(format!("its connection failed: {reason}")))
            };
            let stream = opener.clone().open_stream().await;
            let mut stream = Stream::from(stream.map_err(|error| lost(std::io::Error::other(error)))?);
            stream.write_all(&self.number.to_le_bytes()).await.map_err(lost)?;
            let end_reason = Arc::clone(end_reason);
            Ok(CallStream::new(stream, Some(self.number), Some(ACCEPTED_WITHIN), *max_len, end_reason))
        };
        self.calls.get_or_init(open).await.clone()
    }
}

impl Reached for ReachedObject {
    fn call(&self, method: &'static Signature, request: Bytes, deadline: Option<Instant>) -> ReplyFuture {
        let object = Arc::clone(&self.0);
        // The stream is there for all calls but the first.
        if let (Some(Ok(calls)), None) = (object.calls.get(), deadline) {
            let pending = calls.begin_method(method, &request, None);
            return Box::pin(async move { pending?.reply().await });
        }
        let reply = async move { object.calls().await?.begin_method(method, &request, deadline)?.reply().await };
        spawned(&self.0.way.runtime, reply, deadline)
    }
}
