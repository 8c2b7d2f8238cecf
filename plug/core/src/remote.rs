//! What the process link and the grpc link have in common: calls as gRPC over some connection, and the plugins of the other side. It knows no process and
//! no address.

mod border;
mod codec;
mod driver;
pub(crate) mod frames;
mod list;
mod plugins;
mod served;
mod spin;
pub(crate) mod status;
pub(crate) mod timeout;
#[cfg(unix)]
mod unix;

pub(crate) use border::There;
pub(crate) use codec::Raw;
pub(crate) use driver::Driver;
pub(crate) use list::{LIST, ListReply, ListRequest, ListedInterface, ListedMethod, ListedPlugin, PLUGINS};
pub(crate) use plugins::{Side, name_of, plugins};
pub(crate) use served::{Served, panicked};
pub(crate) use spin::Spin;
#[cfg(unix)]
pub(crate) use unix::UnixStream;

use std::time::Instant;

use bytes::Bytes;
use prost::Message;

use crate::channel::{Call, Channel, Fault, Unavailable};
use crate::entry::Slot;
use crate::error::Error;
use crate::plugin::Plugin;
use crate::portable::{Description, PortableInterface};

/// The metadata that says which plugin is meant.
pub(crate) const PLUGIN_NAME: &str = "plug-name";

/// How much of a stream, and of all streams of a connection together, may be under way before the other side has to wait, in bytes.
pub(crate) const STREAM_WINDOW: u32 = 1 << 20;
pub(crate) const CONNECTION_WINDOW: u32 = 4 << 20;

/// The longest head, in bytes as HTTP/2 counts them: an error's text and details stand there.
pub(crate) const HEADERS: u32 = 1 << 20;

/// What a portable interface has for remote links.
pub(crate) struct Crossing {
    pub description: &'static Description,
    /// Makes an object of the interface, of one that is there.
    pub make: fn(&mut Slot<'_>, There),
    /// Opens a plugin of the interface, to be served.
    pub open: fn(&Plugin) -> Result<Box<dyn Served>, Error>,
}

impl Crossing {
    pub(crate) const fn of<I: ?Sized + PortableInterface>() -> Self {
        Self {
            description: &const { Description::of::<I>() },
            make: |slot, there| slot.put(I::remote(there)),
            open: served::open::<I>,
        }
    }
}

/// What is there has not said which plugins it has.
pub(crate) fn unlisted(origin: &str, fault: Fault) -> Error {
    border::error(origin, "List", origin, fault)
}

/// What is there has not said that it is well.
pub(crate) fn unwell(name: &str, origin: &str, fault: Fault) -> Error {
    border::error(name, "check", origin, fault)
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
