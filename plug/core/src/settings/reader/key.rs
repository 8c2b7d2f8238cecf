//! Reads a key into its type: that of a map, the fields of a struct, or the variants of an enum.

use std::borrow::Cow;

use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, Expected, Visitor};
use serde::forward_to_deserialize_any;

use crate::settings::reader::number;
use crate::settings::reader::parser::number as parse;
use crate::settings::reader::refused::{Refused, quoted};
use crate::settings::reader::words::expected;

/// The text of a key. Numbers and booleans stand in it as in a value.
pub(crate) struct Key<'k, 'de>(pub &'k Cow<'de, str>);

impl Key<'_, '_> {
    #[cold]
    fn refused(&self, expectation: &dyn Expected) -> Refused {
        Refused::new(format!("expected {} as a key, found {}", expected(expectation), quoted(self.0)))
    }
}

macro_rules! numbers {
    ($($deserialize:ident $visit:ident)*) => {
        $(
            fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
                match parse(self.0) {
                    Some(number) => number::$visit(number, visitor),
                    None => Err(self.refused(&visitor)),
                }
            }
        )*
    };
}

impl<'de> Deserializer<'de> for Key<'_, 'de> {
    type Error = Refused;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.0 {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_str(text),
        }
    }

    numbers!(deserialize_u8 visit_64 deserialize_u16 visit_64 deserialize_u32 visit_64 deserialize_u64 visit_64);
    numbers!(deserialize_i8 visit_64 deserialize_i16 visit_64 deserialize_i32 visit_64 deserialize_i64 visit_64);
    numbers!(deserialize_u128 visit_u128 deserialize_i128 visit_i128 deserialize_f32 visit deserialize_f64 visit);

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match &self.0[..] {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(self.refused(&visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        visitor.visit_enum(StrDeserializer::new(self.0))
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.0 {
            Cow::Borrowed(text) => visitor.visit_borrowed_bytes(text.as_bytes()),
            Cow::Owned(text) => visitor.visit_bytes(text.as_bytes()),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_bytes(visitor)
    }

    forward_to_deserialize_any! {
        char str string unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
