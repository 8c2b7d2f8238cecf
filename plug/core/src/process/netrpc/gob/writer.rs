//! Turns a message into a gob value, in one pass.
//!
//! That is possible because this program wrote the message: a struct has each field once, in order.

use gobwire::{Describer, Encode, Error, GoTime, GobType, Result, ValueEncoder, Zone, ids};

use crate::portable::codec::Malformed;
use crate::portable::signature::Signature;
use crate::portable::types::{Field, Form, Type};
use crate::process::netrpc::gob::names::{FieldNames, WRAPPER};
use crate::process::netrpc::gob::shape::Shape;
use crate::protobuf::pieces::{Piece, Pieces};
use crate::protobuf::reader::packed;

/// A value for the peer, as a message.
pub(crate) struct Outbound<'m> {
    pub shape: Shape,
    pub message: &'m [u8],
}

impl Encode for Outbound<'_> {
    fn describe_value(&self, describer: &mut Describer<'_>) -> Result<i64> {
        match self.shape {
            Shape::Nothing => Ok(ids::INTERFACE),
            Shape::One(ty) | Shape::Numbered(ty, _) => describe(ty, describer),
            Shape::Mapped(_) => Ok(describer.map("arguments", ids::STRING, ids::INTERFACE)),
            Shape::Several(signature) => {
                let FieldNames { key, names } = FieldNames::of_arguments(signature);
                describer.structure(key, "", |describer| {
                    let types = signature.tagged().map(|(_, ty)| describe_field(ty, describer));
                    names.iter().zip(types).map(|(name, id)| Ok((*name, id?))).collect()
                })
            }
        }
    }

    fn is_zero(&self) -> bool {
        false
    }

    fn frames_as_struct(&self) -> bool {
        match self.shape {
            Shape::Nothing | Shape::Mapped(_) => false,
            Shape::One(ty) | Shape::Numbered(ty, _) => is_struct(ty),
            Shape::Several(_) => true,
        }
    }

    fn encode(&self, encoder: &mut ValueEncoder<'_>) -> Result<()> {
        let written = match self.shape {
            // Go cannot skip a nil interface: it would wait for more bytes.
            Shape::Nothing => return encoder.interface(Some(("bool", &false))),
            Shape::One(ty) => value(ty, 1, &mut Pieces::of(self.message), encoder),
            Shape::Numbered(ty, tag) => value(ty, tag, &mut Pieces::of(self.message), encoder),
            Shape::Several(signature) => fields(signature.tagged(), self.message, encoder),
            Shape::Mapped(signature) => map(signature, self.message, encoder),
        };
        written.map_err(|malformed| Error::Encode(malformed.to_string()))
    }
}

fn is_struct(ty: &'static Type) -> bool {
    match ty.unboxed() {
        Type::Unit | Type::Option(_) | Type::Tuple(_) | Type::Struct { .. } => true,
        Type::Enum { .. } => !ty.is_plain(),
        _ => false,
    }
}

/// The number of the type on this stream. A type without a number is described first.
fn describe(ty: &'static Type, describer: &mut Describer<'_>) -> Result<i64> {
    let ty = ty.unboxed();
    // The address of its description identifies a type.
    let key = || format!("{ty:p}");
    match ty {
        Type::Bool => Ok(ids::BOOL),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Char | Type::Duration => Ok(ids::INT),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::Object { .. } | Type::Stream(_) => Ok(ids::UINT),
        Type::F32 | Type::F64 => Ok(ids::FLOAT),
        Type::String | Type::Path => Ok(ids::STRING),
        Type::Bytes => Ok(ids::BYTES),
        Type::Time => GoTime::describe(describer),
        Type::Box(of) => describe(of.get(), describer),
        Type::Unit => describer.structure("()", "", |_| Ok(Vec::new())),
        Type::Option(of) => {
            describer.structure(key(), "", |describer| Ok(vec![(WRAPPER.names[0], describe(of.get(), describer)?)]))
        }
        Type::List(of) | Type::Set(of) => {
            let of = describe(of.get(), describer)?;
            Ok(describer.slice(key(), of))
        }
        Type::Array(of, len) => {
            let of = describe(of.get(), describer)?;
            Ok(describer.array(key(), of, *len))
        }
        Type::Map(of, to) => {
            let (of, to) = (describe(of.get(), describer)?, describe(to.get(), describer)?);
            Ok(describer.map(key(), of, to))
        }
        Type::Tuple(fields) => describer.structure(key(), "", |describer| describe_fields(fields, describer)),
        Type::Struct { name, fields, .. } => {
            describer.structure(key(), name, |describer| describe_fields(fields, describer))
        }
        Type::Enum { .. } if ty.is_plain() => Ok(ids::INT),
        Type::Enum { name, variants, .. } => describer.structure(key(), name, |describer| {
            let names = FieldNames::of_variants(variants).names;
            let variants = names.iter().zip(*variants);
            let variants = variants.map(|(name, variant)| {
                let ty = match variant.fields {
                    [] => describe(&Type::Unit, describer)?,
                    [of] if variant.is_its_field() => describe(of.ty.get(), describer)?,
                    fields => {
                        let key = format!("{variant:p}");
                        describer.structure(key, name, |describer| describe_fields(fields, describer))?
                    }
                };
                Ok((*name, ty))
            });
            variants.collect()
        }),
    }
}

fn describe_fields(fields: &'static [Field], describer: &mut Describer<'_>) -> Result<Vec<(&'static str, i64)>> {
    let names = FieldNames::of_fields(fields).names;
    names.iter().zip(fields).map(|(name, field)| Ok((*name, describe_field(field.ty.get(), describer)?))).collect()
}

/// The type of a field. An option has no wrapper here: the field may be left out.
fn describe_field(ty: &'static Type, describer: &mut Describer<'_>) -> Result<i64> {
    match ty.unboxed() {
        Type::Option(of) => describe(of.get(), describer),
        ty => describe(ty, describer),
    }
}

type Written = std::result::Result<(), Malformed>;

/// The fields of a struct. A field that the message lacks is left out.
fn fields(
    fields: impl Iterator<Item = (u32, &'static Type)>,
    message: &[u8],
    encoder: &mut ValueEncoder<'_>,
) -> Written {
    let (mut pieces, mut last) = (Pieces::of(message), 0);
    for ((tag, ty), at) in fields.zip(1..) {
        if !pieces.has(tag)? {
            continue;
        }
        encoder.uint(at - last);
        last = at;
        match (ty.unboxed(), pieces.clone().take(tag)?) {
            (Type::Option(of), Some(piece)) => {
                pieces.take(tag)?;
                element(of.get(), piece, encoder)?;
            }
            (ty, _) => value(ty, tag, &mut pieces, encoder)?,
        }
    }
    encoder.uint(0);
    if pieces.is_empty() { Ok(()) } else { Err(Malformed::new("the fields of a message are not in their order")) }
}

/// A value that the message has in fields of this number.
/// There is one field, none for a zero, or one for each element of a list or a map.
fn value(ty: &'static Type, tag: u32, pieces: &mut Pieces<'_>, encoder: &mut ValueEncoder<'_>) -> Written {
    match ty.unboxed() {
        Type::Option(of) => {
            if let Some(piece) = pieces.take(tag)? {
                encoder.uint(1);
                element(of.get(), piece, encoder)?;
            }
            encoder.uint(0);
            Ok(())
        }
        Type::List(of) | Type::Set(of) => list(of.get(), tag, pieces, encoder),
        Type::Array(of, _) if !ty.unboxed().is_bytes() => list(of.get(), tag, pieces, encoder),
        Type::Map(of, to) => {
            encoder.uint(count(tag, pieces.clone(), |_| Ok(1))?);
            while let Some(entry) = pieces.take(tag)? {
                let mut entry = Pieces::of(entry.delimited()?);
                for (tag, ty) in [(1, of.get()), (2, to.get())] {
                    match entry.take(tag)? {
                        Some(piece) => element(ty, piece, encoder)?,
                        None => zero(ty, encoder)?,
                    }
                }
            }
            Ok(())
        }
        ty => match pieces.take(tag)? {
            Some(piece) => element(ty, piece, encoder),
            None => zero(ty, encoder),
        },
    }
}

fn list(of: &'static Type, tag: u32, pieces: &mut Pieces<'_>, encoder: &mut ValueEncoder<'_>) -> Written {
    let packed = packed(of);
    let elements = |piece: Piece<'_>| {
        let (Some(wire), Piece::Delimited(mut rest)) = (packed, piece) else { return Ok(1) };
        let mut count = 0;
        while !rest.is_empty() {
            Piece::read(wire, &mut rest)?;
            count += 1;
        }
        Ok(count)
    };
    encoder.uint(count(tag, pieces.clone(), elements)?);
    while let Some(piece) = pieces.take(tag)? {
        match (packed, piece) {
            (Some(wire), Piece::Delimited(mut rest)) => {
                while !rest.is_empty() {
                    element(of, Piece::read(wire, &mut rest)?, encoder)?;
                }
            }
            (_, piece) => element(of, piece, encoder)?,
        }
    }
    Ok(())
}

/// The number of elements, which gob needs before the first one.
fn count(
    tag: u32,
    mut pieces: Pieces<'_>,
    elements: impl Fn(Piece<'_>) -> std::result::Result<u64, Malformed>,
) -> std::result::Result<u64, Malformed> {
    let mut count = 0;
    while let Some(piece) = pieces.take(tag)? {
        count += elements(piece)?;
    }
    Ok(count)
}

/// A value that is one piece of protobuf.
fn element(ty: &'static Type, piece: Piece<'_>, encoder: &mut ValueEncoder<'_>) -> Written {
    let ty = ty.unboxed();
    match ty {
        Type::Unit => encoder.uint(0),
        Type::Bool => encoder.bool(piece.varint()? != 0),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => encoder.int(piece.varint()? as i64),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::Object { .. } | Type::Stream(_) => {
            encoder.uint(piece.varint()?)
        }
        Type::F32 | Type::F64 => encoder.float(match piece {
            Piece::Fixed32(bytes) => widen(f32::from_le_bytes(bytes)),
            Piece::Fixed64(bytes) => f64::from_le_bytes(bytes),
            other => return Err(other.mismatch("fixed64")),
        }),
        Type::Char => encoder.int(piece.varint()? as i64),
        Type::String | Type::Bytes | Type::Path => encoder.bytes(piece.delimited()?),
        Type::Duration => encoder.int(nanoseconds(piece)?),
        Type::Time => time(piece, encoder)?,
        ty if ty.is_bytes() => {
            let bytes = piece.delimited()?;
            encoder.uint(bytes.len() as u64);
            bytes.iter().for_each(|byte| encoder.uint((*byte).into()));
        }
        Type::Box(_) | Type::Option(_) | Type::List(_) | Type::Set(_) | Type::Array(..) | Type::Map(..) => {
            value(ty, 1, &mut Pieces::of(piece.delimited()?), encoder)?;
        }
        Type::Tuple(fields) | Type::Struct { fields, .. } => structure(fields, piece, encoder)?,
        Type::Enum { .. } if ty.is_plain() => encoder.int(piece.varint()? as i64),
        Type::Enum { name, variants, .. } => {
            let (tag, piece) = Pieces::of(piece.delimited()?).next()?.ok_or_else(|| Malformed::lacks(name))?;
            let at = variants.iter().position(|variant| variant.tag == tag);
            let at = at.ok_or_else(|| Malformed::lacks(name))?;
            encoder.uint(at as u64 + 1);
            match (variants[at].fields, &variants[at].form) {
                (_, Form::Unit) => encoder.uint(0),
                ([of], _) if variants[at].is_its_field() => element(of.ty.get(), piece, encoder)?,
                (fields, _) => structure(fields, piece, encoder)?,
            }
            encoder.uint(0);
        }
    }
    Ok(())
}

/// The seconds and nanoseconds in a message of protobuf.
fn moment(piece: Piece<'_>) -> std::result::Result<(i64, i32), Malformed> {
    let mut pieces = Pieces::of(piece.delimited()?);
    let seconds = pieces.take(1)?.map_or(Ok(0), Piece::varint)?;
    let nanos = pieces.take(2)?.map_or(Ok(0), Piece::varint)?;
    Ok((seconds as i64, nanos as i32))
}

/// A duration as Go's `time.Duration`.
fn nanoseconds(piece: Piece<'_>) -> std::result::Result<i64, Malformed> {
    let (seconds, nanos) = moment(piece)?;
    let nanoseconds = seconds.checked_mul(1_000_000_000).and_then(|whole| whole.checked_add(nanos.into()));
    nanoseconds.ok_or_else(|| {
        Malformed::new(format!("a duration of {seconds} s does not fit into Go's `time.Duration`, which has 292 years"))
    })
}

/// A time as Go's `time.Time`.
fn time(piece: Piece<'_>, encoder: &mut ValueEncoder<'_>) -> Written {
    let (seconds, nanos) = moment(piece)?;
    let bytes = GoTime::from_unix(seconds, nanos, Zone::Utc).marshal_binary();
    encoder.bytes(&bytes.map_err(|error| Malformed::new(error.to_string()))?);
    Ok(())
}

/// The same number. A NaN keeps its bits, which a conversion may change.
fn widen(number: f32) -> f64 {
    if !number.is_nan() {
        return number.into();
    }
    let bits = u64::from(number.to_bits());
    f64::from_bits((bits >> 31) << 63 | f64::INFINITY.to_bits() | (bits & 0x7f_ffff) << 29)
}

fn structure(of: &'static [Field], piece: Piece<'_>, encoder: &mut ValueEncoder<'_>) -> Written {
    fields(of.iter().map(|field| (field.tag, field.ty.get())), piece.delimited()?, encoder)
}

/// A zero, which a message leaves out and gob writes.
fn zero(ty: &'static Type, encoder: &mut ValueEncoder<'_>) -> Written {
    match ty.unboxed() {
        Type::Enum { name, .. } => return Err(Malformed::lacks(name)),
        Type::Time => time(Piece::Delimited(&[]), encoder)?,
        // `false`, 0, and all that is empty are written as 0.
        _ => encoder.uint(0),
    }
    Ok(())
}

/// Writes the arguments as a map. An `Option` without a value is left out.
fn map(signature: &'static Signature, message: &[u8], encoder: &mut ValueEncoder<'_>) -> Written {
    let mut entries = Vec::new();
    let mut pieces = Pieces::of(message);
    for (at, (tag, ty)) in signature.tagged().enumerate() {
        let given = signature.go_name(at);
        let name = if given.is_empty() { signature.argument_names[at] } else { given };
        match (ty, pieces.take(tag)?) {
            (Type::Option(_), None) => {}
            (Type::Option(of), piece) => entries.push((name, Basic { ty: of.get(), piece })),
            (ty, piece) => entries.push((name, Basic { ty, piece })),
        }
    }
    encoder.uint(entries.len() as u64);
    for (name, basic) in &entries {
        encoder.bytes(name.as_bytes());
        encoder.interface(Some((go_type(basic.ty), basic))).map_err(|error| Malformed::new(error.to_string()))?;
    }
    if pieces.is_empty() { Ok(()) } else { Err(Malformed::new("the fields of a message are not in their order")) }
}

/// A value of one of Go's own types.
struct Basic<'m> {
    ty: &'static Type,
    /// `None` for a zero.
    piece: Option<Piece<'m>>,
}

impl Encode for Basic<'_> {
    fn describe_value(&self, describer: &mut Describer<'_>) -> Result<i64> {
        describe(self.ty, describer)
    }

    fn is_zero(&self) -> bool {
        false
    }

    fn frames_as_struct(&self) -> bool {
        false
    }

    fn encode(&self, encoder: &mut ValueEncoder<'_>) -> Result<()> {
        let written = match self.piece {
            Some(piece) => element(self.ty, piece, encoder),
            None => zero(self.ty, encoder),
        };
        written.map_err(|malformed| Error::Encode(malformed.to_string()))
    }
}

/// The name under which Go's gob registers the type. `Signature::of` admits no other type.
fn go_type(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::I8 => "int8",
        Type::I16 => "int16",
        Type::I32 => "int32",
        Type::I64 => "int64",
        Type::U8 => "uint8",
        Type::U16 => "uint16",
        Type::U32 | Type::Object { .. } | Type::Stream(_) => "uint32",
        Type::U64 => "uint64",
        Type::F32 => "float32",
        Type::F64 => "float64",
        Type::Bytes => "[]uint8",
        _ => "string",
    }
}
