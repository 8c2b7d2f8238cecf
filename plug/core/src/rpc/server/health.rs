//! The health service, `grpc.health.v1.Health`: each service that is served is well, for as long as
//! it is served.
//! Its rules: <https://github.com/grpc/grpc/blob/master/doc/health-checking.md>.
//!
//! `tonic_health` has a service too, which refuses to watch an unknown service.
//! The rules want a status, since the service may be added later.

use std::collections::HashSet;
use std::pin::Pin;

use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

pub(super) const NAME: &str = "grpc.health.v1.Health";

/// The names of all services that are well.
struct Healthy(HashSet<&'static str>);

/// The service for a server of these services. The empty name stands for the server itself.
pub(super) fn service(names: impl IntoIterator<Item = &'static str>) -> HealthServer<impl Health> {
    HealthServer::new(Healthy(names.into_iter().chain([""]).collect()))
}

fn response(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}

#[tonic::async_trait]
impl Health for Healthy {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        match self.0.contains(&*request.get_ref().service) {
            true => Ok(Response::new(response(ServingStatus::Serving))),
            false => Err(Status::not_found("service not registered")),
        }
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let status = match self.0.contains(&*request.get_ref().service) {
            true => ServingStatus::Serving,
            false => ServingStatus::ServiceUnknown,
        };
        // It never changes, and the stream stays open until one side leaves.
        let stream = tokio_stream::once(Ok(response(status))).chain(tokio_stream::pending());
        Ok(Response::new(Box::pin(stream)))
    }
}
