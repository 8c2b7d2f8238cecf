//! Lends and gives objects over brokered connections, as programs in Go do: each object has a number,
//! a listener, and a gRPC server of its own.
//!
//! Go has no message that an object is dropped.
//! A program in Go that has been given one closes its `ClientConn`, and the connection with it.
//! So a given object is dropped when its last connection is closed, or with the broker.
//! An object that the other side never connects to lives as long as the broker.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::OnceCell;
use tokio::task::{AbortHandle, JoinSet};
use tokio_stream::StreamExt;

use crate::portable::signature::Description;
use crate::portable::signature::Signature;
use crate::process::broker::dialler::Dialler;
use crate::process::broker::{Broker, BrokerListener};
use crate::rpc::back::offered::{ObjectCall, OfferedObject};
use crate::rpc::back::session::Waits;
use crate::rpc::back::spawned::spawned;
use crate::rpc::client::http2::Http2;
use crate::rpc::server::object::ServedObject;
use crate::rpc::source::Drawn;
use crate::wire::channel::Call;
use crate::wire::fault::{Fault, Unavailable};
use crate::wire::message::{Outgoing, ReplyFuture};
use crate::wire::stream_object::Stream;
use crate::wire::way::{Offered, Reached, Way};

/// The way over the brokered connections of one process.
pub(crate) struct BrokerWay {
    this: Weak<Self>,
    broker: Broker,
    waits: Box<dyn Waits>,
    /// The longest message of an object, in bytes.
    max_len: usize,
    /// The tasks of the listeners, by number.
    offered: Mutex<HashMap<u32, AbortHandle>>,
}

impl BrokerWay {
    pub(crate) fn new(broker: Broker, waits: Box<dyn Waits>, max_len: usize) -> Arc<Self> {
        Arc::new_cyclic(|this| Self { this: Weak::clone(this), broker, waits, max_len, offered: Mutex::default() })
    }

    fn offered(&self) -> MutexGuard<'_, HashMap<u32, AbortHandle>> {
        self.offered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for BrokerWay {
    fn drop(&mut self) {
        self.offered().values().for_each(AbortHandle::abort);
    }
}

impl Way for BrokerWay {
    /// A request from Go names no way.
    fn id(&self) -> Option<u64> {
        None
    }

    fn offer(&self, object: Offered, description: &'static Description) -> Result<u32, Fault> {
        let runtime = self.broker.runtime();
        let _context = runtime.enter();
        // 0 is the number of none.
        let number = Some(self.broker.next_id()).filter(|number| *number != 0);
        let number = number.unwrap_or_else(|| self.broker.next_id());
        let (listener, announcement) = self.broker.open(number).map_err(|error| unsent(format!("{error:#}")))?;
        let object = Arc::new(OfferedObject::new(number, object, runtime));
        let (exchange, way, max_len) = (Arc::clone(self.broker.exchange()), Weak::clone(&self.this), self.max_len);
        // Locked until the task is in the map, from which its end removes it.
        let mut offered = self.offered();
        let task = runtime.spawn(async move {
            let is_announced = match announcement {
                Some(announcement) => exchange.send(announcement).await.is_ok(),
                None => true,
            };
            if is_announced {
                let (is_lent, way) = (object.is_lent(), Weak::clone(&way));
                let call = move |call| object.call(call, way.upgrade().map(|way| way as Arc<dyn Way>));
                serve(listener, ServedObject { service: description.service, max_len, call }, is_lent).await;
            }
            if let Some(way) = way.upgrade() {
                way.offered().remove(&number);
            }
        });
        offered.insert(number, task.abort_handle());
        Ok(number)
    }

    fn draw(&self, stream: Outgoing) -> Box<dyn Stream> {
        Box::new(Drawn::new(stream, self.broker.runtime()))
    }

    fn max_len(&self) -> u64 {
        u64::try_from(self.max_len).unwrap_or(u64::MAX)
    }

    fn withdraw(&self, number: u32) {
        let task = self.offered().remove(&number);
        if let Some(task) = task {
            task.abort();
        }
    }

    fn reach(self: Arc<Self>, number: u32, description: &'static Description, _: bool) -> Arc<dyn Reached> {
        let (broker, max_len) = (self.broker.clone(), self.max_len);
        let (dialler, http2) = Default::default();
        let connection = Arc::new(ObjectConnection { broker, number, max_len, dialler, http2 });
        let announced = Arc::clone(&connection);
        // Its announcement expires after five seconds, and the first call may come later.
        self.broker.runtime().spawn(async move { _ = announced.dialler().await });
        Arc::new(BrokerObject { connection, description })
    }

    fn wait(&self, future: Pin<&mut (dyn Future<Output = ()> + Send)>) {
        self.waits.wait(future);
    }

    fn driven(&self, reply: ReplyFuture) -> ReplyFuture {
        self.waits.driven(reply)
    }
}

fn unsent(text: String) -> Fault {
    Fault::Unavailable(Unavailable::unsent(text))
}

/// Serves the connections of an object.
/// It returns when the broker has ended, and after the last connection of a given object.
async fn serve<F>(mut listener: BrokerListener, object: ServedObject<F>, is_lent: bool)
where
    F: Fn(ObjectCall) + Clone + Send + Sync + 'static,
{
    let (mut connections, object) = (JoinSet::new(), Arc::new(object));
    loop {
        tokio::select! {
            accepted = listener.next() => match accepted {
                Some(Ok(stream)) => {
                    let object = Arc::clone(&object);
                    connections.spawn(async move { object.serve(stream).await });
                }
                Some(Err(_)) => {}
                None => return,
            },
            Some(_) = connections.join_next() => {
                if !is_lent && connections.is_empty() {
                    return;
                }
            }
        }
    }
}

/// The connection to an object of the other side. The first call makes it.
struct ObjectConnection {
    broker: Broker,
    number: u32,
    max_len: usize,
    dialler: OnceCell<Result<Dialler, Fault>>,
    http2: OnceCell<Http2>,
}

impl ObjectConnection {
    async fn dialler(&self) -> Result<Dialler, Fault> {
        let dialler = self.dialler.get_or_init(|| async {
            let dialler = self.broker.dialler(self.number).await;
            dialler.map_err(|error| unsent(format!("{error:#}")))
        });
        dialler.await.clone()
    }

    async fn http2(&self) -> Result<Http2, Fault> {
        let connect = || async {
            let dialler = self.dialler().await?;
            let connecting = async move {
                let stream = dialler.connect().await?;
                Http2::over(stream).await.map_err(io::Error::other)
            };
            // In a task of its own: a call that is given up must not leave a knock without its stream.
            let connected = self.broker.runtime().spawn(connecting).await;
            connected
                .unwrap_or_else(|error| Err(io::Error::other(error)))
                .map_err(|error| unsent(format!("brokered connection {} cannot be made: {error}", self.number)))
        };
        self.http2.get_or_try_init(connect).await.cloned()
    }
}

/// An object of the other side. Its drop closes the connection.
struct BrokerObject {
    connection: Arc<ObjectConnection>,
    description: &'static Description,
}

impl Reached for BrokerObject {
    fn call(&self, method: &'static Signature, request: Bytes, deadline: Option<Instant>) -> ReplyFuture {
        let (connection, path) = (Arc::clone(&self.connection), self.description.path(method));
        let runtime = self.connection.broker.runtime().clone();
        let reply = async move {
            let mut call = Call::of_service(&path, request, deadline);
            call.is_idempotent = false;
            connection.http2().await?.call(call, connection.max_len).await
        };
        spawned(&runtime, reply, deadline)
    }
}
