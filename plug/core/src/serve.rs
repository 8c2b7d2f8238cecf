//! The plugin's half of a remote link: a server of plugins, and of whatever services were added. What it is beside that, a process of a host's or a server on
//! its own, others say.

mod answers;
mod asked;
mod connections;
mod dispatch;
mod front;
mod listing;
mod room;
mod workers;

pub(crate) use connections::serve;
pub(crate) use dispatch::Dispatch;
pub(crate) use front::Front;
pub(crate) use workers::Workers;
#[cfg(feature = "process")]
pub(crate) use {
    asked::{Answering, Asked, call},
    connections::{Listener, Secure, Speaks},
    dispatch::Target,
    front::{Answered, Own},
    listing::of as listing,
    room::Room,
    workers::Calls,
};
