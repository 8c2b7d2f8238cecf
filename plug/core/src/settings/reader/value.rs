//! Hands a text to the `Deserialize` of the plugin's type.
//! Each level that an error passes through adds its key to the error's place.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use crate::settings::reader::key::Key;
use crate::settings::reader::number;
use crate::settings::reader::parser::{Level, Parser};
use crate::settings::reader::refused::Refused;
use crate::settings::reader::seen::Seen;
use crate::settings::reader::variant::Variant;
use crate::settings::reader::words::one_of;

/// The value that comes next.
pub(crate) struct Value<'p, 'de> {
    parser: &'p mut Parser<'de>,
    /// Its key, if it is a value of a struct.
    field: Option<Field<'p>>,
}

/// A key in the text of a struct, and all that the struct has.
#[derive(Clone, Copy)]
struct Field<'p> {
    key: &'p str,
    known: &'static [&'static str],
}

impl<'p, 'de> Value<'p, 'de> {
    /// Reads the next value, of whatever it is an element.
    #[inline]
    pub fn read<S: DeserializeSeed<'de>>(parser: &'p mut Parser<'de>, seed: S) -> Result<S::Value, Refused> {
        Self::read_field(parser, None, seed)
    }

    #[inline]
    fn read_field<S: DeserializeSeed<'de>>(
        parser: &'p mut Parser<'de>,
        field: Option<Field<'_>>,
        seed: S,
    ) -> Result<S::Value, Refused> {
        let start = parser.start();
        let value = seed.deserialize(Value { parser: &mut *parser, field })?;
        parser.finish(start)?;
        Ok(value)
    }

    fn list<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let level = self.parser.enter()?;
        let mut list = List { parser: self.parser, level, length: 0 };
        let value = visitor.visit_seq(&mut list)?;
        list.end()?;
        Ok(value)
    }

    fn map<V: Visitor<'de>>(self, fields: Option<&'static [&'static str]>, visitor: V) -> Result<V::Value, Refused> {
        let level = self.parser.enter()?;
        // The output of serde's derive finds duplicate keys of a struct itself.
        let seen = if fields.is_none() { Some(Seen::default()) } else { None };
        let mut map = Map { parser: self.parser, level, fields, seen, key: None };
        match visitor.visit_map(&mut map) {
            Ok(value) => {
                map.end()?;
                Ok(value)
            }
            Err(refused) => Err(refused.in_table(map.key)),
        }
    }
}

macro_rules! numbers {
    ($($deserialize:ident $visit:ident)*) => {
        $(
            fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
                match self.parser.peek() {
                    Some(b'-' | b'0'..=b'9') => number::$visit(self.parser.number()?, visitor),
                    _ => self.deserialize_any(visitor),
                }
            }
        )*
    };
}

impl<'de> Deserializer<'de> for Value<'_, 'de> {
    type Error = Refused;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.parser.peek() {
            Some(b'"') => match self.parser.text()? {
                Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
                Cow::Owned(text) => visitor.visit_string(text),
            },
            Some(b'-' | b'0'..=b'9') => number::visit(self.parser.number()?, visitor),
            Some(b'{') => self.map(None, visitor),
            Some(b'[') => self.list(visitor),
            _ => match self.parser.word()? {
                Some(value) => visitor.visit_bool(value),
                None => visitor.visit_unit(),
            },
        }
    }

    numbers!(deserialize_u8 visit_64 deserialize_u16 visit_64 deserialize_u32 visit_64 deserialize_u64 visit_64);
    numbers!(deserialize_i8 visit_64 deserialize_i16 visit_64 deserialize_i32 visit_64 deserialize_i64 visit_64);
    numbers!(deserialize_u128 visit_u128 deserialize_i128 visit_i128);

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.parser.peek() {
            Some(b'n') => {
                self.parser.word()?;
                visitor.visit_none()
            }
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        match self.parser.peek() {
            Some(b'{') => self.map(Some(fields), visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let unlike = |found| Refused::new(format!("expected {}, found {found}", one_of(variants)));
        match self.parser.peek() {
            Some(b'"') => {
                let name = self.parser.text()?;
                visitor.visit_enum(Variant { name, parser: self.parser, has_value: false })
            }
            Some(b'{') => {
                let mut level = self.parser.enter()?;
                let Some(name) = self.parser.next_key(&mut level)? else { return Err(unlike("an empty table")) };
                let value = visitor.visit_enum(Variant { name, parser: &mut *self.parser, has_value: true })?;
                if self.parser.next(&mut level)? {
                    return Err(unlike("several keys"));
                }
                Ok(value)
            }
            _ => Err(unlike(self.parser.kind()?)),
        }
    }

    /// An empty table is a unit, too: a plugin that is given no settings reads `{}`.
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.parser.peek() {
            Some(b'{') => self.map(Some(&[]), Empty(visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.parser.peek() {
            Some(b'"') => match self.parser.text()? {
                Cow::Borrowed(text) => visitor.visit_borrowed_bytes(text.as_bytes()),
                Cow::Owned(text) => visitor.visit_byte_buf(text.into_bytes()),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_bytes(visitor)
    }

    /// A struct ignores the values of unknown keys, and a field may ignore its value.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.field {
            Some(Field { key, known }) if !known.contains(&key) => Err(Refused::unknown(key, known)),
            _ => {
                self.parser.skip()?;
                visitor.visit_unit()
            }
        }
    }

    forward_to_deserialize_any! {
        bool f32 f64 char str string seq tuple tuple_struct map identifier
    }
}

struct List<'p, 'de> {
    parser: &'p mut Parser<'de>,
    level: Level,
    /// The number of elements that were read.
    length: usize,
}

impl List<'_, '_> {
    /// Fails if there are more elements than were read.
    fn end(mut self) -> Result<(), Refused> {
        let read = self.length;
        while self.parser.next(&mut self.level)? {
            self.parser.skip()?;
            self.length += 1;
        }
        if self.length == read {
            return Ok(());
        }
        Err(Refused::new(format!("expected a list of {read}, found {}", self.length)))
    }
}

impl<'de> SeqAccess<'de> for &mut List<'_, 'de> {
    type Error = Refused;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Refused> {
        if !self.parser.next(&mut self.level)? {
            return Ok(None);
        }
        let at = self.length;
        self.length += 1;
        Value::read(self.parser, seed).map(Some).map_err(|refused| refused.below(at))
    }
}

struct Map<'p, 'de> {
    parser: &'p mut Parser<'de>,
    level: Level,
    /// Those of a struct.
    fields: Option<&'static [&'static str]>,
    seen: Option<Seen<'de>>,
    /// The key that was read last.
    key: Option<Cow<'de, str>>,
}

impl Map<'_, '_> {
    /// Fails if there are more keys than were read.
    fn end(mut self) -> Result<(), Refused> {
        match self.parser.next_key(&mut self.level)? {
            Some(key) => Err(Refused::unknown(&key, &[]).below(key)),
            None => Ok(()),
        }
    }
}

impl<'de> MapAccess<'de> for &mut Map<'_, 'de> {
    type Error = Refused;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Refused> {
        self.key = self.parser.next_key(&mut self.level)?;
        let Some(key) = &self.key else { return Ok(None) };
        if let Some(seen) = &mut self.seen {
            seen.insert(key.clone())?;
        }
        seed.deserialize(Key(key)).map(Some).map_err(|refused| refused.below(key))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Refused> {
        let key = self.key.as_deref().unwrap_or_default();
        let field = self.fields.map(|known| Field { key, known });
        Value::read_field(self.parser, field, seed).map_err(|refused| refused.below(key))
    }
}

/// Visits a unit in place of a table, which must be empty.
struct Empty<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Empty<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<V::Value, A::Error> {
        self.0.visit_unit()
    }
}
