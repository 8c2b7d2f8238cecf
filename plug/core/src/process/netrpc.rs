//! Go's net/rpc over yamux, go-plugin's first protocol, and the one that its hosts and plugins speak where they say nothing: both halves. In the order of a
//! connection: the `mux`, which makes many streams of it; the `values` of gob that come by one; the `calls` that are made by one, and how they are `answers`ed, and
//! what is `outgoing` by it; then the `host`'s connection and the `plugin`'s.
//!
//! A host opens three streams: one for calls of the process itself (`Control`, `Dispenser`, and `Plugins`, which is ours), and two by which the plugin sends
//! what it prints. A plugin that was asked for by its name has a number, by which the host opens a stream of its own to it (go-plugin's `MuxBroker`), and all its calls go by that.

pub(crate) mod calls;
pub(crate) mod fault;
pub(crate) mod fuzzed;
pub(crate) mod gob;
pub(crate) mod host;
pub(crate) mod mux;
pub(crate) mod outgoing;
pub(crate) mod plugin;
pub(crate) mod respond;
#[cfg(test)]
mod tests;
pub(crate) mod values;

/// What a service has no method for, or a server no service, as Go says it.
const NO_SERVICE: &str = "rpc: can't find service ";
const NO_METHOD: &str = "rpc: can't find method ";

/// Our own service beside go-plugin's: which plugins there are, as `plug.v1.Plugins/List` says it.
const LIST: &str = "Plugins.List";
const PING: &str = "Control.Ping";
const QUIT: &str = "Control.Quit";
const DISPENSE: &str = "Dispenser.Dispense";
/// The service by which every plugin is called.
const PLUGIN: &str = "Plugin.";
