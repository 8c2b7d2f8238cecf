//! The types in a protobuf message, and so in its gob value.

use crate::portable::signature::Signature;
use crate::portable::signature::Types;
use crate::portable::types::Type;

/// The types in a protobuf message and in the gob value that stands for it.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// An empty message. In gob, a value of any type.
    Nothing,
    /// One value. It is field 1 of the message.
    One(&'static Type),
    /// One argument, in a field of this number.
    Numbered(&'static Type, u32),
    /// The arguments of a method that has several.
    /// In gob they are a struct, and a map from names to them is read too.
    Several(&'static Signature),
    /// The arguments of a method that wants them in a map. In gob, a struct is read too.
    Mapped(&'static Signature),
}

impl Shape {
    pub(crate) fn of_arguments(signature: &'static Signature) -> Self {
        match signature.arguments {
            Types(None) => Self::Nothing,
            _ if signature.is_map => Self::Mapped(signature),
            Types(Some((ty, Types(None)))) => match signature.tag(0) {
                1 => Self::One(ty.get()),
                tag => Self::Numbered(ty.get(), tag),
            },
            _ => Self::Several(signature),
        }
    }

    pub(crate) fn of_output(signature: &'static Signature) -> Self {
        Self::of(signature.output.get())
    }

    pub(crate) fn of(ty: &'static Type) -> Self {
        if matches!(ty, Type::Unit) { Self::Nothing } else { Self::One(ty) }
    }
}
