//! `plug.v1.Plugins`: how a process or a server of plug lists its plugins, opens instances of them,
//! and gives the schema of their settings.
//! Programs in other languages need not have it.
//!
//! ```proto
//! syntax = "proto3";
//! package plug.v1;
//!
//! service Plugins {
//!   rpc List(ListRequest) returns (ListReply);
//!   // An instance is an object of its own, and lives as long as this call.
//!   // The half-close asks it to end, and the trailers say that it has.
//!   // A client that is gone ends it too.
//!   // Its calls carry the metadata `plug-instance` with its number.
//!   // Refused settings are `INVALID_ARGUMENT` with a `google.rpc.BadRequest`.
//!   rpc Open(stream OpenRequest) returns (stream OpenReply);
//!   rpc Schema(SchemaRequest) returns (SchemaReply);
//! }
//!
//! message OpenRequest {
//!   string plugin = 1;
//!   // The path of its interface. It may be left out if one plugin alone has the name.
//!   string interface = 2;
//!   // JSON. Empty means no settings.
//!   string settings = 3;
//!   // Reads the settings, and makes no instance. The call ends with the reply.
//!   bool only_check = 4;
//! }
//! message OpenReply { uint64 instance = 1; }
//! message SchemaRequest { string plugin = 1; string interface = 2; }
//! // JSON Schema 2020-12. Absent if the plugin takes no settings, or was built without a schema.
//! message SchemaReply { optional string schema = 1; }
//! ```

use std::fmt;

use prost::Message;

/// The metadata key that names the plugin of a call.
pub(crate) const PLUGIN_NAME: &str = "plug-name";
/// The metadata key that names the instance of a call, by its number.
#[cfg_attr(not(feature = "rpc"), allow(dead_code, reason = "gRPC alone has metadata"))]
pub(crate) const INSTANCE: &str = "plug-instance";

/// The name of the service.
pub(crate) const PLUGINS: &str = "plug.v1.Plugins";
/// The paths of its methods.
pub(crate) const LIST: &str = "/plug.v1.Plugins/List";
pub(crate) const OPEN: &str = "/plug.v1.Plugins/Open";
pub(crate) const SCHEMA: &str = "/plug.v1.Plugins/Schema";

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ListRequest {}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ListReply {
    #[prost(message, repeated, tag = "1")]
    pub plugins: Vec<ListedPlugin>,
    #[prost(message, repeated, tag = "2")]
    pub interfaces: Vec<ListedInterface>,
    /// The version of plug.
    #[prost(string, tag = "3")]
    pub plug: String,
    #[prost(string, tag = "4")]
    pub compiler: String,
    /// Whether the peer opens instances. `None` from a peer of before there were any.
    #[prost(bool, optional, tag = "5")]
    pub instances: Option<bool>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ListedPlugin {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, repeated, tag = "2")]
    pub aliases: Vec<String>,
    #[prost(string, tag = "3")]
    pub deprecated: String,
    /// The path of its interface.
    #[prost(string, tag = "4")]
    pub interface: String,
    #[prost(string, tag = "5")]
    pub package: String,
    #[prost(string, tag = "6")]
    pub version: String,
    #[prost(string, tag = "7")]
    pub license: String,
    #[prost(string, tag = "8")]
    pub repository: String,
    #[prost(string, tag = "9")]
    pub file: String,
    #[prost(uint32, tag = "10")]
    pub line: u32,
    #[prost(string, tag = "11")]
    pub docs: String,
    /// Whether it takes settings.
    #[prost(bool, tag = "12")]
    pub takes_settings: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ListedInterface {
    #[prost(string, tag = "1")]
    pub path: String,
    #[prost(string, tag = "2")]
    pub version: String,
    /// The name of its service on the wire.
    #[prost(string, tag = "3")]
    pub service: String,
    #[prost(message, repeated, tag = "4")]
    pub methods: Vec<ListedMethod>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ListedMethod {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(bool, tag = "2")]
    pub has_default: bool,
    #[prost(string, tag = "3")]
    pub signature: String,
    /// 16 bytes, the most significant first.
    #[prost(bytes = "vec", tag = "4")]
    pub fingerprint: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct OpenRequest {
    #[prost(string, tag = "1")]
    pub plugin: String,
    /// The path of its interface. Empty if the name is enough.
    #[prost(string, tag = "2")]
    pub interface: String,
    /// JSON. Empty means no settings.
    #[prost(string, tag = "3")]
    pub settings: String,
    /// Whether the settings are read, and no instance is made.
    #[prost(bool, tag = "4")]
    pub only_check: bool,
}

/// Leaves the settings out, which may hold secrets.
impl fmt::Debug for OpenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenRequest")
            .field("plugin", &self.plugin)
            .field("interface", &self.interface)
            .field("settings", &format_args!("{} bytes", self.settings.len()))
            .field("only_check", &self.only_check)
            .finish()
    }
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct OpenReply {
    /// The number of the instance. 0 if the settings were only checked.
    #[prost(uint64, tag = "1")]
    pub instance: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SchemaRequest {
    #[prost(string, tag = "1")]
    pub plugin: String,
    /// The path of its interface. Empty if the name is enough.
    #[prost(string, tag = "2")]
    pub interface: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SchemaReply {
    /// JSON Schema.
    #[prost(string, optional, tag = "1")]
    pub schema: Option<String>,
}
