//! An object that this side offers over connections of its own, as programs in Go do.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tokio::runtime::Handle;

use crate::rpc::back::given::{GivenCall, discard};
use crate::wire::fault::{Fault, Unavailable};
use crate::wire::way::{Callback, GivenUp, Offered, Replier, Way};

/// A call of such an object.
pub(crate) struct ObjectCall {
    /// The method's name on the wire.
    pub method: String,
    pub request: Bytes,
    pub deadline: Option<Instant>,
    pub reply: Replier,
    /// Ready when nobody waits for the reply any more.
    pub cancelled: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// The object, until no connection leads to it any more.
pub(crate) struct OfferedObject {
    number: u32,
    /// There until this is dropped.
    object: Option<Arc<Offered>>,
    runtime: Handle,
}

impl OfferedObject {
    pub(crate) fn new(number: u32, object: Offered, runtime: &Handle) -> Self {
        Self { number, object: Some(Arc::new(object)), runtime: runtime.clone() }
    }

    pub(crate) fn is_lent(&self) -> bool {
        matches!(self.object.as_deref(), Some(Offered::Lent(_)))
    }

    /// Calls it: a lent object in the thread of its caller, and a given one in a thread of its own.
    pub(crate) fn call(&self, call: ObjectCall, way: Option<Arc<dyn Way>>) {
        let ObjectCall { method, request, deadline, reply, cancelled } = call;
        match (self.object.as_deref(), way) {
            (Some(Offered::Lent(call)), _) => {
                let given_up = GivenUp::when(cancelled);
                call(Callback { object: self.number, method, request, deadline, reply, given_up });
            }
            (Some(Offered::Given(callee)), Some(way)) => {
                let callee = Arc::clone(callee);
                let given = GivenCall { callee, method, request, deadline, way, given_up: cancelled };
                given.run(&self.runtime, |answer, brought| {
                    reply(answer);
                    brought.keep();
                });
            }
            (_, _) => reply(Err(Fault::Unavailable(Unavailable::of("its connection has ended".to_owned())))),
        }
    }
}

impl Drop for OfferedObject {
    fn drop(&mut self) {
        if let Some(object) = self.object.take() {
            discard(&self.runtime, object);
        }
    }
}
