//! Which types a message of protobuf has, and so its value in gob.

use crate::portable::arguments::Types;
use crate::portable::method::Signature;
use crate::portable::types::Type;

/// What a message of protobuf holds, and what stands for it in gob.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// Nothing of interest.
    Nothing,
    /// One value, which is field 1 of the message.
    One(&'static Type),
    /// The arguments of a method, of which there are several.
    Several(&'static Signature),
}

impl Shape {
    pub(crate) fn of_arguments(signature: &'static Signature) -> Self {
        match signature.arguments {
            Types(None) => Self::Nothing,
            Types(Some((ty, Types(None)))) => Self::One(ty),
            _ => Self::Several(signature),
        }
    }

    pub(crate) fn of_output(signature: &'static Signature) -> Self {
        Self::of(signature.output)
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
        Some(ty)
    })
}
