//! `plug.v1.Plugins/List`: the method by which a process or a server of plug lists its plugins.
//! Programs in other languages need not have it.
//!
//! ```proto
//! syntax = "proto3";
//! package plug.v1;
//!
//! service Plugins {
//!   rpc List(ListRequest) returns (ListReply);
//! }
//! ```

use prost::Message;

/// The metadata key that names the plugin of a call.
pub(crate) const PLUGIN_NAME: &str = "plug-name";

/// The name of the service.
pub(crate) const PLUGINS: &str = "plug.v1.Plugins";
/// The path of the method.
pub(crate) const LIST: &str = "/plug.v1.Plugins/List";

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
