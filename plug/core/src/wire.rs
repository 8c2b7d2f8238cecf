//! Calls as messages, over any transport.
//! A client sends them, and a server finds the plugin and the method.

pub(crate) mod answer;
pub(crate) mod callee;
pub(crate) mod channel;
pub(crate) mod dispatch;
pub(crate) mod exchange;
pub(crate) mod fault;
pub(crate) mod instances;
pub(crate) mod lender;
pub(crate) mod limits;
pub(crate) mod list;
pub(crate) mod listing;
pub(crate) mod message;
pub(crate) mod owner;
pub(crate) mod queue;
pub(crate) mod stream;
pub(crate) mod stream_object;
pub(crate) mod vtable;
pub(crate) mod way;
