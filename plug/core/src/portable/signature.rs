//! The descriptions of interfaces and methods, without their Rust types.

use crate::portable::types::{Type, TypeRef};

/// A list of types, in a constant.
pub struct Types(pub(crate) Option<(TypeRef, &'static Types)>);

/// The description of an interface without its type: its name in protobuf, its docs, its methods.
#[cfg_attr(not(feature = "wire"), allow(dead_code, reason = "libraries have records of their own"))]
pub struct Description {
    pub(crate) service: &'static str,
    pub(crate) docs: &'static str,
    pub(crate) methods: &'static [Signature],
}

#[cfg(feature = "wire")]
impl Description {
    /// The path of a method in HTTP/2.
    pub(crate) fn path(&self, method: &Signature) -> String {
        format!("/{}/{}", self.service, method.wire_name)
    }
}

/// The description of a method. Two builds must agree on its name and types to call it.
#[cfg_attr(not(feature = "rpc"), allow(dead_code, reason = "libraries tell of names and types alone"))]
pub struct Signature {
    pub(crate) name: &'static str,
    pub(crate) arguments: Types,
    pub(crate) output: TypeRef,
    pub(crate) has_default: bool,
    pub(crate) is_async: bool,
    // Two builds may differ in the following.
    pub(crate) wire_name: &'static str,
    pub(crate) argument_names: &'static [&'static str],
    pub(crate) argument_tags: &'static [u32],
    #[cfg_attr(not(feature = "netrpc"), allow(dead_code, reason = "other links send no names"))]
    pub(crate) go_names: &'static [&'static str],
    #[cfg_attr(not(feature = "netrpc"), allow(dead_code, reason = "other links send no maps"))]
    pub(crate) is_map: bool,
    pub(crate) docs: &'static str,
    pub(crate) is_idempotent: bool,
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Signature {
    /// Whether its only argument is a stream.
    #[cfg_attr(not(feature = "wire"), allow(dead_code, reason = "in a library it is an argument as others"))]
    pub(crate) fn takes_stream(&self) -> bool {
        matches!(&self.arguments, Types(Some((ty, _))) if matches!(ty.get(), Type::Stream(_)))
    }

    /// Whether its result is a stream.
    #[cfg_attr(not(feature = "wire"), allow(dead_code, reason = "in a library it is a result as others"))]
    pub(crate) fn returns_stream(&self) -> bool {
        matches!(self.output.get(), Type::Stream(_))
    }

    /// The paths of the interfaces whose objects cross with it.
    #[cfg(feature = "wire")]
    pub(crate) fn objects(&'static self) -> impl Iterator<Item = &'static str> {
        let types = self.tagged().map(|(_, ty)| ty).chain([self.output.get()]);
        types.filter_map(|ty| match ty {
            Type::Object { interface, .. } => Some(*interface),
            _ => None,
        })
    }

    /// The number in protobuf of the argument with this index.
    pub(crate) const fn tag(&self, index: usize) -> u32 {
        if self.argument_tags.is_empty() { index as u32 + 1 } else { self.argument_tags[index] }
    }

    /// The arguments, each with its number in protobuf.
    #[cfg_attr(not(feature = "wire"), allow(dead_code, reason = "libraries number no arguments"))]
    pub(crate) fn tagged(&'static self) -> impl Iterator<Item = (u32, &'static Type)> {
        let mut rest = &self.arguments;
        (0..).map_while(move |index| {
            let Types(Some((ty, others))) = rest else { return None };
            rest = others;
            Some((self.tag(index), ty.get()))
        })
    }

    /// The author's name in Go of the argument with this index, or an empty text.
    #[cfg(feature = "netrpc")]
    pub(crate) fn go_name(&self, index: usize) -> &'static str {
        self.go_names.get(index).copied().unwrap_or_default()
    }
}

/// Whether Go has a name for each of these types, under which a map can hold it.
pub(super) const fn fits_into_map(types: &Types) -> bool {
    let Types(Some((ty, rest))) = types else { return true };
    let fits = match ty.get() {
        Type::Option(of) => is_basic(of.get()),
        ty => is_basic(ty),
    };
    fits && fits_into_map(rest)
}

const fn is_basic(ty: &Type) -> bool {
    let is_integer =
        matches!(ty, Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::U8 | Type::U16 | Type::U32 | Type::U64);
    is_integer || matches!(ty, Type::Bool | Type::F32 | Type::F64 | Type::String | Type::Bytes)
}
