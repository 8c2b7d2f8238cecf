//! A service with brokered connections, which a host and its plugin both serve: `tests.Back`.
//!
//! `Echo` returns its bytes, `Call` dials the number that it gets and calls `Echo` there,
//! and `Accept` serves `Echo` for a number that it returns.

use std::future::{Future, ready};
use std::pin::Pin;

use http::uri::PathAndQuery;
use http::{Request, Response};
use plug::process::Broker;
use tonic::Status;
use tonic::body::Body;
use tonic::codec::Codec;
use tonic::server::{Grpc, UnaryService};
use tonic::transport::{Channel, Server};
use tonic_prost::ProstCodec;

use crate::service::{Answer, Served};

/// The service.
#[derive(Clone)]
pub struct Back;

type Reply<T> = Pin<Box<dyn Future<Output = Result<T, Status>> + Send>>;

impl Answer for Back {
    const NAME: &'static str = "tests.Back";

    async fn answer(self, request: Request<Body>) -> Response<Body> {
        let broker = request.extensions().get::<Broker>().cloned();
        let broker = broker.ok_or_else(|| Status::failed_precondition("there is no broker"));
        match (request.uri().path(), broker) {
            ("/tests.Back/Echo", _) => Grpc::new(ProstCodec::default()).unary(Echo, request).await,
            (_, Err(status)) => status.into_http(),
            ("/tests.Back/Call", Ok(broker)) => Grpc::new(ProstCodec::default()).unary(Call(broker), request).await,
            ("/tests.Back/Accept", Ok(broker)) => Grpc::new(ProstCodec::default()).unary(Accept(broker), request).await,
            _ => Status::unimplemented("").into_http(),
        }
    }
}

struct Echo;

impl UnaryService<Vec<u8>> for Echo {
    type Response = Vec<u8>;
    type Future = std::future::Ready<Result<tonic::Response<Vec<u8>>, Status>>;

    fn call(&mut self, request: tonic::Request<Vec<u8>>) -> Self::Future {
        ready(Ok(tonic::Response::new(request.into_inner())))
    }
}

struct Call(Broker);

impl UnaryService<u32> for Call {
    type Response = Vec<u8>;
    type Future = Reply<tonic::Response<Vec<u8>>>;

    fn call(&mut self, request: tonic::Request<u32>) -> Self::Future {
        let broker = self.0.clone();
        Box::pin(async move {
            let channel = broker.dial(request.into_inner()).await;
            let channel = channel.map_err(|error| Status::unavailable(format!("{error:#}")))?;
            Ok(tonic::Response::new(echo(channel, b"from the plugin").await?))
        })
    }
}

struct Accept(Broker);

impl UnaryService<u32> for Accept {
    type Response = u32;
    type Future = Reply<tonic::Response<u32>>;

    fn call(&mut self, _: tonic::Request<u32>) -> Self::Future {
        let broker = self.0.clone();
        Box::pin(async move {
            let number = broker.next_id();
            serve(&broker, number).await.map_err(|error| Status::unavailable(format!("{error:#}")))?;
            Ok(tonic::Response::new(number))
        })
    }
}

/// Serves the service for the number, in a task.
///
/// # Errors
///
/// If the broker does not accept connections for it.
pub async fn serve(broker: &Broker, number: u32) -> Result<(), plug::Error> {
    let connections = broker.accept(number).await?;
    tokio::spawn(async move { _ = Server::builder().add_service(Served(Back)).serve_with_incoming(connections).await });
    Ok(())
}

/// Calls `Echo`.
///
/// # Errors
///
/// If the call fails.
pub async fn echo(channel: Channel, bytes: &[u8]) -> Result<Vec<u8>, Status> {
    call(channel, "/tests.Back/Echo", bytes.to_vec()).await
}

/// Calls a method by its path.
///
/// # Errors
///
/// If the call fails.
pub async fn call<Q, R>(channel: Channel, path: &'static str, request: Q) -> Result<R, Status>
where
    Q: Send + Sync + 'static,
    R: Send + Sync + 'static,
    ProstCodec<Q, R>: Codec<Encode = Q, Decode = R> + Default,
{
    let mut grpc = tonic::client::Grpc::new(channel);
    grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let path = PathAndQuery::from_static(path);
    let reply = grpc.unary(tonic::Request::new(request), path, ProstCodec::<Q, R>::default()).await?;
    Ok(reply.into_inner())
}
