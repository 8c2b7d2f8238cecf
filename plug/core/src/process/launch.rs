//! Starting a plugin's process: the executable, a folder for its socket, the child, and why it does not run.

pub(crate) mod child;
pub(crate) mod diagnosis;
pub(crate) mod executable;
pub(crate) mod folder;
