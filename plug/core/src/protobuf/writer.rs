//! Encodes values in one pass, into one growing vector.

use std::path::Path;

use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};

use crate::portable::codec::{Moment, PutFields, Sink};
use crate::portable::types::{Field, Type, TypeRef, Variant};
use crate::portable::{Key, Portable};
use crate::protobuf::reader::packed;

/// Encodes the next value.
pub(super) struct Writer<'b> {
    out: &'b mut Vec<u8>,
    place: WritePosition,
}

/// The place of a value, with the number of its field.
#[derive(Clone, Copy)]
enum WritePosition {
    /// A field: zero is omitted, and options, lists and maps become optional, repeated and map
    /// fields.
    Field(u32),
    /// In an option, a list, a map or a `oneof`: the value is always written, and in one piece.
    Element(u32),
    /// In a packed list, without the number.
    Packed,
}

impl Writer<'_> {
    #[inline]
    fn plain(self, is_zero: bool, wire: WireType, put: impl FnOnce(&mut Vec<u8>)) {
        match self.place {
            WritePosition::Field(_) if is_zero => return,
            WritePosition::Field(tag) | WritePosition::Element(tag) => encode_key(tag, wire, self.out),
            WritePosition::Packed => {}
        }
        put(self.out);
    }

    #[inline]
    fn varint(self, value: u64) {
        self.plain(value == 0, WireType::Varint, |out| encode_varint(value, out));
    }

    #[inline]
    fn delimited(self, bytes: &[u8]) {
        self.plain(bytes.is_empty(), WireType::LengthDelimited, |out| {
            encode_varint(bytes.len() as u64, out);
            out.extend_from_slice(bytes);
        });
    }

    /// The number of a field that takes several pieces, or is never omitted.
    fn tag(&self) -> u32 {
        match self.place {
            WritePosition::Field(tag) | WritePosition::Element(tag) => tag,
            WritePosition::Packed => unreachable!("only numbers are packed"),
        }
    }
}

/// Begins a length-delimited field. It reserves one byte for the length, which is not known yet.
pub(crate) fn begin(out: &mut Vec<u8>, tag: u32) -> usize {
    encode_key(tag, WireType::LengthDelimited, out);
    out.push(0);
    out.len()
}

/// Ends the field. If the length needs more bytes, the content is moved.
pub(crate) fn end(out: &mut Vec<u8>, start: usize) {
    let len = out.len() - start;
    let more = encoded_len_varint(len as u64) - 1;
    if more > 0 {
        out.resize(start + len + more, 0);
        out.copy_within(start..start + len, start + more);
    }
    encode_varint(len as u64, &mut &mut out[start - 1..start + more]);
}

/// A message around a value that may consist of several parts.
fn wrapped(out: &mut Vec<u8>, tag: u32, put: impl FnOnce(Writer<'_>)) {
    let start = begin(out, tag);
    put(Writer { out, place: WritePosition::Field(1) });
    end(out, start);
}

macro_rules! varints {
    ($($ty:ident: $by:ty;)*) => {
        $(
            #[inline]
            fn $ty(self, value: $ty) {
                self.varint(<$by>::from(value) as u64);
            }
        )*
    };
}

impl<'b> Sink for Writer<'b> {
    type Fields = Message<'b>;

    // A negative number takes 64 bits, whatever its type.
    varints! {
        bool: u64;
        i8: i64;
        i16: i64;
        i32: i64;
        i64: i64;
        u8: u64;
        u16: u64;
        u32: u64;
        u64: u64;
    }

    // -0.0 is not zero.
    #[inline]
    fn f32(self, value: f32) {
        self.plain(value.to_bits() == 0, WireType::ThirtyTwoBit, |out| out.extend_from_slice(&value.to_le_bytes()));
    }

    #[inline]
    fn f64(self, value: f64) {
        self.plain(value.to_bits() == 0, WireType::SixtyFourBit, |out| out.extend_from_slice(&value.to_le_bytes()));
    }

    fn char(self, value: char) {
        self.varint(u32::from(value).into());
    }

    fn path(self, value: &Path) {
        // `check` has refused a path that is not Unicode.
        self.string(value.to_str().unwrap_or_default());
    }

    fn moment(self, Moment { seconds, nanos, .. }: Moment) {
        let start = begin(self.out, self.tag());
        Writer { out: &mut *self.out, place: WritePosition::Field(1) }.i64(seconds);
        Writer { out: &mut *self.out, place: WritePosition::Field(2) }.i32(nanos);
        end(self.out, start);
    }

    fn unit(self) {
        let start = begin(self.out, self.tag());
        end(self.out, start);
    }

    #[inline]
    fn string(self, value: &str) {
        self.delimited(value.as_bytes());
    }

    #[inline]
    fn bytes(self, value: &[u8]) {
        self.delimited(value);
    }

    fn option<T: Portable>(self, value: Option<&T>) {
        let out = self.out;
        match (self.place, value) {
            (WritePosition::Element(tag), value) => wrapped(out, tag, |field| field.option(value)),
            (WritePosition::Field(tag), Some(value)) => value.put(Writer { out, place: WritePosition::Element(tag) }),
            (WritePosition::Field(_) | WritePosition::Packed, _) => {}
        }
    }

    fn list<'a, T: Portable>(self, values: impl ExactSizeIterator<Item = &'a T>) {
        let (tag, out) = (self.tag(), self.out);
        if let WritePosition::Element(_) = self.place {
            return wrapped(out, tag, |field| field.list(values));
        }
        if const { packed(T::TYPE.get()).is_none() } {
            return values.for_each(|value| value.put(Writer { out, place: WritePosition::Element(tag) }));
        }
        if values.len() > 0 {
            let start = begin(out, tag);
            values.for_each(|value| value.put(Writer { out, place: WritePosition::Packed }));
            end(out, start);
        }
    }

    fn map<'a, K: Key, V: Portable>(self, entries: impl ExactSizeIterator<Item = (&'a K, &'a V)>) {
        let (tag, out) = (self.tag(), self.out);
        let put = |out: &mut Vec<u8>, tag| {
            for (key, value) in entries {
                let start = begin(out, tag);
                key.put(Writer { out, place: WritePosition::Element(1) });
                value.put(Writer { out, place: WritePosition::Element(2) });
                end(out, start);
            }
        };
        match self.place {
            WritePosition::Element(_) => wrapped(out, tag, |field| put(field.out, 1)),
            WritePosition::Field(_) | WritePosition::Packed => put(out, tag),
        }
    }

    fn structure(self, ty: TypeRef, put: impl FnOnce(&mut Message<'b>)) {
        let fields = ty.get().fields();
        let start = begin(self.out, self.tag());
        let mut message = Message { out: self.out, numbers: Numbers::Of(fields) };
        put(&mut message);
        end(message.out, start);
    }

    #[inline]
    fn choice(self, ty: TypeRef, index: usize) {
        self.varint(u64::from(variant(ty, index).tag));
    }

    fn variant(self, ty: TypeRef, index: usize, put: impl FnOnce(&mut Message<'b>)) {
        let variant = variant(ty, index);
        let start = begin(self.out, self.tag());
        if variant.is_its_field() {
            let mut message = Message { out: self.out, numbers: Numbers::Alone(variant.tag) };
            put(&mut message);
            return end(message.out, start);
        }
        let inner = begin(self.out, variant.tag);
        let mut message = Message { out: self.out, numbers: Numbers::Of(variant.fields) };
        put(&mut message);
        end(message.out, inner);
        end(message.out, start);
    }
}

fn variant(ty: TypeRef, index: usize) -> &'static Variant {
    let Type::Enum { variants, .. } = ty.get() else { unreachable!("it is an enum's") };
    &variants[index]
}

/// Encodes the fields of a message.
pub(super) struct Message<'b> {
    out: &'b mut Vec<u8>,
    numbers: Numbers,
}

enum Numbers {
    /// Numbered from 1, in order.
    InOrder,
    /// The arguments of a method, with these numbers.
    Given(&'static [u32]),
    Of(&'static [Field]),
    /// The only field of a variant, which has the variant's number.
    Alone(u32),
}

impl<'b> Message<'b> {
    pub(super) fn in_order(out: &'b mut Vec<u8>) -> Self {
        Self { out, numbers: Numbers::InOrder }
    }

    /// The arguments of a method. Without numbers, these are 1, 2, … in order.
    #[inline]
    pub(super) fn of_arguments(out: &'b mut Vec<u8>, tags: &'static [u32]) -> Self {
        Self { out, numbers: if tags.is_empty() { Numbers::InOrder } else { Numbers::Given(tags) } }
    }
}

impl PutFields for Message<'_> {
    type Sink<'a>
        = Writer<'a>
    where
        Self: 'a;

    #[inline]
    fn field(&mut self, index: usize) -> Writer<'_> {
        let place = match self.numbers {
            Numbers::InOrder => WritePosition::Field(index as u32 + 1),
            Numbers::Given(tags) => WritePosition::Field(tags[index]),
            Numbers::Of(fields) => WritePosition::Field(fields[index].tag),
            Numbers::Alone(tag) => WritePosition::Element(tag),
        };
        Writer { out: self.out, place }
    }
}
