//! Decodes values from bytes that may be hostile.
//! A length never allocates more than the bytes that follow, and messages nest to a limit.

use prost::DecodeError;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use crate::portable::check::{MAX_DEPTH, TOO_DEEP};
use crate::portable::codec::{Malformed, Moment, Source, TakeFields};
use crate::portable::types::{Field, Type, TypeRef, Variant};
use crate::portable::{Key, Portable};

/// The wire type of a number in a packed list. `None` for types that are no numbers.
pub(crate) const fn packed(ty: &Type) -> Option<WireType> {
    match ty {
        Type::Bool | Type::I8 | Type::I16 | Type::I32 | Type::I64 => Some(WireType::Varint),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::Object { .. } | Type::Stream(_) => Some(WireType::Varint),
        Type::F32 => Some(WireType::ThirtyTwoBit),
        Type::F64 => Some(WireType::SixtyFourBit),
        Type::Char => Some(WireType::Varint),
        Type::Enum { .. } if ty.is_plain() => Some(WireType::Varint),
        Type::Box(of) => packed(of.get()),
        _ => None,
    }
}

/// Decodes the next value.
pub(super) struct Value<'r, 'b> {
    rest: &'r mut &'b [u8],
    wire: WireType,
    place: ReadPosition,
    /// How many more messages may be within this place.
    depth: u32,
}

/// The names of the fields of protobuf's `Duration` and `Timestamp`.
const MOMENT: &[&str] = &["seconds", "nanos"];

/// The place of a value, as in the writer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReadPosition {
    /// With the number of the field.
    Field(u32),
    Element,
}

impl<'b> Value<'_, 'b> {
    fn expect(&self, wire: WireType) -> Result<(), Malformed> {
        if self.wire == wire {
            return Ok(());
        }
        Err(Malformed::new(format!("its wire type is {}, and not {}", name(self.wire), name(wire))))
    }

    #[inline]
    fn varint(self) -> Result<u64, Malformed> {
        self.expect(WireType::Varint)?;
        varint(self.rest)
    }

    /// A number of at most 32 bits. Higher bits are ignored.
    fn small<T: TryFrom<i64>>(self, whole: impl FnOnce(u64) -> i64) -> Result<T, Malformed> {
        let number = whole(self.varint()?);
        let ty = std::any::type_name::<T>();
        T::try_from(number).map_err(|_| Malformed::new(format!("{number} does not fit into {ty}")))
    }

    #[inline]
    fn fixed<const N: usize>(self, wire: WireType) -> Result<[u8; N], Malformed> {
        self.expect(wire)?;
        let Some((bytes, rest)) = self.rest.split_first_chunk() else {
            let message = format!("{N} bytes belong there, and {} are left", self.rest.len());
            return Err(Malformed::new(message));
        };
        *self.rest = rest;
        Ok(*bytes)
    }

    #[inline]
    fn delimited(self) -> Result<&'b [u8], Malformed> {
        self.expect(WireType::LengthDelimited)?;
        let len = varint(self.rest)?;
        let split = usize::try_from(len).ok().and_then(|len| self.rest.split_at_checked(len));
        let Some((bytes, rest)) = split else {
            let message = format!("{len} bytes are announced, and {} are left", self.rest.len());
            return Err(Malformed::new(message));
        };
        *self.rest = rest;
        Ok(bytes)
    }

    /// Visits the parts of a value that may consist of several: this part, or all parts of a
    /// wrapper message.
    fn parts(self, mut take: impl FnMut(Value<'_, 'b>) -> Result<(), Malformed>) -> Result<(), Malformed> {
        if let ReadPosition::Field(number) = self.place {
            let Self { rest, mut wire, place, depth } = self;
            loop {
                take(Value { rest: &mut *rest, wire, place, depth })?;
                // The other parts usually come next. An array must have all of its values here.
                let mut ahead = *rest;
                match key(&mut ahead) {
                    Ok(Some((tag, next))) if tag == number => (wire, *rest) = (next, ahead),
                    _ => return Ok(()),
                }
            }
        }
        let depth = self.deeper()?;
        let mut rest = self.delimited()?;
        while let Some((tag, wire)) = key(&mut rest)? {
            match tag {
                1 => take(Value { rest: &mut rest, wire, place: ReadPosition::Field(1), depth })?,
                _ => skip(&mut rest, tag, wire)?,
            }
        }
        Ok(())
    }

    /// The depth within a message here.
    #[inline]
    fn deeper(&self) -> Result<u32, Malformed> {
        self.depth.checked_sub(1).ok_or_else(too_deep)
    }

    /// The value as a part of an option, a list or a map.
    fn element(self) -> Self {
        Self { place: ReadPosition::Element, ..self }
    }
}

#[cold]
fn too_deep() -> Malformed {
    Malformed::new(TOO_DEEP)
}

fn name(wire: WireType) -> &'static str {
    match wire {
        WireType::Varint => "varint",
        WireType::SixtyFourBit => "fixed64",
        WireType::LengthDelimited => "length-delimited",
        WireType::StartGroup | WireType::EndGroup => "group",
        WireType::ThirtyTwoBit => "fixed32",
    }
}

#[inline]
pub(super) fn varint(rest: &mut &[u8]) -> Result<u64, Malformed> {
    // `decode_varint` consumes nothing if it fails.
    decode_varint(rest).map_err(|_| bad_varint(rest))
}

#[cold]
fn bad_varint(rest: &[u8]) -> Malformed {
    Malformed::new(if rest.len() < 10 { "a varint ends early" } else { "a varint has more than 64 bits" })
}

#[inline]
pub(super) fn key(rest: &mut &[u8]) -> Result<Option<(u32, WireType)>, Malformed> {
    if rest.is_empty() {
        return Ok(None);
    }
    let before = *rest;
    decode_key(rest).map(Some).map_err(|error| match decode_varint(&mut &*before) {
        Ok(_) => Malformed::new(error_text(&error)),
        Err(_) => bad_varint(before),
    })
}

fn skip(rest: &mut &[u8], tag: u32, wire: WireType) -> Result<(), Malformed> {
    let skipped = skip_field(wire, tag, rest, DecodeContext::default());
    skipped.map_err(|error| Malformed::new(format!("{}, in field {tag}, which is unknown", error_text(&error))))
}

/// The error without the prefix that all errors share.
#[cold]
fn error_text(error: &DecodeError) -> String {
    let text = error.to_string();
    text.strip_prefix("failed to decode Protobuf message: ").unwrap_or(&text).to_owned()
}

fn push<T: Portable>(list: &mut Vec<T>, value: Value<'_, '_>) -> Result<(), Malformed> {
    let mut slot = None;
    T::merge(&mut slot, value).map_err(|error| error.at(list.len()))?;
    list.push(match slot {
        Some(value) => value,
        None => T::missing().map_err(|error| error.at(list.len()))?,
    });
    Ok(())
}

fn entry<K: Key, V: Portable>(mut rest: &[u8], depth: u32) -> Result<(K, V), Malformed> {
    let (mut key_slot, mut slot) = (None, None);
    while let Some((tag, wire)) = key(&mut rest)? {
        let value = Value { rest: &mut rest, wire, place: ReadPosition::Element, depth };
        match tag {
            1 => K::merge(&mut key_slot, value)?,
            2 => V::merge(&mut slot, value).map_err(|error| of(error, &key_slot))?,
            _ => skip(&mut rest, tag, wire)?,
        }
    }
    let key = key_slot.map_or_else(K::missing, Ok)?;
    let value = match slot {
        Some(value) => value,
        None => V::missing().map_err(|error| error.of(&key))?,
    };
    Ok((key, value))
}

/// Adds the key to the error. Other encoders may write the key after the value.
#[cold]
fn of<K: Key>(error: Malformed, key: &Option<K>) -> Malformed {
    match key {
        Some(key) => error.of(key),
        None => error,
    }
}

impl<'b> Source for Value<'_, 'b> {
    type Fields = MessageFields<'b>;

    #[inline]
    fn bool(self) -> Result<bool, Malformed> {
        Ok(self.varint()? != 0)
    }

    fn i8(self) -> Result<i8, Malformed> {
        self.small(|number| i64::from(number as i32))
    }

    fn i16(self) -> Result<i16, Malformed> {
        self.small(|number| i64::from(number as i32))
    }

    #[inline]
    fn i32(self) -> Result<i32, Malformed> {
        Ok(self.varint()? as i32)
    }

    #[inline]
    fn i64(self) -> Result<i64, Malformed> {
        Ok(self.varint()? as i64)
    }

    fn u8(self) -> Result<u8, Malformed> {
        self.small(|number| i64::from(number as u32))
    }

    fn u16(self) -> Result<u16, Malformed> {
        self.small(|number| i64::from(number as u32))
    }

    #[inline]
    fn u32(self) -> Result<u32, Malformed> {
        Ok(self.varint()? as u32)
    }

    #[inline]
    fn u64(self) -> Result<u64, Malformed> {
        self.varint()
    }

    #[inline]
    fn f32(self) -> Result<f32, Malformed> {
        self.fixed(WireType::ThirtyTwoBit).map(f32::from_le_bytes)
    }

    #[inline]
    fn f64(self) -> Result<f64, Malformed> {
        self.fixed(WireType::SixtyFourBit).map(f64::from_le_bytes)
    }

    fn unit(self) -> Result<(), Malformed> {
        let depth = self.deeper()?;
        let mut fields = MessageFields { depth, ..MessageFields::named(&[], self.delimited()?) };
        fields.next().map(|_| ())
    }

    fn string(self) -> Result<String, Malformed> {
        let text = std::str::from_utf8(self.delimited()?);
        text.map(str::to_owned).map_err(|error| Malformed::new(format!("it is not UTF-8: {error}")))
    }

    fn bytes(self) -> Result<Vec<u8>, Malformed> {
        self.delimited().map(<[u8]>::to_vec)
    }

    fn option<T: Portable>(self, slot: &mut Option<T>) -> Result<(), Malformed> {
        self.parts(|value| {
            T::merge(slot, value.element())?;
            if slot.is_none() {
                *slot = Some(T::missing()?);
            }
            Ok(())
        })
    }

    fn list<T: Portable>(self, list: &mut Vec<T>) -> Result<(), Malformed> {
        self.parts(|value| match const { packed(T::TYPE.get()) } {
            Some(wire) if value.wire == WireType::LengthDelimited => {
                let depth = value.depth;
                let mut rest = value.delimited()?;
                while !rest.is_empty() {
                    push(list, Value { rest: &mut rest, wire, place: ReadPosition::Element, depth })?;
                }
                Ok(())
            }
            _ => push(list, value.element()),
        })
    }

    fn map<K: Key, V: Portable>(self, mut insert: impl FnMut(K, V)) -> Result<(), Malformed> {
        self.parts(|value| {
            let depth = value.deeper()?;
            let (key, value) = entry(value.delimited()?, depth)?;
            insert(key, value);
            Ok(())
        })
    }

    fn char(self) -> Result<char, Malformed> {
        let number = self.varint()? as u32;
        char::from_u32(number).ok_or_else(|| Malformed::new(format!("{number} is no character of Unicode")))
    }

    fn moment(self, moment: &mut Moment) -> Result<(), Malformed> {
        let depth = self.deeper()?;
        let mut fields = MessageFields { depth, ..MessageFields::named(MOMENT, self.delimited()?) };
        let (mut seconds, mut nanos) = (Some(moment.seconds), Some(moment.nanos));
        while let Some(index) = fields.next()? {
            match index {
                0 => fields.value(&mut seconds)?,
                _ => fields.value(&mut nanos)?,
            }
        }
        moment.seconds = seconds.unwrap_or_default();
        moment.nanos = nanos.unwrap_or_default();
        Ok(())
    }

    fn structure(
        self,
        ty: TypeRef,
        take: impl FnOnce(&mut MessageFields<'b>) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        let (known, depth) = (FieldSet::Of(ty.get().fields()), self.deeper()?);
        take(&mut MessageFields { known, depth, ..MessageFields::named(&[], self.delimited()?) })
    }

    fn choice(self, ty: TypeRef) -> Result<usize, Malformed> {
        let Type::Enum { name, variants, .. } = ty.get() else { unreachable!("it is an enum's") };
        // Signed and of 32 bits, as in protobuf.
        let number = self.varint()? as i32;
        let index = variants.iter().position(|variant| i64::from(variant.tag) == i64::from(number));
        index.ok_or_else(|| match number {
            0 => Malformed::lacks(name),
            number => unknown(name, number.into()),
        })
    }

    fn variant(
        self,
        ty: TypeRef,
        mut take: impl FnMut(usize, &mut MessageFields<'b>) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        let Type::Enum { name, variants, .. } = ty.get() else { unreachable!("it is an enum's") };
        let depth = self.deeper()?;
        let (mut rest, mut is_there, mut other) = (self.delimited()?, false, None);
        while let Some((tag, wire)) = key(&mut rest)? {
            let Some(index) = variants.iter().position(|variant| variant.tag == tag) else {
                other = Some(tag);
                skip(&mut rest, tag, wire)?;
                continue;
            };
            let variant: &Variant = &variants[index];
            is_there = true;
            if variant.is_its_field() {
                let known = FieldSet::Alone(Some(wire));
                let mut fields = MessageFields { known, depth, ..MessageFields::named(&[], rest) };
                take(index, &mut fields).map_err(|error| error.within(variant.name))?;
                rest = fields.rest;
            } else {
                let value = Value { rest: &mut rest, wire, place: ReadPosition::Element, depth };
                let taken = || {
                    let (known, depth) = (FieldSet::Of(variant.fields), value.deeper()?);
                    let fields = MessageFields::named(&[], value.delimited()?);
                    take(index, &mut MessageFields { known, depth, ..fields })
                };
                taken().map_err(|error| error.within(variant.name))?;
            }
        }
        match other {
            Some(tag) if !is_there => Err(unknown(name, tag.into())),
            _ => Ok(()),
        }
    }
}

#[cold]
fn unknown(ty: &str, number: i64) -> Malformed {
    Malformed::new(format!("variant {number} of `{ty}` is unknown"))
}

/// Decodes the fields of a message.
pub(super) struct MessageFields<'b> {
    rest: &'b [u8],
    known: FieldSet,
    /// The field whose value comes next.
    current: (usize, WireType),
    /// How many more messages may be within this one.
    depth: u32,
}

enum FieldSet {
    /// Numbered from 1, in order.
    Named(&'static [&'static str]),
    /// The arguments of a method, with these numbers.
    Numbered(&'static [&'static str], &'static [u32]),
    Of(&'static [Field]),
    /// The only field of a variant, until it has been decoded.
    Alone(Option<WireType>),
}

impl<'b> MessageFields<'b> {
    pub(super) fn named(names: &'static [&'static str], rest: &'b [u8]) -> Self {
        Self { rest, known: FieldSet::Named(names), current: (0, WireType::Varint), depth: MAX_DEPTH }
    }

    /// The arguments of a method. Without numbers, these are 1, 2, … in order.
    #[inline]
    pub(super) fn of_arguments(names: &'static [&'static str], tags: &'static [u32], rest: &'b [u8]) -> Self {
        let known = if tags.is_empty() { FieldSet::Named(names) } else { FieldSet::Numbered(names, tags) };
        Self { known, ..Self::named(names, rest) }
    }

    #[inline]
    fn place(&self, tag: u32) -> Option<usize> {
        match self.known {
            FieldSet::Numbered(_, tags) => tags.iter().position(|known| *known == tag),
            FieldSet::Named(names) => Some(tag as usize - 1).filter(|index| *index < names.len()),
            FieldSet::Of(fields) => {
                // Fields usually come in order.
                let next = self.current.0 + 1;
                match fields.get(next) {
                    Some(field) if field.tag == tag => Some(next),
                    _ => fields.iter().position(|field| field.tag == tag),
                }
            }
            FieldSet::Alone(_) => None,
        }
    }
}

impl TakeFields for MessageFields<'_> {
    fn next(&mut self) -> Result<Option<usize>, Malformed> {
        if let FieldSet::Alone(wire) = &mut self.known {
            return Ok(wire.take().map(|wire| {
                self.current = (0, wire);
                0
            }));
        }
        while let Some((tag, wire)) = key(&mut self.rest)? {
            if let Some(index) = self.place(tag) {
                self.current = (index, wire);
                return Ok(Some(index));
            }
            skip(&mut self.rest, tag, wire)?;
        }
        Ok(None)
    }

    fn value<T: Portable>(&mut self, slot: &mut Option<T>) -> Result<(), Malformed> {
        let (index, wire) = self.current;
        let (place, name) = match self.known {
            FieldSet::Named(names) => (ReadPosition::Field(index as u32 + 1), Some(names[index])),
            FieldSet::Numbered(names, tags) => (ReadPosition::Field(tags[index]), Some(names[index])),
            FieldSet::Of(fields) => (ReadPosition::Field(fields[index].tag), Some(fields[index].name)),
            FieldSet::Alone(_) => (ReadPosition::Element, None),
        };
        let taken = T::merge(slot, Value { rest: &mut self.rest, wire, place, depth: self.depth });
        taken.map_err(|error| match name {
            Some(name) => error.within(name),
            None => error,
        })
    }
}
