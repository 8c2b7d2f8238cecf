//! The description of portable types and methods, as constants.
//! The texts and fingerprints that two builds compare, and the encodings of all links, derive from
//! it.

use crate::abi::reference::Reference;
use crate::interface::{FNV_OFFSET, fnv, fnv_bytes};

/// A portable type in a constant.
pub type TypeRef = Reference<Type>;

/// A portable type.
#[derive(Debug)]
pub enum Type {
    Unit,
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
    Char,
    String,
    Bytes,
    Path,
    Duration,
    Time,
    Box(TypeRef),
    Option(TypeRef),
    List(TypeRef),
    Set(TypeRef),
    Array(TypeRef, usize),
    Map(TypeRef, TypeRef),
    Tuple(&'static [Field]),
    /// A stream of values.
    Stream(TypeRef),
    /// An object, by the path of its interface: lent for the call, or given away.
    Object {
        interface: &'static str,
        is_lent: bool,
    },
    Struct {
        name: &'static str,
        id: u64,
        arguments: &'static [TypeRef],
        fields: &'static [Field],
        docs: Docs,
    },
    Enum {
        name: &'static str,
        id: u64,
        arguments: &'static [TypeRef],
        variants: &'static [Variant],
        docs: Docs,
    },
}

/// It ends, also for a type that contains itself.
impl std::fmt::Debug for TypeRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.get() {
            Type::Struct { name, .. } => write!(f, "Struct({name})"),
            Type::Enum { name, .. } => write!(f, "Enum({name})"),
            ty => ty.fmt(f),
        }
    }
}

/// A field of a struct or of a variant. A field without a name has its index as its name.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    /// Its name in Go, or empty for the one that follows from its name.
    pub go_name: &'static str,
    /// Its number in protobuf, from 1.
    pub tag: u32,
    pub ty: TypeRef,
    pub docs: Docs,
}

/// A variant of an enum.
#[derive(Debug)]
pub struct Variant {
    pub name: &'static str,
    /// Its number in protobuf, from 1. 0 is reserved.
    pub tag: u32,
    pub form: Form,
    pub fields: &'static [Field],
    pub docs: Docs,
}

/// The syntax of a variant.
#[derive(Debug, PartialEq, Eq)]
pub enum Form {
    Unit,
    Tuple,
    Named,
}

/// The docs of a type, a field or a variant.
/// Two builds may differ in them: no signature contains them.
#[derive(Debug, Clone, Copy)]
pub struct Docs(pub &'static str);

/// The number of a type with this place and name, and with the numbers of its arguments.
pub const fn type_id(place: &str, arguments: &[u64]) -> u64 {
    let (mut id, mut at) = (fnv(FNV_OFFSET, place), 0);
    while at < arguments.len() {
        id = fnv_bytes(id, &arguments[at].to_le_bytes());
        at += 1;
    }
    id
}

#[cfg_attr(not(feature = "rpc"), allow(dead_code, reason = "libraries tell no kinds of enums apart"))]
impl Type {
    /// The type without the boxes around it, which no encoding has.
    pub(crate) const fn unboxed(&'static self) -> &'static Self {
        match self {
            Self::Box(of) => of.get().unboxed(),
            ty => ty,
        }
    }

    /// The type of a stream's items, or of the value.
    #[cfg_attr(not(feature = "wire"), allow(dead_code, reason = "libraries have no messages"))]
    pub(crate) const fn item(&'static self) -> &'static Self {
        match self {
            Self::Stream(of) => of.get(),
            ty => ty,
        }
    }

    /// Whether it is an array of bytes, which is encoded like a list of bytes.
    pub(crate) const fn is_bytes(&self) -> bool {
        matches!(self, Self::Array(of, _) if matches!(of.get(), Self::U8))
    }

    /// The fields of a struct or a tuple.
    pub(crate) const fn fields(&self) -> &'static [Field] {
        match self {
            Self::Struct { fields, .. } | Self::Tuple(fields) => fields,
            _ => &[],
        }
    }

    /// Whether it is an enum with only unit variants.
    pub(crate) const fn is_plain(&self) -> bool {
        let Type::Enum { variants, .. } = self else { return false };
        let mut at = 0;
        while at < variants.len() {
            if !matches!(variants[at].form, Form::Unit) {
                return false;
            }
            at += 1;
        }
        true
    }
}

#[cfg_attr(not(feature = "rpc"), allow(dead_code, reason = "libraries tell no kinds of variants apart"))]
impl Variant {
    /// Whether it is encoded as its only field.
    pub(crate) const fn is_its_field(&self) -> bool {
        matches!(self.form, Form::Tuple) && self.fields.len() == 1
    }
}
