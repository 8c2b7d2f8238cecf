//! The plugin's half of a remote link: a server of plugins, and of whatever services were added. What it is beside that, a process of a host's or a server on
//! its own, others say.

mod answers;
mod connections;
mod dispatch;
mod front;
mod listing;
mod room;
mod workers;

pub(crate) use connections::serve;
#[cfg(feature = "process")]
pub(crate) use connections::{Listener, Secure};
pub(crate) use dispatch::Dispatch;
pub(crate) use front::Front;
#[cfg(feature = "process")]
pub(crate) use front::{Answered, Own};
pub(crate) use workers::Workers;
