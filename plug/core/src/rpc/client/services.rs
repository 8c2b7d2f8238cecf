//! Calls of a peer's own services: the list of its plugins, and its health.

use std::time::Instant;

use bytes::Bytes;
use prost::Message;

use crate::error::Error;
use crate::wire::channel::{Call, Channel};
use crate::wire::fault::{Fault, Unavailable};
use crate::wire::list::{LIST, ListReply, SCHEMA, SchemaReply, SchemaRequest};
use crate::wire::owner;

/// The error if the peer did not list its plugins.
pub(crate) fn unlisted(origin: &str, fault: Fault) -> Error {
    owner::error(origin, "List", origin, fault)
}

/// The error if the peer did not report that it is healthy.
pub(crate) fn unwell(name: &str, origin: &str, fault: Fault) -> Error {
    owner::error(name, "check", origin, fault)
}

/// The error if the peer belongs to the parent of this process.
#[cfg(feature = "process")]
pub(crate) fn unopened(name: &str, origin: &str, fault: Fault) -> Error {
    owner::error(name, "open", origin, fault)
}

/// Lists the peer's plugins. `None` if the peer has no such method.
pub(crate) async fn list(channel: &dyn Channel, deadline: Option<Instant>) -> Result<Option<ListReply>, Fault> {
    match channel.call(Call::of_service(LIST, Bytes::new(), deadline)).await {
        Ok(list) => ListReply::decode(list).map(Some).map_err(|error| Fault::Malformed(error.to_string())),
        Err(Fault::Unimplemented(_)) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The JSON Schema of a plugin's settings.
pub(crate) async fn schema(
    channel: &dyn Channel,
    request: &SchemaRequest,
    deadline: Option<Instant>,
) -> Result<Option<String>, Fault> {
    let call = Call::of_service(SCHEMA, request.encode_to_vec().into(), deadline);
    let reply = SchemaReply::decode(channel.call(call).await?);
    reply.map(|reply| reply.schema).map_err(|error| Fault::Malformed(error.to_string()))
}

/// `grpc.health.v1.HealthCheckRequest`.
#[derive(Clone, PartialEq, Message)]
struct HealthCheckRequest {
    #[prost(string, tag = "1")]
    service: String,
}

/// `grpc.health.v1.HealthCheckResponse`.
#[derive(Clone, PartialEq, Message)]
struct HealthCheckResponse {
    #[prost(int32, tag = "1")]
    status: i32,
}

/// Checks the health of a service:
/// <https://github.com/grpc/grpc/blob/master/doc/health-checking.md>.
pub(crate) async fn check(channel: &dyn Channel, service: &str, deadline: Option<Instant>) -> Result<(), Fault> {
    const SERVING: i32 = 1;
    let request = HealthCheckRequest { service: service.to_owned() }.encode_to_vec();
    let call = Call::of_service("/grpc.health.v1.Health/Check", Bytes::from(request), deadline);
    let reply = HealthCheckResponse::decode(channel.call(call).await?);
    match reply.map_err(|error| Fault::Malformed(error.to_string()))?.status {
        SERVING => Ok(()),
        status => {
            let text = format!("it reports that it does not serve (health status {status})");
            Err(Fault::Unavailable(Unavailable::of(text)))
        }
    }
}
