//! No bridge for log records: what a library logs stays with it.

use crate::abi::table::HostLog;

/// What this program hands to libraries.
#[cfg(feature = "library")]
pub(crate) const HOST: Option<&'static HostLog> = None;

/// Does nothing.
pub(crate) fn send_to(_: Option<&'static HostLog>) {}
