//! The services of go-plugin's protocol: controller, stdio and broker.
//! The broker's service carries announcements; `process/broker.rs` makes the connections.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Extensions, Request};
use prost::Message;
use tokio::sync::{Notify, mpsc, watch};
use tokio_stream::Stream;
use tonic::body::Body;
use tonic::server::{Grpc, ServerStreamingService, StreamingService, UnaryService};
use tonic::{Status, Streaming};

use crate::process::broker::exchange::Exchange;
use crate::process::broker::messages::ConnInfo;
use crate::process::broker::way::BrokerWay;
use crate::process::broker::{Broker, START_STREAM};
use crate::process::plugin::printed::Drained;
use crate::rpc::client::codec::Raw;
use crate::rpc::server::router::{BuiltinServices, ResponseFuture};
use crate::wire::way::Way;

/// The names of the services.
pub(super) const NAMES: &[&str] = &["plugin.GRPCBroker", "plugin.GRPCController", "plugin.GRPCStdio"];

const SHUTDOWN: &str = "/plugin.GRPCController/Shutdown";
const STDIO: &str = "/plugin.GRPCStdio/StreamStdio";

/// One chunk of a plugin's output.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct StdioData {
    /// 1 is stdout, 2 is stderr.
    #[prost(int32, tag = "1")]
    pub channel: i32,
    #[prost(bytes = "vec", tag = "2")]
    pub data: Vec<u8>,
}

/// The services of one plugin process. The controller ends it, and stdio sends its output.
pub(crate) struct Services {
    /// Notified when the host shuts the plugin down.
    pub stop: Arc<Notify>,
    /// The output, until the first request takes it.
    pub printed: Mutex<Option<mpsc::Receiver<Bytes>>>,
    /// Notified at that request.
    pub drained: Arc<Drained>,
    pub broker: Broker,
    /// The way to the objects of a host that has no other.
    pub way: Arc<BrokerWay>,
    /// Whether the plugin is about to end.
    pub is_ending: watch::Receiver<bool>,
}

impl BuiltinServices for Services {
    fn has(&self, path: &str) -> bool {
        [SHUTDOWN, STDIO, START_STREAM].contains(&path)
    }

    fn answer(&self, request: Request<Body>) -> ResponseFuture {
        let mut grpc = Grpc::new(Raw);
        match request.uri().path() {
            SHUTDOWN => {
                let stop = Shutdown(Arc::clone(&self.stop));
                Box::pin(async move { Ok(grpc.unary(stop, request).await) })
            }
            STDIO => {
                let printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner).take();
                if printed.is_some() {
                    self.drained.tell();
                }
                // Another stream may have the output. This one then ends at once, as one of Go's does
                // that has nothing to send.
                Box::pin(async move { Ok(grpc.server_streaming(Stdio(printed), request).await) })
            }
            _ => {
                let broker = Announcements { broker: self.broker.clone(), is_ending: self.is_ending.clone() };
                Box::pin(async move { Ok(grpc.streaming(broker, request).await) })
            }
        }
    }

    fn way(&self) -> Option<Arc<dyn Way>> {
        Some(Arc::clone(&self.way) as Arc<dyn Way>)
    }

    fn extend(&self, extensions: &mut Extensions) {
        extensions.insert(self.broker.clone());
    }
}

type MethodFuture<T> = Pin<Box<dyn Future<Output = Result<tonic::Response<T>, Status>> + Send>>;

fn ready<T: Send + 'static>(value: T) -> MethodFuture<T> {
    Box::pin(std::future::ready(Ok(tonic::Response::new(value))))
}

struct Shutdown(Arc<Notify>);

impl UnaryService<Bytes> for Shutdown {
    type Response = Bytes;
    type Future = MethodFuture<Bytes>;

    fn call(&mut self, _: tonic::Request<Bytes>) -> Self::Future {
        self.0.notify_one();
        ready(Bytes::new())
    }
}

struct Stdio(Option<mpsc::Receiver<Bytes>>);

impl ServerStreamingService<Bytes> for Stdio {
    type Response = Bytes;
    type ResponseStream = OutputStream;
    type Future = MethodFuture<OutputStream>;

    fn call(&mut self, _: tonic::Request<Bytes>) -> Self::Future {
        ready(OutputStream(self.0.take()))
    }
}

/// The output, in messages of the stdio service.
struct OutputStream(Option<mpsc::Receiver<Bytes>>);

impl Stream for OutputStream {
    type Item = Result<Bytes, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(printed) = &mut self.0 else { return Poll::Ready(None) };
        let data = |data: Bytes| Ok(StdioData { channel: 1, data: data.into() }.encode_to_vec().into());
        printed.poll_recv(context).map(|piece| piece.map(data))
    }
}

/// The stream of the broker's announcements. It stays open as long as the host's side does.
struct Announcements {
    broker: Broker,
    is_ending: watch::Receiver<bool>,
}

impl StreamingService<Bytes> for Announcements {
    type Response = Bytes;
    type ResponseStream = Announced;
    type Future = MethodFuture<Announced>;

    fn call(&mut self, request: tonic::Request<Streaming<Bytes>>) -> Self::Future {
        let exchange = Arc::clone(self.broker.exchange());
        let (messages, queue) = exchange.start();
        let (requests, mut is_ending) = (request.into_inner(), self.is_ending.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = take(requests, &exchange) => {}
                _ = is_ending.wait_for(|is_ending| *is_ending) => {}
            }
            // The reply ends with its queue.
            exchange.end(&queue, "the host has ended it");
        });
        ready(Announced(messages))
    }
}

/// Takes the host's announcements, until its side of the stream ends.
async fn take(mut requests: Streaming<Bytes>, exchange: &Exchange) {
    while let Ok(Some(request)) = requests.message().await {
        let Ok(message) = ConnInfo::decode(request) else { return };
        if exchange.take(message).await.is_err() {
            return;
        }
    }
}

/// The plugin's announcements.
struct Announced(mpsc::Receiver<ConnInfo>);

impl Stream for Announced {
    type Item = Result<Bytes, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|message| message.map(|message| Ok(message.encode_to_vec().into())))
    }
}
