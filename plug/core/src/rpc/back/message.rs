//! The messages of `plug.v1.Back/Calls`, which both sides send.

use bytes::Bytes;
use prost::{Message, Oneof};
use tonic::{Code, Status};

use crate::rpc::status::{self, Errors};
use crate::wire::fault::Fault;

/// `plug.v1.BackMessage`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct BackMessage {
    /// The number of a call, which its caller chooses.
    #[prost(uint64, tag = "1")]
    pub call: u64,
    #[prost(oneof = "Content", tags = "2, 3, 4, 5, 6, 7")]
    pub content: Option<Content>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum Content {
    /// Begins the call.
    #[prost(message, tag = "2")]
    Begin(Begin),
    /// Replies to a call of the other side.
    #[prost(bytes = "bytes", tag = "3")]
    Reply(Bytes),
    /// Fails it.
    #[prost(message, tag = "4")]
    Failure(Failure),
    /// Nobody waits for the reply any more, or has read it.
    #[prost(message, tag = "5")]
    Cancel(()),
    /// This side has dropped the object of the other side with this number.
    #[prost(uint32, tag = "6")]
    Dropped(u32),
    /// This side takes messages of up to this many bytes. It is the first message of each side.
    #[prost(uint64, tag = "7")]
    Limit(u64),
}

/// `plug.v1.BackMessage.Begin`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Begin {
    /// The number of an object of the other side.
    #[prost(uint32, tag = "1")]
    pub object: u32,
    /// The method's name, without that of the service.
    #[prost(string, tag = "2")]
    pub method: String,
    #[prost(bytes = "bytes", tag = "3")]
    pub request: Bytes,
    /// How long the call may take, in nanoseconds. 0 is for ever.
    #[prost(uint64, tag = "4")]
    pub timeout: u64,
}

/// `plug.v1.BackMessage.Failure`: a status of gRPC.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Failure {
    #[prost(int32, tag = "1")]
    pub code: i32,
    #[prost(string, tag = "2")]
    pub message: String,
    /// A `google.rpc.Status`.
    #[prost(bytes = "bytes", tag = "3")]
    pub details: Bytes,
}

impl BackMessage {
    pub(crate) fn new(call: u64, content: Content) -> Self {
        Self { call, content: Some(content) }
    }

    /// The reply to a call.
    pub(crate) fn reply(call: u64, reply: Result<Bytes, Fault>) -> Self {
        let content = reply.map_or_else(|fault| Content::Failure(Failure::of(fault)), Content::Reply);
        Self::new(call, content)
    }
}

impl Failure {
    fn of(fault: Fault) -> Self {
        let status = status::status(fault, Errors::Long);
        let (code, message) = (status.code().into(), status.message().to_owned());
        Self { code, message, details: Bytes::copy_from_slice(status.details()) }
    }

    pub(crate) fn fault(self) -> Fault {
        status::fault(&Status::with_details(Code::from(self.code), self.message, self.details))
    }
}
