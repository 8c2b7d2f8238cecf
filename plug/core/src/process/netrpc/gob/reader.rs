//! Turns a gob value into a message. The bytes are not trusted.
//!
//! `gobwire` checks that the bytes are a value of the type that they describe.
//! The message is at most a few times as long as the bytes.

use gobwire::{Decode, GoTime, GobType, TypeTable, UNIX_TO_INTERNAL, ValueDecoder, WireType as Remote, ids};
use prost::encoding::{WireType, encode_key, encode_varint};

use crate::portable::check::{MAX_DEPTH, TOO_DEEP};
use crate::portable::codec::Malformed;
use crate::portable::times::TIMES;
use crate::portable::types::{Field, Form, Type};
use crate::process::netrpc::gob::map;
use crate::process::netrpc::gob::names::{FieldNames, WRAPPER, type_name};
use crate::process::netrpc::gob::shape::Shape;
use crate::protobuf::reader::packed;
use crate::protobuf::writer::{begin, end};

/// A value from the peer, which becomes a message.
pub(crate) struct Inbound {
    shape: Shape,
    message: Result<Vec<u8>, Malformed>,
}

impl Inbound {
    pub(crate) fn of(shape: Shape) -> Self {
        Self { shape, message: Ok(Vec::new()) }
    }

    /// The message of the decoded value.
    ///
    /// # Errors
    ///
    /// If the value does not have the shape.
    pub(crate) fn message(self) -> Result<Vec<u8>, Malformed> {
        self.message
    }
}

impl GobType for Inbound {
    fn describe(_: &mut gobwire::Describer<'_>) -> gobwire::Result<i64> {
        Err(gobwire::Error::Encode("it is only read".to_owned()))
    }

    /// `Decode` checks the type, because its error names the expected type.
    fn compatible(_: &TypeTable, _: i64) -> bool {
        true
    }
}

impl Decode for Inbound {
    fn decode_into(&mut self, decoder: &mut ValueDecoder<'_>, remote: i64) -> gobwire::Result<()> {
        let mut out = Output { bytes: Vec::new(), depth: MAX_DEPTH };
        let written = match self.shape {
            Shape::Nothing => return decoder.skip(remote),
            Shape::One(ty) => value(decoder, remote, ty, Position::Root(1), &mut out),
            Shape::Numbered(ty, tag) => value(decoder, remote, ty, Position::Root(tag), &mut out),
            Shape::Several(signature) | Shape::Mapped(signature) if is_map(decoder, remote) => {
                map::read(decoder, remote, signature, &mut out)
            }
            Shape::Several(signature) | Shape::Mapped(signature) => {
                let arguments: Vec<_> = signature.tagged().collect();
                let (names, mut present) = (signature.argument_names, Present::default());
                let written = structure(
                    decoder,
                    remote,
                    FieldNames::of_arguments(signature),
                    "several arguments",
                    |decoder, remote, at| {
                        let (tag, ty) = arguments[at];
                        present.note(at, ty);
                        value(decoder, remote, ty, Position::Field(tag), &mut out)
                            .map_err(|error| error.within(names[at]))
                    },
                );
                written.and_then(|()| present.complete(arguments.iter().copied(), &mut out))
            }
        };
        let is_written = written.is_ok();
        self.message = written.map(|()| out.bytes);
        // `message` returns the error itself.
        if is_written { Ok(()) } else { Err(gobwire::Error::Corrupt(String::new())) }
    }
}

fn is_map(decoder: &ValueDecoder<'_>, remote: i64) -> bool {
    matches!(decoder.types().get(remote).map(|remote| &**remote), Some(Remote::Map { .. }))
}

/// The message so far.
pub(super) struct Output {
    bytes: Vec<u8>,
    /// How many more messages may be within this place.
    depth: u32,
}

impl Output {
    /// Begins a message within the message.
    fn begin(&mut self, tag: u32) -> Result<usize, Malformed> {
        self.depth = self.depth.checked_sub(1).ok_or_else(|| Malformed::new(TOO_DEEP))?;
        Ok(begin(&mut self.bytes, tag))
    }

    fn end(&mut self, start: usize) {
        self.depth += 1;
        end(&mut self.bytes, start);
    }
}

/// The times that a struct has.
///
/// Go leaves out its zero time, the first second of the year 1.
/// In protobuf, a time that is left out is the first second of 1970.
#[derive(Default)]
struct Present(Vec<usize>);

impl Present {
    fn note(&mut self, at: usize, ty: &'static Type) {
        if matches!(ty.unboxed(), Type::Time) {
            self.0.push(at);
        }
    }

    fn complete(&self, fields: impl Iterator<Item = (u32, &'static Type)>, out: &mut Output) -> Result<(), Malformed> {
        for (at, (tag, ty)) in fields.enumerate() {
            if matches!(ty.unboxed(), Type::Time) && !self.0.contains(&at) {
                moment(*TIMES.start(), 0, tag, out)?;
            }
        }
        Ok(())
    }
}

/// Writes a `Duration` or a `Timestamp` of protobuf.
fn moment(seconds: i64, nanos: i32, tag: u32, out: &mut Output) -> Result<(), Malformed> {
    let start = out.begin(tag)?;
    for (tag, number) in [(1, seconds), (2, nanos.into())] {
        encode_key(tag, WireType::Varint, &mut out.bytes);
        encode_varint(number as u64, &mut out.bytes);
    }
    out.end(start);
    Ok(())
}

/// The position of a value in the message, with the number of its field.
#[derive(Clone, Copy)]
pub(super) enum Position {
    /// A field of a struct. An option has no wrapper here.
    Field(u32),
    /// The only value of a message.
    Root(u32),
    /// Inside an option, a list, a map or a variant: one piece of protobuf.
    Element(u32),
    /// In a packed list, without a number.
    Packed,
}

impl Position {
    fn tag(self) -> u32 {
        match self {
            Self::Field(tag) | Self::Root(tag) | Self::Element(tag) => tag,
            Self::Packed => 1,
        }
    }

    fn key(self, wire: WireType, out: &mut Output) {
        if !matches!(self, Self::Packed) {
            encode_key(self.tag(), wire, &mut out.bytes);
        }
    }

    /// Writes a value that may be several pieces. An element gets a message around them.
    fn wrap(
        self,
        out: &mut Output,
        write: impl FnOnce(u32, &mut Output) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        match self {
            Self::Element(tag) => {
                let start = out.begin(tag)?;
                write(1, out)?;
                out.end(start);
                Ok(())
            }
            other => write(other.tag(), out),
        }
    }
}

pub(super) fn malformed(error: gobwire::Error) -> Malformed {
    let text = error.to_string();
    Malformed::new(text.strip_prefix("gob: ").unwrap_or(&text).to_owned())
}

#[cold]
fn mismatch(decoder: &ValueDecoder<'_>, remote: i64, expected: &str) -> Malformed {
    Malformed::new(format!("a `{}` of gob has come, and not {expected}", type_name(decoder.types(), remote)))
}

pub(super) fn value(
    decoder: &mut ValueDecoder<'_>,
    remote: i64,
    ty: &'static Type,
    position: Position,
    out: &mut Output,
) -> Result<(), Malformed> {
    let ty = ty.unboxed();
    match ty {
        Type::Unit => {
            decoder.skip(remote).map_err(malformed)?;
            let start = out.begin(position.tag())?;
            out.end(start);
        }
        Type::Bool => {
            if remote != ids::BOOL {
                return Err(mismatch(decoder, remote, "a `bool`"));
            }
            let number = decoder.read_uint().map_err(malformed)?;
            position.key(WireType::Varint, out);
            encode_varint(u64::from(number != 0), &mut out.bytes);
        }
        Type::I8 => integer::<i8>(decoder, remote, position, out, |number| i64::from(number) as u64)?,
        Type::I16 => integer::<i16>(decoder, remote, position, out, |number| i64::from(number) as u64)?,
        Type::I32 => integer::<i32>(decoder, remote, position, out, |number| i64::from(number) as u64)?,
        Type::I64 => integer::<i64>(decoder, remote, position, out, |number| number as u64)?,
        Type::U8 => integer::<u8>(decoder, remote, position, out, u64::from)?,
        Type::U16 => integer::<u16>(decoder, remote, position, out, u64::from)?,
        Type::U32 | Type::Object { .. } | Type::Stream(_) => integer::<u32>(decoder, remote, position, out, u64::from)?,
        Type::U64 => integer::<u64>(decoder, remote, position, out, |number| number)?,
        Type::F32 => {
            let number = float(decoder, remote)?;
            let narrow = narrow(number);
            if narrow.is_infinite() && number.is_finite() {
                return Err(Malformed::new(format!("{number:e} does not fit into f32")));
            }
            position.key(WireType::ThirtyTwoBit, out);
            out.bytes.extend_from_slice(&narrow.to_le_bytes());
        }
        Type::F64 => {
            let number = float(decoder, remote)?;
            position.key(WireType::SixtyFourBit, out);
            out.bytes.extend_from_slice(&number.to_le_bytes());
        }
        Type::Char => {
            let number = number::<i64>(decoder, remote)?;
            let char = u32::try_from(number).ok().and_then(char::from_u32);
            let char = char.ok_or_else(|| Malformed::new(format!("{number} is no character of Unicode")))?;
            position.key(WireType::Varint, out);
            encode_varint(u32::from(char).into(), &mut out.bytes);
        }
        Type::Duration => {
            let nanoseconds = number::<i64>(decoder, remote)?;
            let (seconds, nanos) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
            moment(seconds, nanos as i32, position.tag(), out)?;
        }
        Type::Time => {
            if !GoTime::compatible(decoder.types(), remote) {
                return Err(mismatch(decoder, remote, "a `time.Time`"));
            }
            let time = GoTime::unmarshal_binary(decoder.read_bytes().map_err(malformed)?).map_err(malformed)?;
            let seconds = time.sec.checked_sub(UNIX_TO_INTERNAL).unwrap_or(i64::MIN);
            moment(seconds, time.nsec, position.tag(), out)?;
        }
        Type::String | Type::Path => {
            if remote != ids::STRING {
                return Err(mismatch(decoder, remote, "a `string`"));
            }
            delimited(decoder.read_bytes().map_err(malformed)?, position, out);
        }
        ty if remote == ids::BYTES && (matches!(ty, Type::Bytes) || ty.is_bytes()) => {
            delimited(decoder.read_bytes().map_err(malformed)?, position, out)
        }
        ty if matches!(ty, Type::Bytes) || ty.is_bytes() => {
            // Go sends an array of bytes as an array of numbers.
            let mut bytes = Vec::new();
            elements(decoder, remote, "a `[]byte`", |decoder, of| {
                bytes.push(number::<u8>(decoder, of)?);
                Ok(())
            })?;
            delimited(&bytes, position, out);
        }
        Type::Option(of) => match position {
            Position::Field(tag) => value(decoder, remote, of.get(), Position::Element(tag), out)?,
            position => position.wrap(out, |tag, out| {
                structure(decoder, remote, WRAPPER, "a struct with a field `Value`", |decoder, remote, _| {
                    value(decoder, remote, of.get(), Position::Element(tag), out)
                })
            })?,
        },
        Type::List(of) | Type::Set(of) | Type::Array(of, _) => {
            position.wrap(out, |tag, out| list(decoder, remote, of.get(), tag, out))?;
        }
        Type::Map(of, to) => position.wrap(out, |tag, out| {
            let Some(Remote::Map { key, elem, .. }) = decoder.types().get(remote).map(|remote| (**remote).clone())
            else {
                return Err(mismatch(decoder, remote, "a map"));
            };
            let count = decoder.read_uint().map_err(malformed)?;
            for _ in 0..count {
                decoder.expect_element(count).map_err(malformed)?;
                let start = out.begin(tag)?;
                value(decoder, key, of.get(), Position::Element(1), out)?;
                value(decoder, elem, to.get(), Position::Element(2), out)?;
                out.end(start);
            }
            Ok(())
        })?,
        Type::Tuple(fields) => {
            let start = out.begin(position.tag())?;
            fields_of(decoder, remote, fields, "a tuple", out)?;
            out.end(start);
        }
        Type::Struct { name, fields, .. } => {
            let start = out.begin(position.tag())?;
            fields_of(decoder, remote, fields, name, out)?;
            out.end(start);
        }
        Type::Enum { name, variants, .. } if ty.is_plain() => {
            let number: i64 = number(decoder, remote)?;
            if !variants.iter().any(|variant| i64::from(variant.tag) == number) {
                return Err(match number {
                    0 => Malformed::lacks(name),
                    number => Malformed::new(format!("variant {number} of `{name}` is unknown")),
                });
            }
            position.key(WireType::Varint, out);
            encode_varint(number as u64, &mut out.bytes);
        }
        Type::Enum { name, variants, .. } => {
            let start = out.begin(position.tag())?;
            let names = FieldNames::of_variants(variants);
            structure(decoder, remote, names, name, |decoder, remote, at| {
                let variant = &variants[at];
                let written = match (variant.fields, &variant.form) {
                    ([of], _) if variant.is_its_field() => {
                        value(decoder, remote, of.ty.get(), Position::Element(variant.tag), out)
                    }
                    (_, Form::Unit) | ([], _) => {
                        value(decoder, remote, &Type::Unit, Position::Element(variant.tag), out)
                    }
                    (fields, _) => {
                        let start = out.begin(variant.tag)?;
                        let written = fields_of(decoder, remote, fields, name, out);
                        out.end(start);
                        written
                    }
                };
                written.map_err(|error| error.within(variant.name))
            })?;
            out.end(start);
        }
        // Nothing is around an unboxed type, and the guards above have taken all bytes.
        Type::Box(_) | Type::Bytes => {}
    }
    Ok(())
}

fn fields_of(
    decoder: &mut ValueDecoder<'_>,
    remote: i64,
    fields: &'static [Field],
    name: &str,
    out: &mut Output,
) -> Result<(), Malformed> {
    let mut present = Present::default();
    structure(decoder, remote, FieldNames::of_fields(fields), name, |decoder, remote, at| {
        let field = &fields[at];
        present.note(at, field.ty.get());
        value(decoder, remote, field.ty.get(), Position::Field(field.tag), out)
            .map_err(|error| error.within(field.name))
    })?;
    present.complete(fields.iter().map(|field| (field.tag, field.ty.get())), out)
}

/// Passes each known field of a gob struct to `take`, by its index. Unknown fields are skipped.
fn structure(
    decoder: &mut ValueDecoder<'_>,
    remote: i64,
    names: FieldNames,
    expected: &str,
    mut take: impl FnMut(&mut ValueDecoder<'_>, i64, usize) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    if !decoder.types().is_struct(remote) {
        return Err(mismatch(decoder, remote, &format!("a struct, for {expected}")));
    }
    let plan = decoder.struct_plan(names.key, remote, names.names, |_, _, _| true);
    let plan = plan.map_err(|_| {
        let known = names.names.join("`, `");
        Malformed::new(format!("a struct has come that has none of the fields `{known}`, for {expected}"))
    })?;
    let mut fields = decoder.structure(plan).map_err(malformed)?;
    while let Some(field) = fields.next_field().map_err(malformed)? {
        match field.local {
            Some(at) => take(fields.decoder(), field.wire, at)?,
            None => fields.decoder().skip(field.wire).map_err(malformed)?,
        }
    }
    Ok(())
}

fn list(
    decoder: &mut ValueDecoder<'_>,
    remote: i64,
    of: &'static Type,
    tag: u32,
    out: &mut Output,
) -> Result<(), Malformed> {
    let is_packed = packed(of).is_some();
    let start = is_packed.then(|| begin(&mut out.bytes, tag));
    let (position, mut at) = (if is_packed { Position::Packed } else { Position::Element(tag) }, 0);
    elements(decoder, remote, "a slice", |decoder, remote| {
        value(decoder, remote, of, position, out).map_err(|error| error.at(at))?;
        at += 1;
        Ok(())
    })?;
    if let Some(start) = start {
        end(&mut out.bytes, start);
    }
    Ok(())
}

/// Passes each element of a slice or an array to `take`.
fn elements(
    decoder: &mut ValueDecoder<'_>,
    remote: i64,
    expected: &str,
    mut take: impl FnMut(&mut ValueDecoder<'_>, i64) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let of = match decoder.types().get(remote).map(|remote| &**remote) {
        Some(Remote::Slice { elem, .. } | Remote::Array { elem, .. }) => *elem,
        _ => return Err(mismatch(decoder, remote, expected)),
    };
    let count = decoder.read_uint().map_err(malformed)?;
    for _ in 0..count {
        decoder.expect_element(count).map_err(malformed)?;
        take(decoder, of)?;
    }
    Ok(())
}

fn integer<T: TryFrom<i128>>(
    decoder: &mut ValueDecoder<'_>,
    remote: i64,
    position: Position,
    out: &mut Output,
    varint: impl FnOnce(T) -> u64,
) -> Result<(), Malformed> {
    let number = number(decoder, remote)?;
    position.key(WireType::Varint, out);
    encode_varint(varint(number), &mut out.bytes);
    Ok(())
}

fn number<T: TryFrom<i128>>(decoder: &mut ValueDecoder<'_>, remote: i64) -> Result<T, Malformed> {
    let number = match remote {
        ids::INT => decoder.read_int().map_err(malformed)?.into(),
        ids::UINT => decoder.read_uint().map_err(malformed)?.into(),
        _ => return Err(mismatch(decoder, remote, "an integer")),
    };
    let ty = std::any::type_name::<T>();
    T::try_from(number).map_err(|_| Malformed::new(format!("{number} does not fit into {ty}")))
}

fn float(decoder: &mut ValueDecoder<'_>, remote: i64) -> Result<f64, Malformed> {
    if remote == ids::FLOAT {
        decoder.read_float().map_err(malformed)
    } else {
        Err(mismatch(decoder, remote, "a float"))
    }
}

/// The inverse of the writer's `widen`.
fn narrow(number: f64) -> f32 {
    if !number.is_nan() {
        return number as f32;
    }
    let bits = number.to_bits();
    // A mantissa of 0 would be an infinity.
    let mantissa = match (bits >> 29) as u32 & 0x7f_ffff {
        0 => 0x40_0000,
        mantissa => mantissa,
    };
    f32::from_bits(((bits >> 63) as u32) << 31 | f32::INFINITY.to_bits() | mantissa)
}

fn delimited(bytes: &[u8], position: Position, out: &mut Output) {
    position.key(WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, &mut out.bytes);
    out.bytes.extend_from_slice(bytes);
}
