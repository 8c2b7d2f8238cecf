//! Chooses the names in a `.proto` file: those of Rust if possible, in the case of protobuf's
//! style, and all distinct.

use std::collections::HashMap;

use crate::portable::types::{Field, Type, TypeRef};
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
                for ty in arguments(signature).chain([signature.output.get().item()]) {
                    self.take_types(ty, interface.service)?;
                }
            }
        }
        Ok(())
    }

    fn take_types(&mut self, ty: &'static Type, service: &str) -> Result<()> {
        match ty {
            Type::Box(of) | Type::Option(of) | Type::List(of) | Type::Set(of) | Type::Array(of, _) => {
                self.take_types(of.get(), service)
            }
            Type::Map(key, value) => {
                self.take_types(key.get(), service)?;
                self.take_types(value.get(), service)
            }
            Type::Tuple(fields) => self.take_fields(fields.iter(), service),
            Type::Struct { name, arguments, fields, .. } => match self.take_type(ty, name, arguments, service)? {
                true => self.take_fields(fields.iter(), service),
                false => Ok(()),
            },
            Type::Enum { name, arguments, variants, .. } => match self.take_type(ty, name, arguments, service)? {
                true => self.take_fields(variants.iter().flat_map(|variant| variant.fields), service),
                false => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn take_fields(&mut self, mut fields: impl Iterator<Item = &'static Field>, service: &str) -> Result<()> {
        fields.try_for_each(|field| self.take_types(field.ty.get(), service))
    }

    /// Takes the name of a type. Returns whether the type is new.
    /// If another interface has taken the name, it gets the interface's name as a prefix.
    /// The name of a generic type begins with its arguments, like that of a list.
    fn take_type(
        &mut self,
        ty: &'static Type,
        name: &str,
        arguments: &'static [TypeRef],
        service: &str,
    ) -> Result<bool> {
        for argument in arguments {
            self.take_types(argument.get(), service)?;
        }
        if self.types.iter().any(|(other, _)| is_same(other, ty)) {
            return Ok(false);
        }
        let name = arguments.iter().map(|argument| self.word(argument.get())).collect::<String>() + name;
        let name = &*name;
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
        self.types.iter().find(|(other, _)| is_same(other, ty)).map(|(_, name)| name.clone()).unwrap_or_default()
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
        let word = match ty.unboxed() {
            Type::Unit => "Unit",
            Type::Bool => "Bool",
            Type::I8 | Type::I16 | Type::I32 => "Int32",
            Type::I64 => "Int64",
            Type::U8 | Type::U16 | Type::U32 | Type::Char | Type::Object { .. } => "Uint32",
            Type::U64 => "Uint64",
            Type::F32 => "Float",
            Type::F64 => "Double",
            Type::String | Type::Path => "String",
            Type::Bytes => "Bytes",
            Type::Duration => "Duration",
            Type::Time => "Timestamp",
            ty if ty.is_bytes() => "Bytes",
            Type::Option(of) => return format!("Optional{}", self.word(of.get())),
            Type::List(of) => return format!("{}List", self.word(of.get())),
            Type::Set(of) => return format!("{}Set", self.word(of.get())),
            Type::Array(of, _) => return format!("{}Array", self.word(of.get())),
            Type::Map(key, value) => return format!("{}{}Map", self.word(key.get()), self.word(value.get())),
            Type::Tuple(fields) => {
                return fields.iter().map(|field| self.word(field.ty.get())).collect::<String>() + "Tuple";
            }
            ty => return self.of(ty),
        };
        word.to_owned()
    }
}

/// Whether two types are one message. Their docs may differ.
fn is_same(one: &'static Type, other: &'static Type) -> bool {
    have_same_parts(one, other, &mut Vec::new())
}

/// `assumed` has the types that contain themselves and are being compared.
fn have_same_parts(one: &'static Type, other: &'static Type, assumed: &mut Vec<[*const Type; 2]>) -> bool {
    let same_fields = |ones: &'static [Field], others: &'static [Field], assumed: &mut Vec<_>| {
        ones.len() == others.len()
            && ones.iter().zip(others).all(|(one, other)| {
                one.name == other.name && one.tag == other.tag && have_same_parts(one.ty.get(), other.ty.get(), assumed)
            })
    };
    let same_types = |ones: &'static [TypeRef], others: &'static [TypeRef], assumed: &mut Vec<_>| {
        ones.len() == others.len()
            && ones.iter().zip(others).all(|(one, other)| have_same_parts(one.get(), other.get(), assumed))
    };
    let is_first = |assumed: &mut Vec<_>| {
        let pair = [std::ptr::from_ref(one), std::ptr::from_ref(other)];
        let is_first = !assumed.contains(&pair);
        assumed.push(pair);
        is_first
    };
    match (one.unboxed(), other.unboxed()) {
        (Type::Option(one), Type::Option(other))
        | (Type::List(one), Type::List(other))
        | (Type::Set(one), Type::Set(other))
        | (Type::Array(one, _), Type::Array(other, _)) => have_same_parts(one.get(), other.get(), assumed),
        (Type::Map(key, value), Type::Map(other_key, other_value)) => {
            have_same_parts(key.get(), other_key.get(), assumed)
                && have_same_parts(value.get(), other_value.get(), assumed)
        }
        (Type::Tuple(ones), Type::Tuple(others)) => same_fields(ones, others, assumed),
        (Type::Struct { id: one, .. }, Type::Struct { id: other, .. })
        | (Type::Enum { id: one, .. }, Type::Enum { id: other, .. })
            if one == other =>
        {
            true
        }
        (
            Type::Struct { name, arguments, fields, .. },
            Type::Struct { name: other_name, arguments: other_arguments, fields: other_fields, .. },
        ) => {
            name == other_name
                && (!is_first(assumed)
                    || same_types(arguments, other_arguments, assumed) && same_fields(fields, other_fields, assumed))
        }
        (
            Type::Enum { name, arguments, variants, .. },
            Type::Enum { name: other_name, arguments: other_arguments, variants: other_variants, .. },
        ) => {
            name == other_name
                && (!is_first(assumed)
                    || same_types(arguments, other_arguments, assumed)
                        && variants.len() == other_variants.len()
                        && variants.iter().zip(*other_variants).all(|(one, other)| {
                            one.name == other.name
                                && one.tag == other.tag
                                && one.form == other.form
                                && same_fields(one.fields, other.fields, assumed)
                        }))
        }
        (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
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
