//! The messages of protobuf's own files that stand for types of std.

use prost_types::field_descriptor_proto::{Label, Type as Kind};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};

/// The package of these messages.
const PACKAGE: &str = "google.protobuf";

/// A message with a number of seconds and of nanoseconds.
pub(crate) struct WellKnown {
    pub file: &'static str,
    pub name: &'static str,
}

pub(crate) const DURATION: WellKnown = WellKnown { file: "google/protobuf/duration.proto", name: "Duration" };
pub(crate) const TIMESTAMP: WellKnown = WellKnown { file: "google/protobuf/timestamp.proto", name: "Timestamp" };

impl WellKnown {
    pub(crate) fn full_name(&self) -> String {
        format!(".{PACKAGE}.{}", self.name)
    }

    /// Its file, for a client that does not have it.
    #[cfg_attr(not(feature = "rpc"), allow(dead_code, reason = "only a server describes itself"))]
    pub(crate) fn descriptor(&self) -> FileDescriptorProto {
        let field = |name: &str, number, kind: Kind| FieldDescriptorProto {
            name: Some(name.to_owned()),
            number: Some(number),
            label: Some(Label::Optional.into()),
            r#type: Some(kind.into()),
            json_name: Some(name.to_owned()),
            ..Default::default()
        };
        FileDescriptorProto {
            name: Some(self.file.to_owned()),
            package: Some(PACKAGE.to_owned()),
            syntax: Some("proto3".to_owned()),
            message_type: vec![DescriptorProto {
                name: Some(self.name.to_owned()),
                field: vec![field("seconds", 1, Kind::Int64), field("nanos", 2, Kind::Int32)],
                ..Default::default()
            }],
            ..Default::default()
        }
    }
}
