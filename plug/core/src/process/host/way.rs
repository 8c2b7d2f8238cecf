//! The way to the objects of a process. The objects keep the process alive.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use crate::portable::method::Signature;
use crate::portable::proxy::Description;
use crate::process::running::Running;
use crate::wire::channel::ReplyFuture;
use crate::wire::fault::Fault;
use crate::wire::way::{Offered, Reached, Way};

/// The way, and the process that it leads to.
pub(super) struct KeptWay {
    pub way: Arc<dyn Way>,
    pub running: Arc<Running>,
}

struct KeptObject {
    object: Arc<dyn Reached>,
    /// Dropped after the object.
    _running: Arc<Running>,
}

impl Way for KeptWay {
    fn id(&self) -> Option<u64> {
        self.way.id()
    }

    fn offer(&self, object: Offered, description: &'static Description) -> Result<u32, Fault> {
        self.way.offer(object, description)
    }

    fn withdraw(&self, number: u32) {
        self.way.withdraw(number);
    }

    fn reach(self: Arc<Self>, number: u32, description: &'static Description, is_given: bool) -> Arc<dyn Reached> {
        let object = Arc::clone(&self.way).reach(number, description, is_given);
        Arc::new(KeptObject { object, _running: Arc::clone(&self.running) })
    }

    fn wait(&self, future: Pin<&mut (dyn Future<Output = ()> + Send)>) {
        self.way.wait(future);
    }
}

impl Reached for KeptObject {
    fn call(&self, method: &'static Signature, request: Bytes, deadline: Option<Instant>) -> ReplyFuture {
        self.object.call(method, request, deadline)
    }
}
