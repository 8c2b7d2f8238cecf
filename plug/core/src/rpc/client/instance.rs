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
use crate::wire::channel::{Call, Channel};
use crate::wire::fault::{Code, Fault, Unavailable};
use crate::wire::message::{GotFuture, Outgoing, ReplyFuture};

/// The longest wait for the end of an instance with a call that was given up.
/// A process that ends gives the calls under way as long.
const ABANDONED: Duration = Duration::from_millis(500);

/// The most openings for one call.
const OPENINGS: usize = 3;

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

    /// The same for a method that takes or returns a stream.
    fn stream(&self, _: Call, _: Option<Outgoing>, _returns_stream: bool) -> GotFuture {
        let text = "its connection has no streams";
        Box::pin(std::future::ready(Err(Fault::refused(Code::UNIMPLEMENTED, text))))
    }

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
    fn end<T>(mut self, reply: &Result<T, Fault>) {
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

    /// Calls a method that takes or returns a stream. The stream is sent once.
    pub(crate) fn stream(
        self: &Arc<Self>,
        peer: Arc<dyn Opens>,
        call: Call,
        sent: Option<Outgoing>,
        returns_stream: bool,
    ) -> GotFuture {
        let underway = Underway { instance: Arc::clone(self), is_over: false };
        Box::pin(async move {
            let instance = underway.instance.get(&*peer, None, call.deadline).await?;
            let reply = instance.stream(call, sent, returns_stream).await;
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
        let (mut reply, mut instance) = match sent {
            Some(sent) => sent,
            None => {
                let instance = self.get(peer, None, call.deadline).await?;
                (instance.call(call.clone()), instance)
            }
        };
        // A peer that is about to end may lose it more than once.
        for _ in 0..OPENINGS {
            match reply.await {
                Err(Fault::Unavailable(Unavailable { is_unsent: true, .. })) if instance.is_lost() => {}
                // The peer has lost it, and this side does not know that yet.
                Err(Fault::Refused { code: Code::NOT_FOUND, .. }) => {}
                done => return done,
            }
            instance = self.get(peer, Some(&instance), call.deadline).await?;
            reply = instance.call(call.clone());
        }
        reply.await
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
    use std::future::ready;
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::error::refusal::Refusal;
    use crate::wire::fault::Panicked;

    /// A peer whose instances reply with their number.
    #[derive(Default)]
    struct Peer {
        opened: AtomicUsize,
        /// The fault of the next openings.
        fault: Mutex<Option<Fault>>,
        /// The number of the instance that it has lost.
        lost: Arc<AtomicUsize>,
        /// Whether a lost instance shows that.
        shows_loss: bool,
    }

    struct Numbered {
        number: usize,
        lost: Arc<AtomicUsize>,
        shows_loss: bool,
    }

    impl Channel for Peer {
        fn call(&self, _: Call) -> ReplyFuture {
            panic!("no call goes past the instance")
        }
    }

    impl Opens for Peer {
        fn open_instance(&self, request: Bytes) -> OpenFuture {
            assert_eq!(request, "request");
            if let Some(fault) = self.fault.lock().unwrap().clone() {
                return Box::pin(ready(Err(fault)));
            }
            let number = self.opened.fetch_add(1, SeqCst) + 1;
            let instance = Numbered { number, lost: Arc::clone(&self.lost), shows_loss: self.shows_loss };
            Box::pin(async move {
                tokio::task::yield_now().await;
                Ok(Arc::new(instance) as Arc<dyn Instance>)
            })
        }
    }

    impl Instance for Numbered {
        fn call(&self, _: Call) -> ReplyFuture {
            let reply = if self.lost.load(SeqCst) != self.number {
                Ok(self.number.to_string().into())
            } else if self.shows_loss {
                Err(Fault::Unavailable(Unavailable::unsent("gone".to_owned())))
            } else {
                Err(Fault::refused(Code::NOT_FOUND, "there is no instance"))
            };
            Box::pin(async move {
                tokio::task::yield_now().await;
                reply
            })
        }

        fn is_lost(&self) -> bool {
            self.shows_loss && self.lost.load(SeqCst) == self.number
        }

        fn end(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
            Box::pin(std::future::pending())
        }
    }

    fn instance() -> Arc<ObjectInstance> {
        ObjectInstance::new("a".to_owned(), Bytes::from_static(b"request"))
    }

    fn call(deadline: Option<Instant>) -> Call {
        Call { is_idempotent: false, ..Call::of_service("/A/B", Bytes::new(), deadline) }
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    fn reply(instance: &Arc<ObjectInstance>, peer: &Arc<Peer>) -> Result<Bytes, Fault> {
        run(instance.call(Arc::clone(peer) as Arc<dyn Opens>, call(None)))
    }

    #[test]
    fn a_lost_instance_is_opened_again_once() {
        for shows_loss in [true, false] {
            let (instance, peer) = (instance(), Arc::new(Peer { shows_loss, ..Peer::default() }));
            assert_eq!(run(instance.open(Arc::clone(&peer) as _, None)).unwrap(), "");
            assert_eq!((reply(&instance, &peer).unwrap(), reply(&instance, &peer).unwrap()), ("1".into(), "1".into()));
            peer.lost.store(1, SeqCst);
            run(async {
                let calls: Vec<_> = (0..16).map(|_| instance.call(Arc::clone(&peer) as _, call(None))).collect();
                let calls: Vec<_> = calls.into_iter().map(tokio::spawn).collect();
                for call in calls {
                    assert_eq!(call.await.unwrap().unwrap(), "2");
                }
            });
            assert_eq!(peer.opened.load(SeqCst), 2);
            // In another run of the process it is opened once more.
            assert_eq!(reply(&instance.again(), &peer).unwrap(), "3");
        }
    }

    #[test]
    fn an_instance_that_cannot_be_opened_again_says_so() {
        let (instance, peer) = (instance(), Arc::new(Peer::default()));
        let text = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let refused = Fault::Settings { texts: text(&["it is late", "by a cause"]), refusal: Refusal::default() };
        *peer.fault.lock().unwrap() = Some(refused.clone());
        // The first opening has the fault itself.
        let first = run(instance.open(Arc::clone(&peer) as _, None)).unwrap_err();
        assert_eq!(format!("{first:?}"), format!("{refused:?}"));
        *peer.fault.lock().unwrap() = None;
        reply(&instance, &peer).unwrap();
        peer.lost.store(1, SeqCst);
        let again = |fault: Fault| {
            *peer.fault.lock().unwrap() = Some(fault);
            reply(&instance, &peer).unwrap_err()
        };
        let Fault::Failed(texts) = again(refused) else { panic!() };
        assert_eq!(texts, ["cannot open plugin `a` again", "it is late", "by a cause"]);
        let Fault::Failed(texts) = again(Fault::Failed(text(&["no"]))) else { panic!() };
        assert_eq!(texts, ["cannot open plugin `a` again", "no"]);
        let panicked = Panicked { text: "it panicked".to_owned(), place: None, message: None };
        let Fault::Failed(texts) = again(Fault::Panicked(panicked)) else { panic!() };
        assert_eq!(texts, ["cannot open plugin `a` again", "it panicked"]);
        // The peer lacks instances, and not the method.
        let Fault::Refused { code, message } = again(Fault::Unimplemented("no instances".to_owned())) else { panic!() };
        assert_eq!((code, &message[..]), (Code::UNIMPLEMENTED, "no instances"));
        // The method has not begun.
        let Fault::Unavailable(gone) = again(Fault::Unavailable(Unavailable::of("gone".to_owned()))) else { panic!() };
        assert!(gone.is_unsent);
    }

    #[test]
    fn an_instance_is_opened_within_the_deadline_of_the_call() {
        struct Slow;
        impl Channel for Slow {
            fn call(&self, _: Call) -> ReplyFuture {
                panic!("no call goes past the instance")
            }
        }
        impl Opens for Slow {
            fn open_instance(&self, _: Bytes) -> OpenFuture {
                Box::pin(std::future::pending())
            }
        }
        let (instance, deadline) = (instance(), Some(Instant::now() + Duration::from_millis(20)));
        assert!(matches!(run(instance.open(Arc::new(Slow), deadline)), Err(Fault::Deadline)));
        assert!(matches!(run(instance.call(Arc::new(Slow), call(deadline))), Err(Fault::Deadline)));
    }

    #[test]
    fn an_object_waits_less_for_an_instance_whose_call_was_given_up() {
        let driver = Driver::get().unwrap();
        let took = |given_up: bool| {
            let (instance, peer) = (instance(), Arc::new(Peer::default()));
            run(instance.open(Arc::clone(&peer) as _, None)).unwrap();
            let call = instance.call(Arc::clone(&peer) as _, call(None));
            if given_up {
                drop(call);
            } else {
                run(call).unwrap();
            }
            let start = Instant::now();
            instance.end(driver, Duration::from_millis(700));
            // Nothing opens it any more.
            assert!(matches!(reply(&instance, &peer), Err(Fault::Cancelled)));
            start.elapsed()
        };
        let (patient, hurried) = (took(false), took(true));
        assert!(patient >= Duration::from_millis(700), "{patient:?}");
        assert!(hurried >= ABANDONED && hurried < Duration::from_millis(690), "{hurried:?}");
    }

    #[test]
    fn only_an_instance_that_was_open_is_opened_again() {
        let (instance, peer) = (instance(), Arc::new(Peer::default()));
        let open = |instance: Arc<ObjectInstance>, fault: Option<Fault>| {
            *peer.fault.lock().unwrap() = fault;
            run(instance.open(Arc::clone(&peer) as _, None))
        };
        let refused = Fault::Settings { texts: vec!["it is late".to_owned()], refusal: Refusal::default() };
        // The process has ended before the request.
        let first = open(instance.again(), Some(refused.clone())).unwrap_err();
        assert!(matches!(&first, Fault::Settings { .. }), "{first:?}");
        open(Arc::clone(&instance), None).unwrap();
        let second = open(instance.again(), Some(refused)).unwrap_err();
        let texts = ["cannot open plugin `a` again", "it is late"];
        assert!(matches!(&second, Fault::Failed(failed) if failed[..] == texts), "{second:?}");
    }
}
