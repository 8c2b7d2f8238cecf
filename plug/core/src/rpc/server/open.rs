//! `plug.v1.Plugins/Open` and `Schema`.
//!
//! An instance lives as long as its call of `Open`.
//! The half-close asks it to end, and so does the end of the client or of the server.
//! The plugin's code runs in a worker, which it may block.

use std::sync::Arc;
#[cfg(feature = "netrpc")]
use std::sync::Weak;
use std::time::Instant;

use bytes::Bytes;
use h2::{RecvStream, SendStream};
use prost::Message;
use tokio::sync::{oneshot, watch};
use tonic::Status;

use crate::rpc::server::backpressure::{Backpressure, Outgoing};
use crate::rpc::server::body;
use crate::rpc::server::body::RequestLimits;
use crate::rpc::server::request::Respond;
use crate::rpc::server::respond;
use crate::rpc::server::respond::Responder;
use crate::rpc::server::workers::CallQueue;
use crate::rpc::status::{Errors, status};
use crate::wire::dispatch::Dispatch;
use crate::wire::fault::{Code, Fault, Unavailable};
#[cfg(feature = "netrpc")]
use crate::wire::instances::Instance;
use crate::wire::instances::OpenInstance;
use crate::wire::list::{OpenReply, OpenRequest, SchemaReply, SchemaRequest};

/// Why a server that stops opens no instance, and ends those that it has.
pub(crate) const STOPPING: &str = "the server is about to end";

/// A call of one of the two methods.
pub(super) struct ServiceCall {
    pub dispatch: Arc<Dispatch>,
    pub calls: CallQueue,
    pub body: RecvStream,
    pub limits: RequestLimits,
    pub responder: Responder,
    pub backpressure: Backpressure,
}

/// Opens an instance, and closes it when the call ends.
pub(super) async fn open(call: ServiceCall, is_stopping: watch::Receiver<bool>) {
    let ServiceCall { dispatch, calls, body, limits, responder, backpressure } = call;
    let (message, is_compressed, body) = match body::first(body, limits, &backpressure).await {
        Ok(first) => first,
        Err(fault) => return responder.unary(Err(fault), &backpressure),
    };
    if *is_stopping.borrow() {
        return responder.unary(Err(Fault::Unavailable(Unavailable::of(STOPPING.to_owned()))), &backpressure);
    }
    let responder = responder.received(is_compressed);
    let queue = calls.clone();
    let open = move |message: Bytes| {
        // While the plugin has the settings, their bytes count as those of any request.
        let _counted = message.clone();
        let opened = dispatch.open(&decode::<OpenRequest>(message)?)?;
        Ok(opened.map(|instance| Leased::new(instance, queue)))
    };
    work(&calls, message, responder, backpressure, open, move |opened, responder, backpressure| match opened {
        Err(fault) => responder.unary(Err(fault), &backpressure),
        Ok(None) => responder.unary(Ok(encode(&OpenReply::default())), &backpressure),
        Ok(Some(leased)) => {
            let reply = OpenReply { instance: leased.number() };
            if let Some(stream) = responder.begin(encode(&reply)) {
                let lease = Lease { leased, stream, body, deadline: limits.deadline, is_stopping };
                tokio::spawn(async move {
                    lease.hold().await;
                    // The connection is not idle as long as it has an instance.
                    drop(backpressure);
                });
            }
        }
    })
    .await;
}

/// Replies with the schema of a plugin's settings.
pub(super) async fn schema(call: ServiceCall) {
    let ServiceCall { dispatch, calls, body, limits, responder, backpressure } = call;
    let (message, is_compressed) = match body::message(body, limits, &backpressure).await {
        Ok(message) => message,
        Err(fault) => return responder.unary(Err(fault), &backpressure),
    };
    let schema = move |message| {
        let schema = dispatch.schema(&decode::<SchemaRequest>(message)?)?;
        Ok(encode(&SchemaReply { schema }))
    };
    let responder = responder.received(is_compressed);
    let respond = |reply, responder: Responder, backpressure: Backpressure| responder.unary(reply, &backpressure);
    work(&calls, message, responder, backpressure, schema, respond).await;
}

/// Has a worker run the method of a message, and then responds with its result.
async fn work<T: Send + 'static>(
    calls: &CallQueue,
    message: Bytes,
    mut responder: Responder,
    backpressure: Backpressure,
    method: impl FnOnce(Bytes) -> Result<T, Fault> + Send + 'static,
    respond: impl FnOnce(Result<T, Fault>, Responder, Backpressure) + Send + 'static,
) {
    if calls.is_full() {
        let text = "too many calls wait already";
        return responder.unary(Err(Fault::refused(Code::RESOURCE_EXHAUSTED, text)), &backpressure);
    }
    backpressure.wait().await;
    let run = move || {
        if responder.is_cancelled() {
            return None;
        }
        let result = responder.decode(message, &backpressure).and_then(method);
        Some((result, responder, backpressure))
    };
    calls.work(run, |done| {
        if let Some((result, responder, backpressure)) = done {
            respond(result, responder, backpressure);
        }
    });
}

fn decode<M: Message + Default>(message: Bytes) -> Result<M, Fault> {
    M::decode(message).map_err(|error| Fault::refused(Code::INVALID_ARGUMENT, error.to_string()))
}

fn encode(message: &impl Message) -> Bytes {
    message.encode_to_vec().into()
}

/// An instance and its call.
struct Lease {
    leased: Leased,
    stream: SendStream<Outgoing>,
    body: RecvStream,
    deadline: Option<Instant>,
    is_stopping: watch::Receiver<bool>,
}

impl Lease {
    /// Waits until the client asks the instance to end, or is gone, and ends it.
    async fn hold(self) {
        let Self { leased, stream, body, deadline, mut is_stopping } = self;
        let end = tokio::select! {
            biased;
            ended = body::end(body) => ended.map_err(|fault| status(fault, Errors::Short)),
            () = respond::until(deadline) => Err(respond::late_status()),
            _ = is_stopping.wait_for(|is_stopping| *is_stopping) => {
                Err(Status::unavailable(STOPPING))
            }
        };
        let (ended, is_ended) = oneshot::channel::<()>();
        leased.close(move || {
            // An error means that the client is gone.
            match end {
                Ok(()) => drop(respond::end(stream)),
                Err(status) => respond::fail(stream, &status),
            }
            drop(ended);
        });
        let _ = is_ended.await;
    }
}

/// An instance that a worker closes, at the latest when this is dropped.
pub(crate) struct Leased {
    instance: Option<OpenInstance>,
    calls: CallQueue,
}

impl Leased {
    pub(crate) fn new(instance: OpenInstance, calls: CallQueue) -> Self {
        Self { instance: Some(instance), calls }
    }

    fn number(&self) -> u64 {
        self.instance.as_ref().map_or(0, |instance| instance.number)
    }

    /// The index of its plugin, and the instance itself for its calls.
    #[cfg(feature = "netrpc")]
    pub(crate) fn called(&self) -> Option<(usize, Weak<Instance>)> {
        self.instance.as_ref()?.called()
    }

    /// Closes the instance, and runs `then` within the runtime when the object is dropped.
    pub(crate) fn close(mut self, then: impl FnOnce() + Send + 'static) {
        self.take(then);
    }

    fn take(&mut self, then: impl FnOnce() + Send + 'static) {
        let Some(instance) = self.instance.take() else { return };
        let close = move || {
            let (dropped, is_dropped) = oneshot::channel();
            instance.close(move || _ = dropped.send(()));
            is_dropped
        };
        self.calls.work(close, |mut is_dropped| match is_dropped.try_recv() {
            Err(oneshot::error::TryRecvError::Empty) => {
                // A call of the instance is under way.
                tokio::spawn(async move {
                    let _ = is_dropped.await;
                    then();
                });
            }
            _ => then(),
        });
    }
}

impl Drop for Leased {
    fn drop(&mut self) {
        self.take(|| {});
    }
}
