//! Reads a variant of an enum: its name, or a table with its name as the key.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, VariantAccess, Visitor};

use crate::settings::reader::key::Key;
use crate::settings::reader::parser::Parser;
use crate::settings::reader::refused::{Refused, quoted};
use crate::settings::reader::value::Value;

pub(crate) struct Variant<'p, 'de> {
    pub name: Cow<'de, str>,
    pub parser: &'p mut Parser<'de>,
    /// Whether the name is a key, whose value comes next.
    pub has_value: bool,
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Refused;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Refused> {
        match seed.deserialize(Key(&self.name)) {
            Ok(variant) => Ok((variant, self)),
            Err(refused) if self.has_value => Err(refused.below(self.name)),
            Err(refused) => Err(refused),
        }
    }
}

impl<'de> Variant<'_, 'de> {
    fn read<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Refused> {
        if !self.has_value {
            return Err(Refused::new(format!("{} needs a value", quoted(&self.name))));
        }
        Value::read(self.parser, seed).map_err(|refused| refused.below(self.name))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Refused;

    fn unit_variant(self) -> Result<(), Refused> {
        if !self.has_value {
            return Ok(());
        }
        if self.parser.peek() == Some(b'n') {
            return self.parser.skip();
        }
        Err(Refused::new(format!("{} takes no value", quoted(&self.name))).below(self.name))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Refused> {
        self.read(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Refused> {
        self.read(Tuple(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Refused> {
        self.read(Struct(fields, visitor))
    }
}

/// Reads a list.
struct Tuple<V>(V);

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Tuple<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        deserializer.deserialize_seq(self.0)
    }
}

/// Reads a table with these keys.
struct Struct<V>(&'static [&'static str], V);

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Struct<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        deserializer.deserialize_struct("", self.0, self.1)
    }
}
