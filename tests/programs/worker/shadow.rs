//! Services that have the names of the server's own. They are never called.

use plug_tests::service::Answer;

/// A broker of another kind.
#[derive(Clone)]
pub(crate) struct Broker;

/// A list of plugins of another kind.
#[derive(Clone)]
pub(crate) struct Plugins;

/// A service of the interface that the plugin of this program implements.
#[derive(Clone)]
pub(crate) struct Work;

impl Answer for Broker {
    const NAME: &'static str = "plugin.GRPCBroker";
}

impl Answer for Plugins {
    const NAME: &'static str = "plug.v1.Plugins";
}

impl Answer for Work {
    const NAME: &'static str = "Work";
}
