//! The instance behind an object: opened with the object, and again if it is lost with its process
//! or connection.
//!
//! It keeps the settings, since each opening needs them.

use std::pin::Pin;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::time::{timeout, timeout_at};

use crate::rpc::client::driver::Driver;
use crate::wire::channel::{Call, Channel, ReplyFuture};
use crate::wire::fault::{Code, Fault, Unavailable};

/// The longest wait for the end of an instance with a call that was given up.
/// A process that ends gives the calls under way as long.
const ABANDONED: Duration = Duration::from_millis(500);

/// A peer that opens instances.
pub(crate) trait Opens: Channel {
    /// Opens an instance by an `OpenRequest` of `plug.v1`. Dropping the future ends the instance.
    fn open_instance(&self, request: Bytes) -> OpenFuture;
}

pub(crate) type OpenFuture = Pin<Box<dyn Future<Output = Result<Arc<dyn Instance>, Fault>> + Send>>;

/// An instance that a peer has opened. It ends, unobserved, when this is dropped.
pub(crate) trait Instance: Send + Sync {
    /// Calls a method over the connection of the instance, and no other.
    fn call(&self, call: Call) -> ReplyFuture;

    /// Whether the connection is known to be lost, and the instance with it.
    fn is_lost(&self) -> bool;

    /// Asks the instance to end. The future is ready when it has, or when the peer is gone.
    fn end(&self) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The instance of one object.
pub(crate) struct ObjectInstance {
    /// The plugin's name in this program.
    plugin: String,
    /// An `OpenRequest`, which holds the settings.
    request: Bytes,
    /// Locked by the call that opens the instance.
    opening: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    /// Whether a call was given up, whose method may go on for ever.
    has_abandoned: AtomicBool,
}

/// A call that is given up if this is dropped before it has a reply.
struct Underway {
    instance: Arc<ObjectInstance>,
    is_over: bool,
}

impl Underway {
    fn end(mut self, reply: &Result<Bytes, Fault>) {
        self.is_over = !matches!(reply, Err(Fault::Deadline | Fault::Cancelled));
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        if !self.is_over {
            self.instance.has_abandoned.store(true, SeqCst);
        }
    }
}

enum State {
    Unopened,
    /// It was open in an earlier run of the process.
    Gone,
    Open(Arc<dyn Instance>),
    /// The object is dropped.
    Ended,
}

impl ObjectInstance {
    /// An instance that is not open yet.
    pub(crate) fn new(plugin: String, request: Bytes) -> Arc<Self> {
        Arc::new(Self::with(plugin, request, State::Unopened))
    }

    fn with(plugin: String, request: Bytes, state: State) -> Self {
        let (opening, has_abandoned) = Default::default();
        Self { plugin, request, opening, state: Mutex::new(state), has_abandoned }
    }

    /// The same instance in another run of its process, not yet open there.
    /// If it never was open, its first opening is still to come.
    #[cfg_attr(not(feature = "process"), allow(dead_code, reason = "only a process is started again"))]
    pub(crate) fn again(&self) -> Arc<Self> {
        let state = match *self.state() {
            State::Unopened => State::Unopened,
            _ => State::Gone,
        };
        Arc::new(Self::with(self.plugin.clone(), self.request.clone(), state))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The instance, if it is open.
    fn current(&self) -> Option<Arc<dyn Instance>> {
        match &*self.state() {
            State::Open(instance) if !instance.is_lost() => Some(Arc::clone(instance)),
            _ => None,
        }
    }

    /// Opens the instance. The reply is empty.
    pub(crate) fn open(self: &Arc<Self>, peer: Arc<dyn Opens>, deadline: Option<Instant>) -> ReplyFuture {
        let this = Arc::clone(self);
        Box::pin(async move { this.get(&*peer, None, deadline).await.map(|_| Bytes::new()) })
    }

    /// Calls a method of the instance. If the instance was lost before the call was sent, it is opened
    /// again.
    pub(crate) fn call(self: &Arc<Self>, peer: Arc<dyn Opens>, call: Call) -> ReplyFuture {
        // Some channels send before the future is polled.
        let sent = self.current().map(|instance| (instance.call(call.clone()), instance));
        let underway = Underway { instance: Arc::clone(self), is_over: false };
        Box::pin(async move {
            let reply = underway.instance.reply(sent, &*peer, call).await;
            underway.end(&reply);
            reply
        })
    }

    async fn reply(
        &self,
        sent: Option<(ReplyFuture, Arc<dyn Instance>)>,
        peer: &dyn Opens,
        call: Call,
    ) -> Result<Bytes, Fault> {
        let (reply, instance) = match sent {
            Some(sent) => sent,
            None => {
                let instance = self.get(peer, None, call.deadline).await?;
                (instance.call(call.clone()), instance)
            }
        };
        match reply.await {
            Err(Fault::Unavailable(Unavailable { is_unsent: true, .. })) if instance.is_lost() => {}
            // The peer has lost it, and this side does not know that yet.
            Err(Fault::Refused { code: Code::NOT_FOUND, .. }) => {}
            done => return done,
        }
        let instance = self.get(peer, Some(&instance), call.deadline).await?;
        instance.call(call).await
    }

    /// The instance, which is opened if it is not open, or if it is the lost one.
    async fn get(
        &self,
        peer: &dyn Opens,
        lost: Option<&Arc<dyn Instance>>,
        deadline: Option<Instant>,
    ) -> Result<Arc<dyn Instance>, Fault> {
        let opening = async {
            let _opening = self.opening.lock().await;
            // Another call may have opened it first.
            let current = self.current().filter(|current| lost.is_none_or(|lost| !Arc::ptr_eq(lost, current)));
            if let Some(current) = current {
                return Ok(current);
            }
            let is_again = !matches!(*self.state(), State::Unopened);
            let opened = peer.open_instance(self.request.clone()).await;
            let opened = if is_again { opened.map_err(|fault| self.unopened_again(fault)) } else { opened }?;
            let mut state = self.state();
            if matches!(*state, State::Ended) {
                return Err(Fault::Cancelled);
            }
            *state = State::Open(Arc::clone(&opened));
            Ok(opened)
        };
        match deadline {
            None => opening.await,
            Some(deadline) => timeout_at(deadline.into(), opening).await.unwrap_or(Err(Fault::Deadline)),
        }
    }

    /// The fault of a call whose instance cannot be opened again. The call itself has not begun.
    fn unopened_again(&self, fault: Fault) -> Fault {
        let failed = |texts: Vec<String>| {
            let first = format!("cannot open plugin `{}` again", self.plugin);
            Fault::Failed(std::iter::once(first).chain(texts).collect())
        };
        match fault {
            Fault::Failed(texts) | Fault::Settings { texts, .. } => failed(texts),
            Fault::Panicked(panicked) => failed(vec![panicked.text]),
            Fault::Unavailable(unavailable) => Fault::Unavailable(Unavailable { is_unsent: true, ..unavailable }),
            // It is not the method that the peer lacks.
            Fault::Unimplemented(message) => Fault::Refused { code: Code::UNIMPLEMENTED, message },
            fault => fault,
        }
    }

    /// Ends the instance, and waits at most `patience` for that.
    pub(crate) fn end(&self, driver: &Driver, patience: Duration) {
        let State::Open(instance) = std::mem::replace(&mut *self.state(), State::Ended) else { return };
        if instance.is_lost() {
            return;
        }
        let patience = if self.has_abandoned.load(SeqCst) { patience.min(ABANDONED) } else { patience };
        let ending = Box::pin(async move {
            // After that the peer ends it alone.
            let _ = timeout(patience, instance.end()).await;
            Ok(Bytes::new())
        });
        let _ = driver.call(ending, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::refusal::Refusal;

    /// A peer whose plugin refuses its settings, or takes them.
    struct Peer {
        refuses: bool,
    }

    struct Opened;

    impl Channel for Peer {
        fn call(&self, _: Call) -> ReplyFuture {
            Box::pin(async { Err(Fault::Cancelled) })
        }
    }

    impl Opens for Peer {
        fn open_instance(&self, _: Bytes) -> OpenFuture {
            let texts = vec!["there is no `tmes`".to_owned()];
            let refused = self.refuses.then(|| Fault::Settings { texts, refusal: Refusal::default() });
            Box::pin(async move { refused.map_or(Ok(Arc::new(Opened) as _), Err) })
        }
    }

    impl Instance for Opened {
        fn call(&self, _: Call) -> ReplyFuture {
            Box::pin(async { Ok(Bytes::new()) })
        }

        fn is_lost(&self) -> bool {
            false
        }

        fn end(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
            Box::pin(async {})
        }
    }

    #[test]
    fn only_an_instance_that_was_open_is_opened_again() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let open =
            |instance: &Arc<ObjectInstance>, refuses| runtime.block_on(instance.open(Arc::new(Peer { refuses }), None));
        let instance = ObjectInstance::new("a".to_owned(), Bytes::new());
        // The process has ended before the request.
        let refused = open(&instance.again(), true).unwrap_err();
        assert!(matches!(&refused, Fault::Settings { .. }), "{refused:?}");
        open(&instance, false).unwrap();
        let refused = open(&instance.again(), true).unwrap_err();
        let texts = ["cannot open plugin `a` again", "there is no `tmes`"];
        assert!(matches!(&refused, Fault::Failed(failed) if failed[..] == texts), "{refused:?}");
    }
}
