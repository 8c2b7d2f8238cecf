//! The services of go-plugin's protocol: controller, stdio and broker.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use prost::Message;
use tokio::sync::{Notify, mpsc, watch};
use tokio_stream::Stream;
use tonic::body::Body;
use tonic::server::{Grpc, ServerStreamingService, StreamingService, UnaryService};
use tonic::{Status, Streaming};

use crate::process::plugin::printed::Drained;
use crate::rpc::client::codec::Raw;
use crate::rpc::server::router::{BuiltinServices, ResponseFuture};

/// The names of the services.
pub(super) const NAMES: &[&str] = &["plugin.GRPCBroker", "plugin.GRPCController", "plugin.GRPCStdio"];

const SHUTDOWN: &str = "/plugin.GRPCController/Shutdown";
const STDIO: &str = "/plugin.GRPCStdio/StreamStdio";
const BROKER: &str = "/plugin.GRPCBroker/StartStream";

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
    /// Whether the plugin is about to end.
    pub is_ending: watch::Receiver<bool>,
}

impl BuiltinServices for Services {
    fn has(&self, path: &str) -> bool {
        [SHUTDOWN, STDIO, BROKER].contains(&path)
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
                let broker = Broker(self.is_ending.clone());
                Box::pin(async move { Ok(grpc.streaming(broker, request).await) })
            }
        }
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

/// The broker, which connects nothing, since a portable interface has no callbacks.
/// Its stream stays open, as hosts expect.
struct Broker(watch::Receiver<bool>);

impl StreamingService<Bytes> for Broker {
    type Response = Bytes;
    type ResponseStream = BrokerStream;
    type Future = MethodFuture<BrokerStream>;

    fn call(&mut self, request: tonic::Request<Streaming<Bytes>>) -> Self::Future {
        let mut is_ending = self.0.clone();
        let ending = async move { _ = is_ending.wait_for(|is_ending| *is_ending).await };
        ready(BrokerStream { requests: request.into_inner(), ending: Box::pin(ending) })
    }
}

/// Ends when the host's side of the stream ends, or the plugin.
struct BrokerStream {
    requests: Streaming<Bytes>,
    ending: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Stream for BrokerStream {
    type Item = Result<Bytes, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ending.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        loop {
            match Pin::new(&mut self.requests).poll_next(context) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(_) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}
