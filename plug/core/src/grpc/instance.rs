//! An instance on a gRPC server: it lives as long as its call of `plug.v1.Plugins/Open`.

use std::pin::Pin;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::uri::PathAndQuery;
use prost::Message;
use tokio::sync::oneshot;
use tokio_stream::Stream;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel as TonicChannel;
use tonic::{Request, Status, Streaming};

use crate::grpc::client::{Client, fault, is_unsent};
use crate::rpc::client::codec::Raw;
use crate::rpc::client::instance::{Instance, OpenFuture, Opens};
use crate::rpc::status;
use crate::wire::channel::{Call, Channel};
use crate::wire::fault::{Fault, Unavailable};
use crate::wire::list::{OPEN, OpenReply};
use crate::wire::message::{GotFuture, Outgoing, ReplyFuture};

struct GrpcInstance {
    client: Client<TonicChannel>,
    number: u64,
    is_lost: Arc<AtomicBool>,
    /// The call that keeps it alive, until its end is requested.
    lease: Mutex<Option<Lease>>,
}

struct Lease {
    /// Dropped to end the requests.
    requests: oneshot::Sender<()>,
    replies: Streaming<Bytes>,
}

/// The requests of a call of `Open`: one, and the half-close when its sender is dropped.
struct OpenRequests {
    first: Option<Bytes>,
    end: oneshot::Receiver<()>,
}

impl Stream for OpenRequests {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(first)),
            None => Pin::new(&mut self.end).poll(context).map(|_| None),
        }
    }
}

impl Opens for Client<TonicChannel> {
    fn open_instance(&self, request: Bytes) -> OpenFuture {
        Box::pin(open(self.clone(), request))
    }
}

async fn open(client: Client<TonicChannel>, request: Bytes) -> Result<Arc<dyn Instance>, Fault> {
    let tls = client.tls.clone();
    let mut grpc = client.grpc();
    if let Err(error) = grpc.ready().await {
        return Err(fault(&Status::from_error(error.into()), true, tls.as_deref()).await);
    }
    let (requests, end) = oneshot::channel();
    let mut request = Request::new(OpenRequests { first: Some(request), end });
    request.metadata_mut().insert(status::ERRORS.as_str(), MetadataValue::from_static(status::LONG));
    let opening = async {
        let mut replies = grpc.streaming(request, PathAndQuery::from_static(OPEN), Raw).await?.into_inner();
        Ok((replies.message().await?, replies))
    };
    let (reply, replies) = match opening.await {
        Ok(opened) => opened,
        Err(status) => return Err(fault(&status, is_unsent(&status), tls.as_deref()).await),
    };
    let reply = reply.ok_or_else(|| Fault::Malformed("it has no message".to_owned()))?;
    let OpenReply { instance: number } =
        OpenReply::decode(reply).map_err(|error| Fault::Malformed(error.to_string()))?;
    let lease = Mutex::new(Some(Lease { requests, replies }));
    Ok(Arc::new(GrpcInstance { client, number, is_lost: Arc::default(), lease }))
}

impl Instance for GrpcInstance {
    fn call(&self, mut call: Call) -> ReplyFuture {
        call.instance = Some(self.number);
        let (reply, is_lost) = (self.client.call(call), Arc::clone(&self.is_lost));
        Box::pin(async move {
            let reply = reply.await;
            // Without a connection for the call, there is none for the instance either.
            if let Err(Fault::Unavailable(Unavailable { is_unsent: true, .. })) = &reply {
                is_lost.store(true, SeqCst);
            }
            reply
        })
    }

    fn stream(&self, mut call: Call, sent: Option<Outgoing>, returns_stream: bool) -> GotFuture {
        call.instance = Some(self.number);
        self.client.stream(call, sent, returns_stream)
    }

    fn is_lost(&self) -> bool {
        self.is_lost.load(SeqCst)
    }

    fn end(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let lease = self.lease.lock().unwrap_or_else(PoisonError::into_inner).take();
        Box::pin(async move {
            let Some(Lease { requests, mut replies }) = lease else { return };
            drop(requests);
            while let Ok(Some(_)) = replies.message().await {}
        })
    }
}
