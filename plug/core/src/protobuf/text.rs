//! Prints a file descriptor as the text of a `.proto` file.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Write as _};

use prost_types::field_descriptor_proto::{Label, Type as Kind};
use prost_types::method_options::IdempotencyLevel;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, ServiceDescriptorProto,
};

/// The text of one of the [`files`](crate::protobuf::file::files).
pub fn text(file: &FileDescriptorProto) -> String {
    let mut text = Text::of(file);
    // Writing to a string does not fail.
    let _ = text.file(file);
    text.out
}

struct Text<'a> {
    out: String,
    /// By the path of their subject.
    comments: HashMap<&'a [i32], &'a str>,
    /// The names of all types, with the names of their scope.
    types: HashSet<String>,
    scope: String,
}

impl<'a> Text<'a> {
    fn of(file: &'a FileDescriptorProto) -> Self {
        let locations = file.source_code_info.iter().flat_map(|info| &info.location);
        let comments = locations.map(|location| (&*location.path, location.leading_comments())).collect();
        let scope = file.package.as_ref().map(|package| format!(".{package}")).unwrap_or_default();
        let mut types: HashSet<_> = file.enum_type.iter().map(|ty| format!("{scope}.{}", ty.name())).collect();
        let mut pending: Vec<_> = file.message_type.iter().map(|message| (scope.clone(), message)).collect();
        while let Some((scope, message)) = pending.pop() {
            let name = format!("{scope}.{}", message.name());
            pending.extend(message.nested_type.iter().map(|inner| (name.clone(), inner)));
            types.insert(name);
        }
        // The outermost package of each imported file.
        let imports = file.dependency.iter().filter_map(|import| import.split('/').next());
        types.extend(imports.map(|package| format!(".{package}")));
        Self { out: String::new(), comments, types, scope }
    }

    fn file(&mut self, file: &FileDescriptorProto) -> fmt::Result {
        writeln!(self.out, "syntax = \"proto3\";")?;
        if let Some(package) = &file.package {
            writeln!(self.out, "\npackage {package};")?;
        }
        if !file.dependency.is_empty() {
            self.out.push('\n');
        }
        for import in &file.dependency {
            writeln!(self.out, "import \"{import}\";")?;
        }
        for (service, at) in file.service.iter().zip(0..) {
            self.out.push('\n');
            self.service(service, at)?;
        }
        for (message, at) in file.message_type.iter().zip(0..) {
            self.out.push('\n');
            self.message(message, &[4, at], "")?;
        }
        for (ty, at) in file.enum_type.iter().zip(0..) {
            self.out.push('\n');
            self.plain(ty, at)?;
        }
        Ok(())
    }

    fn comment(&mut self, path: &[i32], indent: &str) -> fmt::Result {
        let comment = self.comments.get(path).copied().unwrap_or_default();
        comment.lines().try_for_each(|line| writeln!(self.out, "{indent}//{line}"))
    }

    fn service(&mut self, service: &ServiceDescriptorProto, at: i32) -> fmt::Result {
        self.comment(&[6, at], "")?;
        if service.method.is_empty() {
            return writeln!(self.out, "service {} {{}}", service.name());
        }
        writeln!(self.out, "service {} {{", service.name())?;
        for (method, number) in service.method.iter().zip(0..) {
            if number > 0 {
                self.out.push('\n');
            }
            self.comment(&[6, at, 2, number], "  ")?;
            let scope = self.scope.clone();
            let (input, output) =
                (self.relative(method.input_type(), &scope), self.relative(method.output_type(), &scope));
            let stream = |is_stream: bool| if is_stream { "stream " } else { "" };
            let (input, output) = (
                format!("{}{input}", stream(method.client_streaming())),
                format!("{}{output}", stream(method.server_streaming())),
            );
            write!(self.out, "  rpc {}({input}) returns ({output})", method.name())?;
            let level = method.options.as_ref().map(|options| options.idempotency_level());
            match level {
                Some(level @ (IdempotencyLevel::Idempotent | IdempotencyLevel::NoSideEffects)) => {
                    let level = level.as_str_name();
                    writeln!(self.out, " {{\n    option idempotency_level = {level};\n  }}")?;
                }
                _ => writeln!(self.out, ";")?,
            }
        }
        writeln!(self.out, "}}")
    }

    fn message(&mut self, message: &DescriptorProto, path: &[i32], indent: &str) -> fmt::Result {
        let (name, deeper) = (message.name(), format!("{indent}  "));
        self.comment(path, indent)?;
        if message.field.is_empty() && message.nested_type.is_empty() {
            return writeln!(self.out, "{indent}message {name} {{}}");
        }
        let outer = self.scope.len();
        let _ = write!(self.scope, ".{name}");
        writeln!(self.out, "{indent}message {name} {{")?;
        let nested = message.nested_type.iter().zip(0..).filter(|(inner, _)| !is_entry(inner));
        for (inner, at) in nested {
            self.message(inner, &[path, &[3, at]].concat(), &deeper)?;
            self.out.push('\n');
        }
        let mut open = None;
        for (field, at) in message.field.iter().zip(0..) {
            let one_of = field.oneof_index.filter(|_| !field.proto3_optional());
            if one_of != open {
                if open.is_some() {
                    writeln!(self.out, "{deeper}}}")?;
                }
                if let Some(decl) = one_of.and_then(|at| message.oneof_decl.get(at as usize)) {
                    writeln!(self.out, "{deeper}oneof {} {{", decl.name())?;
                }
                open = one_of;
            }
            let indent = format!("{deeper}{}", if open.is_some() { "  " } else { "" });
            self.comment(&[path, &[2, at]].concat(), &indent)?;
            let (ty, name, number) = (self.ty(message, field), field.name(), field.number());
            writeln!(self.out, "{indent}{ty} {name} = {number};")?;
        }
        if open.is_some() {
            writeln!(self.out, "{deeper}}}")?;
        }
        self.scope.truncate(outer);
        writeln!(self.out, "{indent}}}")
    }

    fn ty(&self, message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
        let name = match field.r#type() {
            Kind::Message | Kind::Enum => self.relative(field.type_name(), &self.scope),
            // `TYPE_INT32`
            kind => kind.as_str_name().trim_start_matches("TYPE_").to_ascii_lowercase(),
        };
        let mut entries = message.nested_type.iter().filter(|inner| is_entry(inner));
        let of = field.type_name().rsplit('.').next();
        match entries.find(|entry| Some(entry.name()) == of && field.label() == Label::Repeated) {
            Some(entry) => {
                let parts: Vec<_> = entry.field.iter().map(|part| self.ty(entry, part)).collect();
                format!("map<{}>", parts.join(", "))
            }
            None if field.label() == Label::Repeated => format!("repeated {name}"),
            None if field.proto3_optional() => format!("optional {name}"),
            None => name,
        }
    }

    /// The shortest name that finds a type from this scope.
    /// protobuf looks for the first part of a name in the enclosing scopes, from the inside to the
    /// outside.
    fn relative(&self, name: &str, scope: &str) -> String {
        let around = || std::iter::successors(Some(scope), |scope| scope.rfind('.').map(|at| &scope[..at]));
        for outer in around() {
            let Some(rest) = name.strip_prefix(outer).and_then(|rest| rest.strip_prefix('.')) else { continue };
            let first = rest.split('.').next().unwrap_or(rest);
            let found = around().find(|scope| self.types.contains(&format!("{scope}.{first}")));
            if found == Some(outer) {
                return rest.to_owned();
            }
        }
        name.to_owned()
    }

    fn plain(&mut self, ty: &EnumDescriptorProto, at: i32) -> fmt::Result {
        self.comment(&[5, at], "")?;
        writeln!(self.out, "enum {} {{", ty.name())?;
        for (value, number) in ty.value.iter().zip(0..) {
            self.comment(&[5, at, 2, number], "  ")?;
            writeln!(self.out, "  {} = {};", value.name(), value.number())?;
        }
        writeln!(self.out, "}}")
    }
}

fn is_entry(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(|options| options.map_entry())
}
