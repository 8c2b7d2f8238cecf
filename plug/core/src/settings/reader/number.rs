//! Hands a number to serde, from a value or from the text of a key.

use serde::de::{Expected, Visitor};

use crate::escape;
use crate::settings::reader::parser::Number;
use crate::settings::reader::refused::Refused;
use crate::settings::reader::words::expected;

/// For a type of any kind. A large integer becomes a float.
pub(crate) fn visit<'de, V: Visitor<'de>>(number: Number<'_>, visitor: V) -> Result<V::Value, Refused> {
    match number {
        Number::Unsigned(value) => visitor.visit_u64(value),
        Number::Signed(value) => visitor.visit_i64(value),
        Number::Float(value) | Number::Large(value, _) => visitor.visit_f64(value),
    }
}

/// For an integer of up to 64 bits. A large integer is too large, and not a float.
pub(crate) fn visit_64<'de, V: Visitor<'de>>(number: Number<'_>, visitor: V) -> Result<V::Value, Refused> {
    match number {
        Number::Large(_, digits) => Err(too_large(digits, &visitor)),
        other => visit(other, visitor),
    }
}

pub(crate) fn visit_u128<'de, V: Visitor<'de>>(number: Number<'_>, visitor: V) -> Result<V::Value, Refused> {
    match number {
        Number::Large(_, digits) => match digits.parse() {
            Ok(value) => visitor.visit_u128(value),
            Err(_) => Err(too_large(digits, &visitor)),
        },
        other => visit(other, visitor),
    }
}

pub(crate) fn visit_i128<'de, V: Visitor<'de>>(number: Number<'_>, visitor: V) -> Result<V::Value, Refused> {
    match number {
        Number::Large(_, digits) => match digits.parse() {
            Ok(value) => visitor.visit_i128(value),
            Err(_) => Err(too_large(digits, &visitor)),
        },
        other => visit(other, visitor),
    }
}

#[cold]
fn too_large(digits: &str, expectation: &dyn Expected) -> Refused {
    Refused::new(format!("expected {}, found {}", expected(expectation), escape::short(digits)))
}
