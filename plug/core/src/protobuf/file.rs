//! Describes portable interfaces as `.proto` files, in protobuf's own descriptors. `text.rs` prints
//! them.

use std::error::Error as StdError;
use std::fmt::{self, Display};

use prost_types::field_descriptor_proto::{Label, Type as Kind};
use prost_types::method_options::IdempotencyLevel;
use prost_types::source_code_info::Location;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    MessageOptions, MethodDescriptorProto, MethodOptions, OneofDescriptorProto, ServiceDescriptorProto, SourceCodeInfo,
};

use super::REPLY;
use crate::portable::signature::Description;
use crate::portable::signature::Signature;
use crate::portable::types::{Field, Type, Variant};
use crate::protobuf::names;
use crate::protobuf::names::Names;
use crate::protobuf::wellknown::{self, WellKnown};

/// The reason why interfaces cannot be written as a `.proto` file.
#[derive(Debug)]
pub struct Undescribable(pub(super) String);

impl Display for Undescribable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Undescribable {}

pub(super) type Result<T, E = Undescribable> = std::result::Result<T, E>;

/// Describes interfaces: one file for each package, in the order of the interfaces.
/// The docs become comments.
///
/// # Errors
///
/// If two types of an interface have one name, or if a name is invalid in protobuf.
pub fn files(interfaces: &[&Description]) -> Result<Vec<FileDescriptorProto>> {
    let mut packages: Vec<(&str, Vec<ServiceInterface<'_>>)> = Vec::new();
    for description in interfaces {
        let (package, service) = description.service.rsplit_once('.').unwrap_or(("", description.service));
        let interface = ServiceInterface { service, description };
        match packages.iter_mut().find(|(name, _)| *name == package) {
            Some((_, interfaces)) => interfaces.push(interface),
            None => packages.push((package, vec![interface])),
        }
    }
    packages.into_iter().map(|(package, interfaces)| FileBuilder::new(package).with(&interfaces)).collect()
}

/// An interface with its name, without the package.
pub(super) struct ServiceInterface<'a> {
    pub(super) service: &'a str,
    description: &'a Description,
}

/// The methods of the model.
impl ServiceInterface<'_> {
    pub(super) fn methods(&self) -> &'static [Signature] {
        self.description.methods
    }
}

pub(super) fn arguments(signature: &'static Signature) -> impl Iterator<Item = &'static Type> {
    signature.tagged().map(|(_, ty)| ty.item())
}

/// Builds a file.
struct FileBuilder {
    /// The prefix of all names in it.
    scope: String,
    names: Names,
    file: FileDescriptorProto,
    comments: Vec<Location>,
}

/// The numbers of the descriptors' fields, which form the path from a comment to its subject.
const SERVICES: i32 = 6;
const METHODS: i32 = 2;
const MESSAGES: i32 = 4;
const NESTED: i32 = 3;
const FIELDS: i32 = 2;
const ENUMS: i32 = 5;
const VALUES: i32 = 2;

impl FileBuilder {
    fn new(package: &str) -> Self {
        let file = FileDescriptorProto {
            package: Some(package.to_owned()).filter(|package| !package.is_empty()),
            syntax: Some("proto3".to_owned()),
            ..Default::default()
        };
        let scope = if package.is_empty() { String::new() } else { format!(".{package}") };
        Self { scope, names: Names::default(), file, comments: Vec::new() }
    }

    fn with(mut self, interfaces: &[ServiceInterface<'_>]) -> Result<FileDescriptorProto> {
        self.names.take(interfaces)?;
        for interface in interfaces {
            let service = self.service(interface)?;
            self.file.service.push(service);
        }
        for (ty, name) in self.names.types() {
            self.declare(ty, &name)?;
        }
        let first = interfaces.first().map_or("", |interface| interface.service);
        let folder = self.scope.trim_start_matches('.').split('.').filter(|part| !part.is_empty());
        let path: String = folder.map(|part| format!("{part}/")).collect();
        self.file.name = Some(format!("{path}{}.proto", names::snake(first)));
        let info = SourceCodeInfo { location: self.comments };
        self.file.source_code_info = Some(info).filter(|info| !info.location.is_empty());
        Ok(self.file)
    }

    fn service(&mut self, interface: &ServiceInterface<'_>) -> Result<ServiceDescriptorProto> {
        let at = self.file.service.len() as i32;
        self.comment(vec![SERVICES, at], interface.description.docs);
        let mut methods = Vec::new();
        for (number, signature) in (0..).zip(interface.methods()) {
            self.comment(vec![SERVICES, at, METHODS, number], signature.docs);
            methods.push(self.method(interface, signature)?);
        }
        Ok(ServiceDescriptorProto { name: Some(interface.service.to_owned()), method: methods, options: None })
    }

    fn comment(&mut self, path: Vec<i32>, docs: &str) {
        if docs.is_empty() {
            return;
        }
        let space = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!(" {line}\n") };
        let text = docs.lines().map(|line| space(line.trim_end())).collect();
        self.comments.push(Location { path, span: vec![0, 0, 0], leading_comments: Some(text), ..Default::default() });
    }

    fn method(
        &mut self,
        interface: &ServiceInterface<'_>,
        signature: &'static Signature,
    ) -> Result<MethodDescriptorProto> {
        let named = |end| {
            [format!("{}{end}", signature.wire_name), format!("{}{}{end}", interface.service, signature.wire_name)]
        };
        let (request, reply) = (self.names.unused(&named("Request")), self.names.unused(&named("Reply")));
        let (mut input, mut output) = (self.message(&request), self.message(&reply));
        for (name, (tag, ty)) in signature.argument_names.iter().zip(signature.tagged()) {
            input.field(self, name, tag, ty.item())?;
        }
        let result = signature.output.get().item();
        if !matches!(result, Type::Unit) {
            output.field(self, REPLY[0], 1, result)?;
        }
        self.file.message_type.extend([input.finish()?, output.finish()?]);
        let options = signature.is_idempotent.then(|| MethodOptions {
            idempotency_level: Some(IdempotencyLevel::Idempotent.into()),
            ..Default::default()
        });
        Ok(MethodDescriptorProto {
            name: Some(signature.wire_name.to_owned()),
            input_type: Some(self.full(&request)),
            output_type: Some(self.full(&reply)),
            options,
            client_streaming: signature.takes_stream().then_some(true),
            server_streaming: signature.returns_stream().then_some(true),
        })
    }

    /// A struct or an enum.
    fn declare(&mut self, ty: &'static Type, name: &str) -> Result<()> {
        match ty {
            Type::Struct { fields, docs, .. } => {
                let mut message = self.message(name);
                message.fields(self, fields)?;
                let path = vec![MESSAGES, self.file.message_type.len() as i32];
                self.file.message_type.push(message.finish()?);
                self.comment_fields(&path, fields);
                self.comment(path, docs.0);
            }
            Type::Enum { variants, docs, .. } if ty.is_plain() => {
                let plain = self.plain(name, variants)?;
                let path = vec![ENUMS, self.file.enum_type.len() as i32];
                self.file.enum_type.push(plain);
                // The first value is no variant.
                for (variant, at) in variants.iter().zip(1..) {
                    self.comment(deeper(&path, [VALUES, at]), variant.docs.0);
                }
                self.comment(path, docs.0);
            }
            Type::Enum { variants, docs, .. } => {
                let message = self.one_of(name, variants)?;
                let path = vec![MESSAGES, self.file.message_type.len() as i32];
                self.file.message_type.push(message);
                self.comment_variants(&path, variants);
                self.comment(path, docs.0);
            }
            _ => {}
        }
        Ok(())
    }

    fn comment_fields(&mut self, message: &[i32], fields: &[Field]) {
        for (field, at) in fields.iter().zip(0..) {
            self.comment(deeper(message, [FIELDS, at]), field.docs.0);
        }
    }

    /// Each variant is a field. A variant that is not its only field has a message too.
    fn comment_variants(&mut self, message: &[i32], variants: &[Variant]) {
        let mut nested = 0..;
        for (variant, at) in variants.iter().zip(0..) {
            let of_field = variant.fields.first().filter(|_| variant.is_its_field()).map_or("", |field| field.docs.0);
            let docs = if variant.docs.0.is_empty() { of_field } else { variant.docs.0 };
            self.comment(deeper(message, [FIELDS, at]), docs);
            if !variant.is_its_field()
                && let Some(at) = nested.next()
            {
                self.comment_fields(&deeper(message, [NESTED, at]), variant.fields);
            }
        }
    }

    fn plain(&mut self, name: &str, variants: &[Variant]) -> Result<EnumDescriptorProto> {
        let prefix = names::snake(name).to_ascii_uppercase();
        let value = |name: &str, number: u32| EnumValueDescriptorProto {
            name: Some(format!("{prefix}_{}", names::snake(name).to_ascii_uppercase())),
            number: Some(number as i32),
            options: None,
        };
        let mut values: Vec<_> = variants.iter().map(|variant| value(variant.name, variant.tag)).collect();
        names::check(name, variants.iter().map(|variant| variant.name))?;
        let mut unspecified = "Unspecified".to_owned();
        while variants.iter().any(|variant| names::alike(variant.name) == names::alike(&unspecified)) {
            unspecified.push_str("Value");
        }
        values.insert(0, value(&unspecified, 0));
        for value in &values {
            self.names.take_value(value.name(), name)?;
        }
        Ok(EnumDescriptorProto { name: Some(name.to_owned()), value: values, ..Default::default() })
    }

    fn one_of(&mut self, name: &str, variants: &'static [Variant]) -> Result<DescriptorProto> {
        let mut message = self.message(name);
        names::check(name, variants.iter().map(|variant| variant.name))?;
        let fields: Vec<_> = variants.iter().map(|variant| names::snake(variant.name)).collect();
        let mut oneof_name = "kind".to_owned();
        while fields.contains(&oneof_name) {
            oneof_name.push('_');
        }
        message.proto.oneof_decl.push(OneofDescriptorProto { name: Some(oneof_name.clone()), options: None });
        for (variant, field) in variants.iter().zip(&fields) {
            let mut field = match variant.fields {
                [inner] if variant.is_its_field() => self.element(field, variant.tag, inner.ty.get())?,
                inner => {
                    let mut nested = names::upper_camel(variant.name);
                    while fields.contains(&nested) || nested == oneof_name {
                        nested.push_str("Variant");
                    }
                    let mut inside = MessageBuilder::new(format!("{}.{nested}", message.full));
                    inside.fields(self, inner)?;
                    message.proto.nested_type.push(inside.finish()?);
                    field_descriptor(field, variant.tag, Kind::Message, Some(format!("{}.{nested}", message.full)))
                }
            };
            field.oneof_index = Some(0);
            message.proto.field.push(field);
        }
        message.finish()
    }

    fn message(&self, name: &str) -> MessageBuilder {
        MessageBuilder::new(self.full(name))
    }

    fn full(&self, name: &str) -> String {
        format!("{}.{name}", self.scope)
    }

    /// A field for a value in one piece.
    fn element(&mut self, name: &str, tag: u32, ty: &'static Type) -> Result<FieldDescriptorProto> {
        names::check(name, [name])?;
        let ty = ty.unboxed();
        let (kind, of) = match ty {
            Type::Bool => (Kind::Bool, None),
            Type::I8 | Type::I16 | Type::I32 => (Kind::Int32, None),
            Type::I64 => (Kind::Int64, None),
            Type::U8 | Type::U16 | Type::U32 | Type::Char | Type::Object { .. } => (Kind::Uint32, None),
            Type::U64 => (Kind::Uint64, None),
            Type::F32 => (Kind::Float, None),
            Type::F64 => (Kind::Double, None),
            Type::String | Type::Path => (Kind::String, None),
            Type::Bytes => (Kind::Bytes, None),
            Type::Duration => return Ok(self.imported(name, tag, &wellknown::DURATION)),
            Type::Time => return Ok(self.imported(name, tag, &wellknown::TIMESTAMP)),
            ty if ty.is_bytes() => (Kind::Bytes, None),
            Type::Struct { .. } | Type::Enum { .. } => {
                let kind = if ty.is_plain() { Kind::Enum } else { Kind::Message };
                (kind, Some(self.names.of(ty)))
            }
            _ => (Kind::Message, Some(self.wrapper(ty)?)),
        };
        let of = of.map(|name| self.full(&name));
        Ok(field_descriptor(name, tag, kind, of))
    }

    /// A field for a value of one of protobuf's own messages, whose file is imported.
    fn imported(&mut self, name: &str, tag: u32, message: &WellKnown) -> FieldDescriptorProto {
        if !self.file.dependency.iter().any(|file| file == message.file) {
            self.file.dependency.push(message.file.to_owned());
        }
        field_descriptor(name, tag, Kind::Message, Some(message.full_name()))
    }

    /// The name of a message for a tuple, or around a value that may consist of several parts.
    /// Equal messages are shared.
    fn wrapper(&mut self, ty: &'static Type) -> Result<String> {
        let wanted = self.names.word(ty);
        let mut name = wanted.clone();
        for number in 2.. {
            let mut message = self.message(&name);
            match ty {
                Type::Unit => {}
                Type::Tuple(fields) => message.fields(self, fields)?,
                _ => message.field(self, REPLY[0], 1, ty)?,
            }
            let message = message.finish()?;
            if self.names.is_wrapper(&name) && self.file.message_type.contains(&message) {
                return Ok(name);
            }
            if self.names.take_wrapper(&name) {
                self.file.message_type.push(message);
                return Ok(name);
            }
            name = format!("{wanted}{number}");
        }
        unreachable!("there are more numbers than names")
    }
}

/// The path to a part of the subject of a path.
fn deeper(path: &[i32], rest: [i32; 2]) -> Vec<i32> {
    [path, &rest].concat()
}

fn field_descriptor(name: &str, tag: u32, kind: Kind, of: Option<String>) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(tag as i32),
        label: Some(Label::Optional.into()),
        r#type: Some(kind.into()),
        type_name: of,
        json_name: Some(names::json(name)),
        ..Default::default()
    }
}

/// Builds a message.
struct MessageBuilder {
    /// Its name, with the names of its scope.
    full: String,
    proto: DescriptorProto,
}

impl MessageBuilder {
    fn new(full: String) -> Self {
        let name = full.rsplit('.').next().map(str::to_owned);
        Self { full, proto: DescriptorProto { name, ..Default::default() } }
    }

    fn fields(&mut self, file: &mut FileBuilder, fields: &'static [Field]) -> Result<()> {
        for Field { name, tag, ty, .. } in fields {
            match name.starts_with(|c: char| c.is_ascii_digit()) {
                true => self.field(file, &format!("field{name}"), *tag, ty.get())?,
                false => self.field(file, name, *tag, ty.get())?,
            }
        }
        Ok(())
    }

    /// A field for a value that may consist of several parts.
    fn field(&mut self, file: &mut FileBuilder, name: &str, tag: u32, ty: &'static Type) -> Result<()> {
        let field = match ty.unboxed() {
            Type::Option(of) => {
                FieldDescriptorProto { proto3_optional: Some(true), ..file.element(name, tag, of.get())? }
            }
            ty if ty.is_bytes() => file.element(name, tag, ty)?,
            Type::List(of) | Type::Set(of) | Type::Array(of, _) => {
                FieldDescriptorProto { label: Some(Label::Repeated.into()), ..file.element(name, tag, of.get())? }
            }
            Type::Map(key, value) => {
                let entry = DescriptorProto {
                    name: Some(format!("{}Entry", names::upper_camel(name))),
                    field: vec![file.element("key", 1, key.get())?, file.element("value", 2, value.get())?],
                    options: Some(MessageOptions { map_entry: Some(true), ..Default::default() }),
                    ..Default::default()
                };
                let of = format!("{}.{}", self.full, entry.name());
                self.proto.nested_type.push(entry);
                names::check(name, [name])?;
                FieldDescriptorProto {
                    label: Some(Label::Repeated.into()),
                    ..field_descriptor(name, tag, Kind::Message, Some(of))
                }
            }
            ty => file.element(name, tag, ty)?,
        };
        self.proto.field.push(field);
        Ok(())
    }

    fn finish(mut self) -> Result<DescriptorProto> {
        names::check(&self.full, self.proto.field.iter().map(FieldDescriptorProto::name))?;
        // protobuf itself puts an optional field into a `oneof` of this name.
        let mut taken: Vec<_> = self.proto.field.iter().map(|field| field.name().to_owned()).collect();
        for field in self.proto.field.iter_mut().filter(|field| field.proto3_optional()) {
            let mut name = format!("_{}", field.name().trim_start_matches('_'));
            while taken.contains(&name) {
                name.insert(0, 'X');
            }
            taken.push(name.clone());
            field.oneof_index = Some(self.proto.oneof_decl.len() as i32);
            self.proto.oneof_decl.push(OneofDescriptorProto { name: Some(name), options: None });
        }
        Ok(self.proto)
    }
}
