//! Calls as messages, over any transport: what a client sends, and which method of which plugin a server calls.

pub(crate) mod callee;
pub(crate) mod channel;
pub(crate) mod dispatch;
pub(crate) mod fault;
pub(crate) mod list;
pub(crate) mod listing;
pub(crate) mod vtable;
