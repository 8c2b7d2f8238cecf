//! Reflection describes a server's services to clients without the `.proto`, by
//! `grpc.reflection.v1` and its predecessor `v1alpha`.
//! The first request builds the descriptors: few servers get one, and every start would pay for it.
//!
//! It describes the interfaces, `plug.v1`, health and reflection.
//! Other services are listed by name only.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use once_cell::sync::OnceCell;
use prost_types::field_descriptor_proto::{Label, Type as Kind};
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto,
    OneofDescriptorProto, ServiceDescriptorProto,
};
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic_reflection::server::{Builder, Error};
use tower_service::Service;

use crate::portable::signature::Description;
use crate::protobuf;
use crate::protobuf::wellknown::{self, WellKnown};
use crate::wire::dispatch::Dispatch;

/// The service in version `v1`, or in `v1alpha`, which Debian's Go and many tools use.
#[derive(Clone)]
pub(super) struct Reflection<const IS_ALPHA: bool>(Arc<Inner>);

struct Inner {
    dispatch: Arc<Dispatch>,
    /// The names of all services.
    names: Vec<&'static str>,
    /// The services of both versions, once they are built.
    routes: OnceCell<Routes>,
}

pub(super) const V1: &str = "grpc.reflection.v1.ServerReflection";
pub(super) const V1ALPHA: &str = "grpc.reflection.v1alpha.ServerReflection";

impl<const IS_ALPHA: bool> NamedService for Reflection<IS_ALPHA> {
    const NAME: &'static str = if IS_ALPHA { V1ALPHA } else { V1 };
}

impl Reflection<false> {
    /// Describes a server with the services of these names, including those of plugins.
    pub(super) fn new(dispatch: &Arc<Dispatch>, names: Vec<&'static str>) -> Self {
        Self(Arc::new(Inner { dispatch: Arc::clone(dispatch), names, routes: OnceCell::new() }))
    }

    /// The same service in version `v1alpha`.
    pub(super) fn alpha(&self) -> Reflection<true> {
        Reflection(Arc::clone(&self.0))
    }
}

impl<const IS_ALPHA: bool> Service<http::Request<Body>> for Reflection<IS_ALPHA> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let routes = self.0.routes.get_or_try_init(|| self.0.build());
        let routes = routes.cloned().map_err(|error| tonic::Status::internal(error.to_string()));
        Box::pin(async move {
            match routes {
                Ok(mut routes) => routes.call(request).await,
                Err(status) => Ok(status.into_http()),
            }
        })
    }
}

impl Inner {
    fn build(&self) -> Result<Routes, Error> {
        let services = self.dispatch.services().iter();
        let descriptions: Vec<_> = services.filter_map(|service| service.identity.vtable::<Description>()).collect();
        // An interface that protobuf cannot describe is served without a description.
        let mut file = protobuf::file::files(&descriptions).unwrap_or_default();
        let own = [&wellknown::DURATION, &wellknown::TIMESTAMP]
            .into_iter()
            .filter(|own| file.iter().flat_map(|file| &file.dependency).any(|imported| imported == own.file));
        file.extend(own.map(WellKnown::descriptor).collect::<Vec<_>>());
        file.push(plug_v1());
        let configure = || {
            let builder = Builder::configure()
                .register_file_descriptor_set(FileDescriptorSet { file: file.clone() })
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET);
            self.names.iter().fold(builder, |builder, name| builder.with_service_name(*name))
        };
        let (v1, v1alpha) = (configure().build_v1()?, configure().build_v1alpha()?);
        Ok(Routes::new(v1).add_service(v1alpha).prepare())
    }
}

/// Describes `plug.v1`, whose messages are in `wire/list.rs`.
fn plug_v1() -> FileDescriptorProto {
    let text = |name, number| field(name, number, Kind::String, None);
    let repeated = |field: FieldDescriptorProto| FieldDescriptorProto { label: Some(Label::Repeated.into()), ..field };
    let messages = |name, number, ty| repeated(field(name, number, Kind::Message, Some(ty)));
    FileDescriptorProto {
        name: Some("plug/v1/plugins.proto".to_owned()),
        package: Some("plug.v1".to_owned()),
        syntax: Some("proto3".to_owned()),
        service: vec![ServiceDescriptorProto {
            name: Some("Plugins".to_owned()),
            method: vec![method("List", false), method("Open", true), method("Schema", false)],
            ..Default::default()
        }],
        message_type: vec![
            message("ListRequest", vec![]),
            with_optional_last(message(
                "ListReply",
                vec![
                    messages("plugins", 1, ".plug.v1.ListedPlugin"),
                    messages("interfaces", 2, ".plug.v1.ListedInterface"),
                    text("plug", 3),
                    text("compiler", 4),
                    field("instances", 5, Kind::Bool, None),
                ],
            )),
            message(
                "ListedPlugin",
                vec![
                    text("name", 1),
                    repeated(text("aliases", 2)),
                    text("deprecated", 3),
                    text("interface", 4),
                    text("package", 5),
                    text("version", 6),
                    text("license", 7),
                    text("repository", 8),
                    text("file", 9),
                    field("line", 10, Kind::Uint32, None),
                    text("docs", 11),
                    field("takes_settings", 12, Kind::Bool, None),
                ],
            ),
            message(
                "ListedInterface",
                vec![
                    text("path", 1),
                    text("version", 2),
                    text("service", 3),
                    messages("methods", 4, ".plug.v1.ListedMethod"),
                ],
            ),
            message(
                "ListedMethod",
                vec![
                    text("name", 1),
                    field("has_default", 2, Kind::Bool, None),
                    text("signature", 3),
                    field("fingerprint", 4, Kind::Bytes, None),
                ],
            ),
            message(
                "OpenRequest",
                vec![
                    text("plugin", 1),
                    text("interface", 2),
                    text("settings", 3),
                    field("only_check", 4, Kind::Bool, None),
                ],
            ),
            message("OpenReply", vec![field("instance", 1, Kind::Uint64, None)]),
            message("SchemaRequest", vec![text("plugin", 1), text("interface", 2)]),
            with_optional_last(message("SchemaReply", vec![text("schema", 1)])),
        ],
        ..Default::default()
    }
}

/// A method whose messages are named after it.
fn method(name: &str, is_streaming: bool) -> MethodDescriptorProto {
    MethodDescriptorProto {
        name: Some(name.to_owned()),
        input_type: Some(format!(".plug.v1.{name}Request")),
        output_type: Some(format!(".plug.v1.{name}Reply")),
        client_streaming: is_streaming.then_some(true),
        server_streaming: is_streaming.then_some(true),
        ..Default::default()
    }
}

fn message(name: &str, field: Vec<FieldDescriptorProto>) -> DescriptorProto {
    DescriptorProto { name: Some(name.to_owned()), field, ..Default::default() }
}

fn field(name: &str, number: i32, kind: Kind, type_name: Option<&str>) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(kind.into()),
        type_name: type_name.map(str::to_owned),
        ..Default::default()
    }
}

/// Makes the last field optional. In proto3 it then stands in a `oneof` of its own.
fn with_optional_last(mut message: DescriptorProto) -> DescriptorProto {
    if let Some(field) = message.field.last_mut() {
        field.proto3_optional = Some(true);
        field.oneof_index = Some(0);
        message.oneof_decl = vec![OneofDescriptorProto { name: Some(format!("_{}", field.name())), options: None }];
    }
    message
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::wire::list::{
        ListReply, ListRequest, ListedInterface, ListedMethod, ListedPlugin, OpenReply, OpenRequest, SchemaReply,
        SchemaRequest,
    };

    #[test]
    fn the_description_of_plug_v1_matches_its_messages() {
        let described = plug_v1();
        let mut messages = described.message_type.iter();
        let mut holds = |message: &dyn std::fmt::Debug, len: usize| {
            let described = messages.next().unwrap();
            let mut text = format!("{message:?}");
            assert!(text.starts_with(described.name()), "{text}");
            for field in &described.field {
                let at =
                    text.find(&format!("{}: ", field.name())).unwrap_or_else(|| panic!("{text}: {}", field.name()));
                text.replace_range(..at, "");
            }
            assert_eq!(described.field.len(), len);
            assert!(described.field.iter().zip(1..).all(|(field, number)| field.number() == number));
        };
        holds(&ListRequest::default(), 0);
        holds(&ListReply::default(), 5);
        holds(&ListedPlugin::default(), 12);
        holds(&ListedInterface::default(), 4);
        holds(&ListedMethod::default(), 4);
        holds(&OpenRequest::default(), 4);
        holds(&OpenReply::default(), 1);
        holds(&SchemaRequest::default(), 2);
        holds(&SchemaReply::default(), 1);
        assert!(messages.next().is_none());
        assert!(FileDescriptorProto::decode(&described.encode_to_vec()[..]).is_ok());
    }
}
