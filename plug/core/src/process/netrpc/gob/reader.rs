//! A value of gob becomes a message. Nothing is believed: `gobwire` has seen to it that the bytes are such a value, and what is made of them is no longer than
//! a few times their length.

use gobwire::{Decode, GobType, TypeTable, ValueDecoder, WireType as Remote, ids};
use prost::encoding::{WireType, encode_key, encode_varint};

use crate::portable::codec::Malformed;
use crate::portable::types::{Field, Form, Type};
use crate::process::netrpc::gob::names::{Named, WRAPPER};
use crate::process::netrpc::gob::shape::{Shape, types};
use crate::protobuf::reader::packed;
use crate::protobuf::writer::{begin, end};

/// A value that is taken from the other side, and becomes a message.
pub(crate) struct Inbound {
    shape: Shape,
    made: Result<Vec<u8>, Malformed>,
}

impl Inbound {
    pub(crate) fn of(shape: Shape) -> Self {
        Self { shape, made: Ok(Vec::new()) }
    }

    /// What came of it.
    pub(crate) fn made(self) -> Result<Vec<u8>, Malformed> {
        self.made
    }
}

impl GobType for Inbound {
    fn describe(_: &mut gobwire::Describer<'_>) -> gobwire::Result<i64> {
        Err(gobwire::Error::Encode("it is only read".to_owned()))
    }

    /// What does not fit is said by `Decode`, which knows what is wanted.
    fn compatible(_: &TypeTable, _: i64) -> bool {
        true
    }
}

impl Decode for Inbound {
    fn decode_into(&mut self, decoder: &mut ValueDecoder<'_>, remote: i64) -> gobwire::Result<()> {
        let mut out = Vec::new();
        let made = match self.shape {
            Shape::Nothing => return decoder.skip(remote),
            Shape::One(ty) => value(decoder, remote, ty, Place::Alone(1), &mut out),
            Shape::Several(signature) => {
                let arguments: Vec<_> = (1..).zip(types(&signature.arguments)).collect();
                let names = signature.argument_names;
                structure(
                    decoder,
                    remote,
                    Named::of_arguments(signature),
                    "several arguments",
                    |decoder, remote, at| {
                        let (tag, ty) = arguments[at];
                        value(decoder, remote, ty, Place::Field(tag), &mut out).map_err(|error| error.within(names[at]))
                    },
                )
            }
        };
        let is_made = made.is_ok();
        self.made = made.map(|()| out);
        // The caller has it from here.
        if is_made { Ok(()) } else { Err(gobwire::Error::Corrupt(String::new())) }
    }
}

/// Where a value is to stand in the message, by the number of its field.
#[derive(Clone, Copy)]
enum Place {
    /// In a struct, where an option is what is in it.
    Field(u32),
    /// By itself.
    Alone(u32),
    /// In an option, a list, a map or a variant: in one piece.
    Element(u32),
    /// Among others of its kind, without the number.
    Packed,
}

impl Place {
    fn tag(self) -> u32 {
        match self {
            Self::Field(tag) | Self::Alone(tag) | Self::Element(tag) => tag,
            Self::Packed => 1,
        }
    }

    fn key(self, wire: WireType, out: &mut Vec<u8>) {
        if !matches!(self, Self::Packed) {
            encode_key(self.tag(), wire, out);
        }
    }

    /// Puts what does not stand in one piece where it does.
    fn wrapped(
        self,
        out: &mut Vec<u8>,
        put: impl FnOnce(u32, &mut Vec<u8>) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        match self {
            Self::Element(tag) => {
                let start = begin(out, tag);
                put(1, out)?;
                end(out, start);
                Ok(())
            }
            other => put(other.tag(), out),
        }
    }
}

pub(super) fn malformed(error: gobwire::Error) -> Malformed {
    let text = error.to_string();
    Malformed::new(text.strip_prefix("gob: ").unwrap_or(&text).to_owned())
}

#[cold]
fn other(decoder: &ValueDecoder<'_>, remote: i64, wanted: &str) -> Malformed {
    Malformed::new(format!("a `{}` of gob has come, and not {wanted}", decoder.types().describe(remote)))
}

fn value(
    decoder: &mut ValueDecoder<'_>,
    remote: i64,
    ty: &'static Type,
    place: Place,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    match ty {
        Type::Unit => {
            decoder.skip(remote).map_err(malformed)?;
            let start = begin(out, place.tag());
            end(out, start);
        }
        Type::Bool => {
            if remote != ids::BOOL {
                return Err(other(decoder, remote, "a `bool`"));
            }
            let number = decoder.read_uint().map_err(malformed)?;
            place.key(WireType::Varint, out);
            encode_varint(u64::from(number != 0), out);
        }
        Type::I8 => integer::<i8>(decoder, remote, place, out, |number| i64::from(number) as u64)?,
        Type::I16 => integer::<i16>(decoder, remote, place, out, |number| i64::from(number) as u64)?,
        Type::I32 => integer::<i32>(decoder, remote, place, out, |number| i64::from(number) as u64)?,
        Type::I64 => integer::<i64>(decoder, remote, place, out, |number| number as u64)?,
        Type::U8 => integer::<u8>(decoder, remote, place, out, u64::from)?,
        Type::U16 => integer::<u16>(decoder, remote, place, out, u64::from)?,
        Type::U32 => integer::<u32>(decoder, remote, place, out, u64::from)?,
        Type::U64 => integer::<u64>(decoder, remote, place, out, |number| number)?,
        Type::F32 => {
            let number = float(decoder, remote)?;
            let small = narrow(number);
            if small.is_infinite() && number.is_finite() {
                return Err(Malformed::new(format!("{number:e} does not fit into f32")));
            }
            place.key(WireType::ThirtyTwoBit, out);
            out.extend_from_slice(&small.to_le_bytes());
        }
        Type::F64 => {
            let number = float(decoder, remote)?;
            place.key(WireType::SixtyFourBit, out);
            out.extend_from_slice(&number.to_le_bytes());
        }
        Type::String => {
            if remote != ids::STRING {
                return Err(other(decoder, remote, "a `string`"));
            }
            delimited(decoder.read_bytes().map_err(malformed)?, place, out);
        }
        Type::Bytes if remote == ids::BYTES => delimited(decoder.read_bytes().map_err(malformed)?, place, out),
        Type::Bytes => {
            // An array of bytes is one of numbers.
            let mut bytes = Vec::new();
            elements(decoder, remote, "a `[]byte`", |decoder, of| {
                bytes.push(number::<u8>(decoder, of)?);
                Ok(())
            })?;
            delimited(&bytes, place, out);
        }
        Type::Option(of) => match place {
            Place::Field(tag) => value(decoder, remote, of, Place::Element(tag), out)?,
            place => place.wrapped(out, |tag, out| {
                structure(decoder, remote, WRAPPER, "a struct with a field `Value`", |decoder, remote, _| {
                    value(decoder, remote, of, Place::Element(tag), out)
                })
            })?,
        },
        Type::List(of) => place.wrapped(out, |tag, out| list(decoder, remote, of, tag, out))?,
        Type::Map(of, to) => place.wrapped(out, |tag, out| {
            let Some(Remote::Map { key, elem, .. }) = decoder.types().get(remote).map(|remote| (**remote).clone())
            else {
                return Err(other(decoder, remote, "a map"));
            };
            let count = decoder.read_uint().map_err(malformed)?;
            for _ in 0..count {
                decoder.expect_element(count).map_err(malformed)?;
                let start = begin(out, tag);
                value(decoder, key, of, Place::Element(1), out)?;
                value(decoder, elem, to, Place::Element(2), out)?;
                end(out, start);
            }
            Ok(())
        })?,
        Type::Struct { name, fields, .. } => {
            let start = begin(out, place.tag());
            of_fields(decoder, remote, fields, name, out)?;
            end(out, start);
        }
        Type::Enum { name, variants, .. } if ty.is_plain() => {
            let number: i64 = number(decoder, remote)?;
            if !variants.iter().any(|variant| i64::from(variant.tag) == number) {
                return Err(match number {
                    0 => Malformed::lacks(name),
                    number => Malformed::new(format!("variant {number} of `{name}` is unknown")),
                });
            }
            place.key(WireType::Varint, out);
            encode_varint(number as u64, out);
        }
        Type::Enum { name, variants, .. } => {
            let start = begin(out, place.tag());
            let named = Named::of_variants(variants);
            structure(decoder, remote, named, name, |decoder, remote, at| {
                let variant = &variants[at];
                let taken = match (variant.fields, &variant.form) {
                    ([of], _) if variant.is_its_field() => {
                        value(decoder, remote, of.ty, Place::Element(variant.tag), out)
                    }
                    (_, Form::Unit) | ([], _) => value(decoder, remote, &Type::Unit, Place::Element(variant.tag), out),
                    (fields, _) => {
                        let start = begin(out, variant.tag);
                        let taken = of_fields(decoder, remote, fields, name, out);
                        end(out, start);
                        taken
                    }
                };
                taken.map_err(|error| error.within(variant.name))
            })?;
            end(out, start);
        }
    }
    Ok(())
}

fn of_fields(
    decoder: &mut ValueDecoder<'_>,
    remote: i64,
    fields: &'static [Field],
    name: &str,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    structure(decoder, remote, Named::of_fields(fields), name, |decoder, remote, at| {
        let field = &fields[at];
        value(decoder, remote, field.ty, Place::Field(field.tag), out).map_err(|error| error.within(field.name))
    })
}

/// Hands over each field that is there, by its place among those that are known. The others are passed over.
fn structure(
    decoder: &mut ValueDecoder<'_>,
    remote: i64,
    named: Named,
    wanted: &str,
    mut take: impl FnMut(&mut ValueDecoder<'_>, i64, usize) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    if !decoder.types().is_struct(remote) {
        return Err(other(decoder, remote, &format!("a struct, for {wanted}")));
    }
    let plan = decoder.struct_plan(named.key, remote, named.names, |_, _, _| true);
    let plan = plan.map_err(|_| {
        let known = named.names.join("`, `");
        Malformed::new(format!("a struct has come that has none of the fields `{known}`, for {wanted}"))
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
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let is_packed = packed(of).is_some();
    let start = is_packed.then(|| begin(out, tag));
    let (place, mut at) = (if is_packed { Place::Packed } else { Place::Element(tag) }, 0);
    elements(decoder, remote, "a slice", |decoder, remote| {
        value(decoder, remote, of, place, out).map_err(|error| error.at(at))?;
        at += 1;
        Ok(())
    })?;
    if let Some(start) = start {
        end(out, start);
    }
    Ok(())
}

/// Hands over each element of a slice, or of an array.
fn elements(
    decoder: &mut ValueDecoder<'_>,
    remote: i64,
    wanted: &str,
    mut take: impl FnMut(&mut ValueDecoder<'_>, i64) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let of = match decoder.types().get(remote).map(|remote| &**remote) {
        Some(Remote::Slice { elem, .. } | Remote::Array { elem, .. }) => *elem,
        _ => return Err(other(decoder, remote, wanted)),
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
    place: Place,
    out: &mut Vec<u8>,
    varint: impl FnOnce(T) -> u64,
) -> Result<(), Malformed> {
    let number = number(decoder, remote)?;
    place.key(WireType::Varint, out);
    encode_varint(varint(number), out);
    Ok(())
}

fn number<T: TryFrom<i128>>(decoder: &mut ValueDecoder<'_>, remote: i64) -> Result<T, Malformed> {
    let number = match remote {
        ids::INT => decoder.read_int().map_err(malformed)?.into(),
        ids::UINT => decoder.read_uint().map_err(malformed)?.into(),
        _ => return Err(other(decoder, remote, "an integer")),
    };
    let ty = std::any::type_name::<T>();
    T::try_from(number).map_err(|_| Malformed::new(format!("{number} does not fit into {ty}")))
}

fn float(decoder: &mut ValueDecoder<'_>, remote: i64) -> Result<f64, Malformed> {
    if remote == ids::FLOAT { decoder.read_float().map_err(malformed) } else { Err(other(decoder, remote, "a float")) }
}

/// The counterpart of the writer's `wide`.
fn narrow(number: f64) -> f32 {
    if !number.is_nan() {
        return number as f32;
    }
    let bits = number.to_bits();
    // Without any bit it would be infinite.
    let mantissa = match (bits >> 29) as u32 & 0x7f_ffff {
        0 => 0x40_0000,
        mantissa => mantissa,
    };
    f32::from_bits(((bits >> 63) as u32) << 31 | f32::INFINITY.to_bits() | mantissa)
}

fn delimited(bytes: &[u8], place: Place, out: &mut Vec<u8>) {
    place.key(WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}
