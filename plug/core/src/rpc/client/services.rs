//! The services that a client asks beside the plugins: which plugins there are, and whether the process is healthy.

use std::time::Instant;

use bytes::Bytes;
use prost::Message;

use crate::error::Error;
use crate::rpc::client::object;
use crate::wire::channel::{Call, Channel};
use crate::wire::fault::{Fault, Unavailable};
use crate::wire::list::{LIST, ListReply};

/// What is there has not said which plugins it has.
pub(crate) fn unlisted(origin: &str, fault: Fault) -> Error {
    object::error(origin, "List", origin, fault)
}

/// What is there has not said that it is well.
pub(crate) fn unwell(name: &str, origin: &str, fault: Fault) -> Error {
    object::error(name, "check", origin, fault)
}

/// Which plugins it has. None where it is no program of ours.
pub(crate) async fn list(channel: &dyn Channel, deadline: Option<Instant>) -> Result<Option<ListReply>, Fault> {
    match channel.call(Call::of_service(LIST, Bytes::new(), deadline)).await {
        Ok(list) => ListReply::decode(list).map(Some).map_err(|error| Fault::Malformed(error.to_string())),
        Err(Fault::Unimplemented(_)) => Ok(None),
        Err(fault) => Err(fault),
    }
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

/// Asks whether the service is well: <https://github.com/grpc/grpc/blob/master/doc/health-checking.md>.
pub(crate) async fn check(channel: &dyn Channel, service: &str, deadline: Option<Instant>) -> Result<(), Fault> {
    const SERVING: i32 = 1;
    let request = HealthCheckRequest { service: service.to_owned() }.encode_to_vec();
    let call = Call::of_service("/grpc.health.v1.Health/Check", Bytes::from(request), deadline);
    let reply = HealthCheckResponse::decode(channel.call(call).await?);
    match reply.map_err(|error| Fault::Malformed(error.to_string()))?.status {
        SERVING => Ok(()),
        status => {
            let text = format!("it says of itself that it does not serve (status {status} of its health)");
            Err(Fault::Unavailable(Unavailable::of(text)))
        }
    }
}
