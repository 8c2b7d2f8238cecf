//! Go's net/rpc over yamux, go-plugin's first protocol and its default: both halves.
//!
//! In the order of a connection: `process/mux.rs` divides it into streams;
//! `values` reads gob from a stream;
//! `calls` makes calls over a stream, `respond` answers them, and `outgoing` writes to it;
//! `host` and `plugin` are the two ends of the connection.
//!
//! A host opens three streams.
//! The first carries calls of the process itself, to the services `Control`, `Dispenser` and
//! `Plugins`. The last of them is an addition of `plug`.
//! The plugin sends its stdout and stderr over the other two.
//! When the host dispenses a plugin by name, it gets a number, and opens a stream to the plugin
//! with this number (go-plugin's `MuxBroker`). All calls of the plugin use that stream.
//! An instance has a number and a stream in the same way, and lives as long as the stream.
//! So does an object that either side offers the other one, which `way` says more about.

pub(crate) mod calls;
pub(crate) mod fault;
pub(crate) mod fuzzed;
pub(crate) mod gob;
pub(crate) mod host;
pub(crate) mod outgoing;
pub(crate) mod plugin;
pub(crate) mod respond;
#[cfg(test)]
mod tests;
pub(crate) mod values;
pub(crate) mod way;

use std::time::Duration;

/// The errors of Go's net/rpc for an unknown service and an unknown method.
const NO_SERVICE: &str = "rpc: can't find service ";
const NO_METHOD: &str = "rpc: can't find method ";

/// The additions of `plug` to go-plugin's services: the methods of `plug.v1.Plugins`.
/// They take and give the messages of `plug.v1` as bytes.
/// The number in the reply of `Plugins.Open` is that of a stream, as in the reply of `Dispense`.
const LIST: &str = "Plugins.List";
const OPEN: &str = "Plugins.Open";
const SCHEMA: &str = "Plugins.Schema";
const PING: &str = "Control.Ping";
const QUIT: &str = "Control.Quit";
const DISPENSE: &str = "Dispenser.Dispense";
/// A stream to a plugin or object must be opened and begun within this time: go-plugin's limit.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);
/// The prefix of every method of a plugin.
const PLUGIN: &str = "Plugin.";
