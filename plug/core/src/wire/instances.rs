//! The instances that the clients of a server have opened: objects of their own, each with a number.
//!
//! A number is random, so that no client can name the instance of another.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::panic::dispose;
use crate::wire::fault::{Code, Fault};
use crate::wire::way::Callee;

/// The instances of one server. Clones share them.
#[derive(Clone)]
pub(crate) struct Instances(Arc<Table>);

struct Table {
    /// The most instances at once.
    limit: usize,
    /// The instances that exist, or are about to.
    count: AtomicUsize,
    open: Mutex<HashMap<u64, Arc<Instance>>>,
    /// Hashes the number of instances so far, by a secret key.
    numbers: RandomState,
    opened: AtomicU64,
}

/// An object of its own. The last call that uses it drops the object after its end.
pub(crate) struct Instance {
    /// The index of its plugin.
    pub plugin: usize,
    object: Option<Arc<dyn Callee>>,
    on_drop: Mutex<Option<OnDrop>>,
    place: Option<Place>,
}

type OnDrop = Box<dyn FnOnce() + Send>;

/// Counts as one instance until it is dropped.
pub(crate) struct Place(Instances);

/// An instance that a client has opened. Further calls find it until this is closed or dropped.
pub(crate) struct OpenInstance {
    pub number: u64,
    instances: Instances,
}

impl Instances {
    /// Allows this many instances at once.
    pub(crate) fn new(limit: usize) -> Self {
        let (count, opened) = (AtomicUsize::new(0), AtomicU64::new(0));
        Self(Arc::new(Table { limit, count, open: Mutex::default(), numbers: RandomState::new(), opened }))
    }

    pub(crate) fn are_allowed(&self) -> bool {
        self.0.limit > 0
    }

    /// # Errors
    ///
    /// If none are allowed.
    pub(crate) fn check_allowed(&self) -> Result<(), Fault> {
        if self.are_allowed() {
            return Ok(());
        }
        let text = "this server opens no instances\nhint: `Server::instances` of the server allows them";
        Err(Fault::Unimplemented(text.to_owned()))
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Arc<Instance>>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reserves a place for an instance.
    ///
    /// # Errors
    ///
    /// If there are as many as the limit allows.
    pub(crate) fn reserve(&self) -> Result<Place, Fault> {
        let Table { limit, count, .. } = &*self.0;
        self.check_allowed()?;
        let one_more = |count: usize| (count < *limit).then_some(count + 1);
        if count.fetch_update(SeqCst, SeqCst, one_more).is_err() {
            let text = format!("{limit} instances are open, which is the server's limit (`Server::instances`)");
            return Err(Fault::refused(Code::RESOURCE_EXHAUSTED, text));
        }
        Ok(Place(self.clone()))
    }

    /// Adds the object of a plugin.
    pub(crate) fn add(place: Place, plugin: usize, object: Arc<dyn Callee>) -> OpenInstance {
        let instances = place.0.clone();
        let instance =
            Arc::new(Instance { plugin, object: Some(object), on_drop: Mutex::default(), place: Some(place) });
        let Table { numbers, opened, .. } = &*instances.0;
        let mut open = instances.open();
        let number = loop {
            let number = numbers.hash_one(opened.fetch_add(1, SeqCst));
            // 0 is the number of none.
            if number != 0 && !open.contains_key(&number) {
                break number;
            }
        };
        open.insert(number, instance);
        drop(open);
        OpenInstance { number, instances }
    }

    /// The instance of this number. It is weak, so that only a call keeps the object.
    pub(crate) fn find(&self, number: u64) -> Option<(usize, Weak<Instance>)> {
        self.open().get(&number).map(|instance| (instance.plugin, Arc::downgrade(instance)))
    }
}

impl Instance {
    pub(crate) fn object(&self) -> Option<&Arc<dyn Callee>> {
        self.object.as_ref()
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let object = self.object.take();
        // The hook for panics has reported it, and nobody waits for a result.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(object))) {
            dispose(payload);
        }
        drop(self.place.take());
        if let Some(on_drop) = self.on_drop.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            on_drop();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.0.count.fetch_sub(1, SeqCst);
    }
}

impl OpenInstance {
    /// Ends the instance: no further call finds it.
    /// The object is dropped when no call is under way, by this thread or by that of the last call.
    /// Then the same thread runs `then`.
    pub(crate) fn close(self, then: impl FnOnce() + Send + 'static) {
        match self.remove() {
            Some(instance) => {
                *instance.on_drop.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(then));
            }
            None => then(),
        }
    }

    /// The index of its plugin, and the instance itself for its calls.
    #[cfg(feature = "netrpc")]
    pub(crate) fn called(&self) -> Option<(usize, Weak<Instance>)> {
        self.instances.find(self.number)
    }

    fn remove(&self) -> Option<Arc<Instance>> {
        self.instances.open().remove(&self.number)
    }
}

impl Drop for OpenInstance {
    fn drop(&mut self) {
        drop(self.remove());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::wire::way::{Answer, Brought, Called, Context, Request};

    /// An object that says when it is dropped, and may panic then.
    struct Object(mpsc::Sender<&'static str>, bool);

    impl Callee for Object {
        fn method(&self, _: &str) -> Option<usize> {
            None
        }

        fn call(self: Arc<Self>, _: usize, _: Request<'_>, _: Context<'_>) -> Called {
            Called::Replied(Ok(Answer::Message(Vec::new(), Brought::default())))
        }
    }

    impl Drop for Object {
        fn drop(&mut self) {
            let _ = self.0.send("dropped");
            assert!(!self.1, "the object panics");
        }
    }

    /// The payload of a panic, whose drop panics too.
    struct Payload;

    impl Drop for Payload {
        fn drop(&mut self) {
            panic!("the payload panics");
        }
    }

    /// An object whose drop panics with it.
    struct Bomb;

    impl Callee for Bomb {
        fn method(&self, _: &str) -> Option<usize> {
            None
        }

        fn call(self: Arc<Self>, _: usize, _: Request<'_>, _: Context<'_>) -> Called {
            Called::Replied(Ok(Answer::Message(Vec::new(), Brought::default())))
        }
    }

    impl Drop for Bomb {
        fn drop(&mut self) {
            std::panic::panic_any(Payload);
        }
    }

    #[test]
    fn no_panic_of_an_object_leaves_its_drop() {
        let instances = Instances::new(1);
        let open = Instances::add(instances.reserve().ok().unwrap(), 0, Arc::new(Bomb));
        let (send, closed) = mpsc::channel();
        open.close(move || send.send(()).unwrap());
        closed.recv().unwrap();
        assert!(instances.reserve().is_ok());
    }

    fn text(fault: &Fault) -> (&'static str, &str) {
        (fault.code().name(), fault.text())
    }

    #[test]
    fn an_instance_is_dropped_after_its_last_call() {
        let (send, events) = mpsc::channel();
        let instances = Instances::new(1);
        for panics in [false, true] {
            let open = Instances::add(instances.reserve().ok().unwrap(), 7, Arc::new(Object(send.clone(), panics)));
            let (plugin, found) = instances.find(open.number).unwrap();
            assert_eq!(plugin, 7);
            let call = found.upgrade().unwrap();
            let (number, closed) = (open.number, send.clone());
            open.close(move || closed.send("closed").unwrap());
            assert!(instances.find(number).is_none() && events.try_recv().is_err());
            // Its place is taken as long as it exists.
            assert!(instances.reserve().is_err());
            drop(call);
            assert_eq!([events.recv().unwrap(), events.recv().unwrap()], ["dropped", "closed"]);
            assert!(found.upgrade().is_none());
        }
        let open = Instances::add(instances.reserve().ok().unwrap(), 0, Arc::new(Object(send, false)));
        drop(open);
        assert_eq!(events.try_iter().collect::<Vec<_>>(), ["dropped"]);
    }

    #[test]
    fn there_are_no_more_instances_than_the_limit() {
        let instances = Instances::new(2);
        let places = [instances.reserve().ok().unwrap(), instances.reserve().ok().unwrap()];
        let fault = instances.reserve().err().unwrap();
        let limit = "2 instances are open, which is the server's limit (`Server::instances`)";
        assert_eq!(text(&fault), ("RESOURCE_EXHAUSTED", limit));
        drop(places);
        assert!(instances.reserve().is_ok());
        let fault = Instances::new(0).reserve().err().unwrap();
        let none = "this server opens no instances\nhint: `Server::instances` of the server allows them";
        assert_eq!(text(&fault), ("UNIMPLEMENTED", none));
    }

    #[test]
    fn a_number_does_not_tell_the_next() {
        let (send, _events) = mpsc::channel();
        let numbers = |instances: &Instances| {
            let open = |_| {
                let object = Arc::new(Object(send.clone(), false));
                Instances::add(instances.reserve().ok().unwrap(), 0, object)
            };
            let open: Vec<_> = (0..100).map(open).collect();
            open.iter().map(|open| open.number).collect::<Vec<_>>()
        };
        let [one, other] = [0, 1].map(|_| numbers(&Instances::new(100)));
        // Random numbers of 64 bits are this close to each other once in 2^30 runs.
        let is_close = |pair: &[u64]| pair[0].abs_diff(pair[1]) < 1 << 26;
        assert!(!one.windows(2).any(is_close) && !one.iter().any(|number| other.contains(number)), "{one:?}");
    }
}
