//! Chooses the names in a `.proto` file: those of Rust if possible, in the case of protobuf's
//! style, and all distinct.

use std::collections::HashMap;

use crate::portable::types::Type;
use crate::protobuf::file::{Result, ServiceInterface, Undescribable, arguments};

/// The names of one file.
#[derive(Default)]
pub(super) struct Names {
    /// Each type with its name in the file.
    types: Vec<(&'static Type, String)>,
    taken: HashMap<String, NameUse>,
}

#[derive(PartialEq)]
enum NameUse {
    Service,
    /// A type of this interface.
    Type(String),
    /// A message that was made for a type or a method.
    Made,
    Wrapper,
    /// A value of an enum, whose scope is that of the enum.
    Value,
}

impl Names {
    /// Takes the names of services and types, which have priority over generated names.
    pub(super) fn take(&mut self, interfaces: &[ServiceInterface<'_>]) -> Result<()> {
        for interface in interfaces {
            if self.taken.insert(interface.service.to_owned(), NameUse::Service).is_some() {
                let message = format!("two interfaces are the service `{}`: give one another", interface.service);
                return Err(Undescribable(message));
            }
        }
        for interface in interfaces {
            for signature in interface.methods() {
                for ty in arguments(signature).chain([signature.output]) {
                    self.take_types(ty, interface.service)?;
                }
            }
        }
        Ok(())
    }

    fn take_types(&mut self, ty: &'static Type, service: &str) -> Result<()> {
        match ty {
            Type::Option(of) | Type::List(of) => self.take_types(of, service),
            Type::Map(key, value) => {
                self.take_types(key, service)?;
                self.take_types(value, service)
            }
            Type::Struct { name, fields, .. } => {
                let is_new = self.take_type(ty, name, service)?;
                let mut inner = fields.iter().filter(|_| is_new);
                inner.try_for_each(|field| self.take_types(field.ty, service))
            }
            Type::Enum { name, variants, .. } => {
                let is_new = self.take_type(ty, name, service)?;
                let mut inner = variants.iter().flat_map(|variant| variant.fields).filter(|_| is_new);
                inner.try_for_each(|field| self.take_types(field.ty, service))
            }
            _ => Ok(()),
        }
    }

    /// Takes the name of a type. Returns whether the type is new.
    /// If another interface has taken the name, it gets the interface's name as a prefix.
    fn take_type(&mut self, ty: &'static Type, name: &str, service: &str) -> Result<bool> {
        if self.types.iter().any(|(other, _)| *other == ty) {
            return Ok(false);
        }
        check(name, [name])?;
        let other = self.taken.get(name);
        let name = match other {
            None => name.to_owned(),
            Some(NameUse::Type(other)) if other == service => {
                let message = format!("two types of `{service}` are called `{name}`: rename one");
                return Err(Undescribable(message));
            }
            Some(_) => self.unused_of(&[format!("{service}{name}")]),
        };
        self.taken.insert(name.clone(), NameUse::Type(service.to_owned()));
        self.types.push((ty, name));
        Ok(true)
    }

    pub(super) fn types(&self) -> Vec<(&'static Type, String)> {
        self.types.clone()
    }

    /// The name of a struct or of an enum.
    pub(super) fn of(&self, ty: &'static Type) -> String {
        self.types.iter().find(|(other, _)| *other == ty).map(|(_, name)| name.clone()).unwrap_or_default()
    }

    /// Takes the first of these names that is free, or the last one with a number.
    pub(super) fn unused(&mut self, wanted: &[String]) -> String {
        let name = self.unused_of(wanted);
        self.taken.insert(name.clone(), NameUse::Made);
        name
    }

    fn unused_of(&self, wanted: &[String]) -> String {
        let last = wanted.last().map_or("", String::as_str);
        let numbered = (2..).map(|number| format!("{last}{number}"));
        let mut names = wanted.iter().cloned().chain(numbered);
        names.find(|name| !self.taken.contains_key(name)).unwrap_or_default()
    }

    pub(super) fn is_wrapper(&self, name: &str) -> bool {
        self.taken.get(name) == Some(&NameUse::Wrapper)
    }

    /// Takes the name if it is free. Returns whether it was.
    pub(super) fn take_wrapper(&mut self, name: &str) -> bool {
        let is_free = !self.taken.contains_key(name);
        if is_free {
            self.taken.insert(name.to_owned(), NameUse::Wrapper);
        }
        is_free
    }

    pub(super) fn take_value(&mut self, name: &str, of: &str) -> Result<()> {
        match self.taken.insert(name.to_owned(), NameUse::Value) {
            None => Ok(()),
            Some(_) => {
                let message = format!("`{name}` of `{of}` is the name of something else in protobuf too: rename one");
                Err(Undescribable(message))
            }
        }
    }

    /// A type in one word.
    pub(super) fn word(&self, ty: &'static Type) -> String {
        let word = match ty {
            Type::Unit => "Unit",
            Type::Bool => "Bool",
            Type::I8 | Type::I16 | Type::I32 => "Int32",
            Type::I64 => "Int64",
            Type::U8 | Type::U16 | Type::U32 => "Uint32",
            Type::U64 => "Uint64",
            Type::F32 => "Float",
            Type::F64 => "Double",
            Type::String => "String",
            Type::Bytes => "Bytes",
            Type::Option(of) => return format!("Optional{}", self.word(of)),
            Type::List(of) => return format!("{}List", self.word(of)),
            Type::Map(key, value) => return format!("{}{}Map", self.word(key), self.word(value)),
            Type::Struct { .. } | Type::Enum { .. } => return self.of(ty),
        };
        word.to_owned()
    }
}

/// Checks that the names are valid, and distinct in protobuf, which ignores case in JSON.
pub(super) fn check<'a>(of: &str, names: impl IntoIterator<Item = &'a str>) -> Result<()> {
    let mut seen = HashMap::new();
    let of = of.trim_start_matches('.');
    for name in names {
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.is_empty();
        if !is_name {
            let message = format!("`{name}` cannot be a name in protobuf, which has only ASCII ones: rename it");
            return Err(Undescribable(message));
        }
        if let Some(other) = seen.insert(alike(name), name) {
            let message = format!("`{other}` and `{name}` of `{of}` are one name in protobuf: rename one");
            return Err(Undescribable(message));
        }
    }
    Ok(())
}

/// Equal for all names that protobuf does not distinguish.
pub(super) fn alike(name: &str) -> String {
    name.replace('_', "").to_ascii_lowercase()
}

/// `http_server` for `HTTPServer`.
pub(super) fn snake(name: &str) -> String {
    let (mut snake, chars) = (String::new(), name.chars().collect::<Vec<_>>());
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        let begins_word = before.is_some_and(|before| {
            let is_last_of_several = before.is_uppercase() && chars.get(at + 1).is_some_and(|next| next.is_lowercase());
            before.is_lowercase() || before.is_ascii_digit() || is_last_of_several
        });
        if c.is_uppercase() && begins_word {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// As in protobuf: the first letter and each letter after a `_` is a capital.
pub(crate) fn upper_camel(name: &str) -> String {
    let (mut camel, mut is_next) = (String::new(), true);
    for c in name.chars() {
        match c {
            '_' => is_next = true,
            c => {
                camel.push(if is_next { c.to_ascii_uppercase() } else { c });
                is_next = false;
            }
        }
    }
    camel
}

/// As in protobuf: each letter after a `_` is a capital.
pub(super) fn json(name: &str) -> String {
    let camel = upper_camel(name);
    match name.chars().next() {
        Some(first) if first != '_' => {
            camel.chars().skip(1).fold(first.to_string(), |json, c| json + c.encode_utf8(&mut [0; 4]))
        }
        _ => camel,
    }
}
