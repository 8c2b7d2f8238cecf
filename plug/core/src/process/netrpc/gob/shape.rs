//! The types in a protobuf message, and so in its gob value.

use crate::portable::arguments::Types;
use crate::portable::method::Signature;
use crate::portable::types::Type;

/// The types in a protobuf message and in the gob value that stands for it.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// An empty message. In gob, a value of any type.
    Nothing,
    /// One value. It is field 1 of the message.
    One(&'static Type),
    /// The arguments of a method that has several.
    Several(&'static Signature),
}

impl Shape {
    pub(crate) fn of_arguments(signature: &'static Signature) -> Self {
        match signature.arguments {
            Types(None) => Self::Nothing,
            Types(Some((ty, Types(None)))) => Self::One(ty.get()),
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

/// The types of several arguments, in their order.
pub(crate) fn types(mut list: &'static Types) -> impl Iterator<Item = &'static Type> {
    std::iter::from_fn(move || {
        let (ty, rest) = list.0?;
        list = rest;
        Some(ty.get())
    })
}
