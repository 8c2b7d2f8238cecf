//! The messages of `plugin.GRPCBroker/StartStream`, the stream that announces brokered connections.

use prost::Message;

/// One message, in either direction.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ConnInfo {
    /// The number of the brokered connection.
    #[prost(uint32, tag = "1")]
    pub service_id: u32,
    /// The network of the socket that the sender listens on: `unix` or `tcp`.
    #[prost(string, tag = "2")]
    pub network: String,
    #[prost(string, tag = "3")]
    pub address: String,
    /// If connections are multiplexed: a knock or its acknowledgement, instead of an address.
    #[prost(message, optional, tag = "4")]
    pub knock: Option<Knock>,
}

/// The announcement that the sender's next stream is for a number, and its acknowledgement.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Knock {
    /// True, also in an acknowledgement.
    #[prost(bool, tag = "1")]
    pub knock: bool,
    #[prost(bool, tag = "2")]
    pub ack: bool,
    /// The reason for a refusal; empty if the stream can be opened.
    #[prost(string, tag = "3")]
    pub error: String,
}

impl ConnInfo {
    pub(crate) fn knock(service_id: u32) -> Self {
        Self { service_id, knock: Some(Knock { knock: true, ..Knock::default() }), ..Self::default() }
    }

    /// An acknowledgement. With an error it is a refusal.
    pub(crate) fn ack(service_id: u32, error: &str) -> Self {
        let knock = Knock { knock: true, ack: true, error: error.to_owned() };
        Self { service_id, knock: Some(knock), ..Self::default() }
    }

    /// Whether the sender wants to open a stream.
    pub(crate) fn is_knock(&self) -> bool {
        self.knock.as_ref().is_some_and(|knock| knock.knock && !knock.ack)
    }
}
