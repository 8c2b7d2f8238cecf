//! Calls over any connection for which tonic has a client.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::uri::{PathAndQuery, Uri};
use tonic::body::Body;
use tonic::client::{Grpc, GrpcService};
use tonic::metadata::MetadataValue;
use tonic::{Request, Status};

use crate::error::chain;
use crate::grpc::tls::Tls;
use crate::rpc::back::BACK;
use crate::rpc::back::slot::Slot;
use crate::rpc::client::codec::Raw;
use crate::rpc::status;
use crate::wire::channel::{Call, Channel, WayFuture};
use crate::wire::fault::{Code, Fault, Unavailable};
use crate::wire::list::{INSTANCE, PLUGIN_NAME};
use crate::wire::message::{GotFuture, Outgoing, ReplyFuture};
use crate::wire::way::Way;

/// Calls over the connection `S`.
#[derive(Clone)]
pub(crate) struct Client<S> {
    pub(super) service: S,
    pub(super) origin: Uri,
    /// The longest reply that is accepted, in bytes.
    pub(super) max_len: usize,
    /// `None` without TLS.
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) objects: Arc<Slot>,
}

impl<S> Client<S> {
    pub(crate) fn new(service: S, origin: Uri, max_len: usize, tls: Option<Arc<Tls>>) -> Self {
        Self { service, origin, max_len, tls, objects: Arc::default() }
    }
}

impl<S: GrpcService<Body> + Clone> Client<S> {
    pub(super) fn grpc(&self) -> Grpc<S> {
        Grpc::with_origin(self.service.clone(), self.origin.clone())
            .max_decoding_message_size(self.max_len)
            .max_encoding_message_size(usize::MAX)
    }
}

impl<S> Channel for Client<S>
where
    S: GrpcService<Body> + Clone + Send + Sync + 'static,
    S::ResponseBody: Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<tonic::codegen::StdError>,
    S::Future: Send,
{
    fn call(&self, call: Call) -> ReplyFuture {
        let (grpc, tls) = (self.grpc(), self.tls.clone());
        Box::pin(async move { send(grpc, call, tls.as_deref()).await })
    }

    fn has_streams(&self) -> bool {
        true
    }

    fn stream(&self, call: Call, sent: Option<Outgoing>, returns_stream: bool) -> GotFuture {
        Box::pin(self.clone().call_stream(call, sent, returns_stream))
    }

    fn way(&self) -> WayFuture {
        let client = self.clone();
        Box::pin(async move { Ok(client.objects.clone().get(client.back()).await? as Arc<dyn Way>) })
    }
}

async fn send<S>(mut grpc: Grpc<S>, call: Call, tls: Option<&Tls>) -> Result<bytes::Bytes, Fault>
where
    S: GrpcService<Body>,
    S::ResponseBody: Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<tonic::codegen::StdError>,
{
    let path = PathAndQuery::try_from(&call.path[..]);
    let path = path.map_err(|_| Fault::Malformed(format!("`{}` is no path of a method", call.path)))?;
    let request = request(&call, call.request.clone())?;
    let reply = async {
        let ready = grpc.ready().await.map_err(|error| Status::from_error(error.into()));
        if let Err(status) = ready {
            return Err(fault(&status, true, tls).await);
        }
        match grpc.unary(request, path, Raw).await {
            Ok(reply) => Ok(reply.into_inner()),
            Err(status) => Err(fault(&status, is_unsent(&status), tls).await),
        }
    };
    match call.deadline {
        None => reply.await,
        Some(deadline) => tokio::time::timeout_at(deadline.into(), reply).await.unwrap_or(Err(Fault::Deadline)),
    }
}

/// A request with the metadata of a call.
pub(super) fn request<T>(call: &Call, content: T) -> Result<Request<T>, Fault> {
    let mut request = Request::new(content);
    request.metadata_mut().insert(status::ERRORS.as_str(), MetadataValue::from_static(status::LONG));
    if let Some(number) = call.instance {
        request.metadata_mut().insert(INSTANCE, MetadataValue::from(number));
    } else if let Some(plugin) = &call.plugin {
        let plugin = MetadataValue::try_from(&plugin[..]);
        let plugin = plugin.map_err(|_| Fault::Malformed("the plugin's name cannot be a header's value".to_owned()))?;
        request.metadata_mut().insert(PLUGIN_NAME, plugin);
    }
    if let Some(way) = call.way {
        request.metadata_mut().insert(BACK, MetadataValue::from(way));
    }
    if let Some(deadline) = call.deadline {
        request.set_timeout(remaining(deadline));
    }
    Ok(request)
}

/// Whether the server certainly did not begin the call: the call was dropped before it was sent,
/// the connection failed, or the server is shutting down.
pub(super) fn is_unsent(status: &Status) -> bool {
    chain(status).skip(1).any(|error| {
        error.is::<tonic::ConnectError>()
            || error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled)
            || error.downcast_ref::<h2::Error>().is_some_and(status::is_refused)
    })
}

/// Whether there was no connection.
fn is_unconnected(status: &Status) -> bool {
    chain(status).any(|error| error.is::<tonic::ConnectError>())
}

fn remaining(deadline: Instant) -> Duration {
    // gRPC allows eight digits, and tonic chooses the unit.
    deadline.saturating_duration_since(Instant::now()).min(Duration::from_secs(99_999_999))
}

/// The text for a reply over the limit. `None` if tonic's message is about something else.
fn too_long(message: &str) -> Option<String> {
    // Error, decoded message length too large: found 2003 bytes, the limit is: 1000 bytes
    let rest = message.strip_prefix("Error, decoded message length too large: found ")?;
    let (len, rest) = rest.split_once(" bytes, the limit is: ")?;
    let max_len = rest.strip_suffix(" bytes")?;
    Some(format!(
        "the reply has {len} bytes, and the limit is {max_len}\n\
         hint: `GrpcOptions::max_reply` sets the limit"
    ))
}

/// The same fault. That of a message over the limit says how to raise it.
pub(super) fn with_hint(fault: Fault) -> Fault {
    match fault {
        Fault::Refused { code: Code::OUT_OF_RANGE, message } => {
            let message = too_long(&message).unwrap_or(message);
            Fault::Refused { code: Code::OUT_OF_RANGE, message }
        }
        fault => fault,
    }
}

/// The fault that a status of tonic means.
pub(super) async fn fault(status: &Status, is_unsent: bool, tls: Option<&Tls>) -> Fault {
    let unavailable = match status::fault(status) {
        Fault::Unavailable(unavailable) => Unavailable { is_unsent, ..unavailable },
        fault => return with_hint(fault),
    };
    let reason = match tls {
        None => None,
        Some(tls) => match tls.reason(status) {
            // The server has closed a connection, and may have a reason for it.
            None if chain(status).skip(1).count() > 0 && !is_unconnected(status) => tls.refusal().await,
            reason => reason,
        },
    };
    Fault::Unavailable(match reason {
        None => unavailable,
        Some(text) => Unavailable { text, is_lasting: true, ..unavailable },
    })
}
