//! Calls over any connection for which tonic has a client.

use std::time::{Duration, Instant};

use http::uri::{PathAndQuery, Uri};
use tonic::body::Body;
use tonic::client::{Grpc, GrpcService};
use tonic::metadata::MetadataValue;
use tonic::{Request, Status};

use crate::error::chain;
use crate::rpc::client::codec::Raw;
use crate::rpc::status;
use crate::wire::channel::{Call, Channel, ReplyFuture};
use crate::wire::fault::{Fault, Unavailable};
use crate::wire::list::PLUGIN_NAME;

/// Calls over the connection `S`.
#[derive(Debug, Clone)]
pub(crate) struct Client<S> {
    pub(super) service: S,
    origin: Uri,
    /// The longest reply that is accepted, in bytes.
    max_len: usize,
}

impl<S> Client<S> {
    pub(crate) fn new(service: S, origin: Uri, max_len: usize) -> Self {
        Self { service, origin, max_len }
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
        let grpc = Grpc::with_origin(self.service.clone(), self.origin.clone())
            .max_decoding_message_size(self.max_len)
            .max_encoding_message_size(usize::MAX);
        Box::pin(send(grpc, call))
    }
}

async fn send<S>(mut grpc: Grpc<S>, call: Call) -> Result<bytes::Bytes, Fault>
where
    S: GrpcService<Body>,
    S::ResponseBody: Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<tonic::codegen::StdError>,
{
    let path = PathAndQuery::try_from(&call.path[..]);
    let path = path.map_err(|_| Fault::Malformed(format!("`{}` is no path of a method", call.path)))?;
    let mut request = Request::new(call.request);
    if let Some(plugin) = &call.plugin {
        let plugin = MetadataValue::try_from(&plugin[..]);
        let plugin = plugin.map_err(|_| Fault::Malformed("the plugin's name cannot be a header's value".to_owned()))?;
        request.metadata_mut().insert(PLUGIN_NAME, plugin);
    }
    if let Some(deadline) = call.deadline {
        request.set_timeout(remaining(deadline));
    }
    let reply = async {
        grpc.ready().await.map_err(|error| Fault::Unavailable(unready(error.into())))?;
        let reply = grpc.unary(request, path, Raw).await.map_err(|status| match status::fault(&status) {
            Fault::Unavailable(unavailable) if is_unsent(&status) => {
                Fault::Unavailable(Unavailable { is_unsent: true, is_lasting: is_lasting(&status), ..unavailable })
            }
            fault => fault,
        })?;
        Ok(reply.into_inner())
    };
    match call.deadline {
        None => reply.await,
        Some(deadline) => tokio::time::timeout_at(deadline.into(), reply).await.unwrap_or(Err(Fault::Deadline)),
    }
}

/// Whether the server certainly did not begin the call: the call was dropped before it was sent,
/// the connection failed, or the server is shutting down.
fn is_unsent(status: &Status) -> bool {
    chain(status).skip(1).any(|error| {
        error.is::<tonic::ConnectError>()
            || error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled)
            || error.downcast_ref::<h2::Error>().is_some_and(status::is_refused)
    })
}

fn remaining(deadline: Instant) -> Duration {
    // gRPC allows eight digits, and tonic chooses the unit.
    deadline.saturating_duration_since(Instant::now()).min(Duration::from_secs(99_999_999))
}

fn unready(error: tonic::codegen::StdError) -> Unavailable {
    let status = Status::from_error(error);
    let text = match status::fault(&status) {
        Fault::Unavailable(unavailable) => unavailable.text,
        other => format!("{other:?}"),
    };
    Unavailable { is_lasting: is_lasting(&status), ..Unavailable::unsent(text) }
}

/// Whether TLS did not authenticate the peer.
/// tokio-rustls reports an error of rustls as one of kind `InvalidData`.
fn is_lasting(status: &Status) -> bool {
    chain(status).skip(1).any(|error| {
        error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::InvalidData)
    })
}
