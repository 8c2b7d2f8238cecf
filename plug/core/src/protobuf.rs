//! The values of portable interfaces as protobuf, and the interfaces as a `.proto` file: from the same description of a type that
//! everything else is made from. What stands on the wire is protobuf's own, as any other program reads and writes it.
//!
//! | Rust | protobuf |
//! |---|---|
//! | `bool` | `bool` |
//! | `i8`, `i16`, `i32`; `i64` | `int32`, the small ones checked when they are read; `int64` |
//! | `u8`, `u16`, `u32`; `u64` | `uint32`, the small ones checked when they are read; `uint64` |
//! | `f32`, `f64` | `float`, `double` |
//! | `String`, `&str`; `Vec<u8>`, `&[u8]` | `string`; `bytes` |
//! | `()` | an empty message |
//! | `Option<T>` | `optional` |
//! | `Vec<T>`, `&[T]` | `repeated`; packed where that can be, and read either way |
//! | `HashMap<K, V>`, `BTreeMap<K, V>` | `map<K, V>` |
//! | an option, a list or a map, in one of these three or alone in a variant | a message that has it as its field 1, `value` |
//! | a struct | a message |
//! | an enum of nothing but units | an enum whose 0 is `…_UNSPECIFIED`, which is no value |
//! | any other enum | a message with a `oneof`, in which the number of a variant is that of its field |
//! | a variant that is a unit, or has several fields or named ones | a message within that one |
//! | a variant with one field that has no name | the field itself |
//! | a method | its request has the arguments in their order, from 1; its reply the value as field 1, unless that is `()` |
//!
//! A number that is 0, a text that is empty and the like are left out, save where an `Option`, a list, a map or a `oneof` holds them. A struct,
//! a `()` and an enum are always there, also where nothing is in them. What is missing is zero, empty, nothing; a struct of which
//! nothing is there is one of such fields; an enum without a variant is an error.
//!
//! Fields that nobody knows are passed over. Where a field comes twice, the later one is the value, lists and maps are joined, and structs are
//! merged, as long as each part of one is a value by itself.

pub(crate) mod file;
pub(crate) mod names;
#[cfg(feature = "netrpc")]
pub(crate) mod pieces;
pub(crate) mod proto;
pub(crate) mod reader;
pub(crate) mod text;
pub(crate) mod writer;

use crate::portable::Portable;
use crate::portable::arguments::Arguments;
use crate::portable::codec::{Malformed, PutFields, TakeFields, finish};
use crate::portable::method::Method;
use crate::portable::types::Type;
use crate::protobuf::reader::Fields;
use crate::protobuf::writer::Message;

/// What the value of a reply is called.
const REPLY: &[&str] = &["value"];

type Given<'a, M> = <<M as Method>::Arguments as Arguments>::Given<'a>;

/// The arguments of a method, as those who call it with bytes have them.
pub type KeptArguments<M> = <<M as Method>::Arguments as Arguments>::Kept;

/// The arguments of a method as a message.
pub fn encode_request<M: Method>(given: &Given<'_, M>) -> Vec<u8> {
    let mut bytes = Vec::new();
    M::Arguments::put(given, 0, &mut Message::in_order(&mut bytes));
    bytes
}

/// The arguments that a message holds.
pub fn decode_request<M: Method>(bytes: &[u8]) -> Result<KeptArguments<M>, Malformed> {
    let (mut slots, mut fields) =
        (<M::Arguments as Arguments>::Slots::default(), Fields::named(M::ARGUMENT_NAMES, bytes));
    while let Some(index) = fields.next()? {
        M::Arguments::take(&mut slots, index, &mut fields)?;
    }
    M::Arguments::finish(slots, M::ARGUMENT_NAMES)
}

/// What a method returned, as a message.
pub fn encode_reply<M: Method>(value: &M::Ok) -> Vec<u8> {
    let mut bytes = Vec::new();
    if !matches!(M::Ok::TYPE, Type::Unit) {
        value.put(Message::in_order(&mut bytes).field(0));
    }
    bytes
}

/// What a method returned, of a message.
pub fn decode_reply<M: Method>(bytes: &[u8]) -> Result<M::Ok, Malformed> {
    let is_unit = matches!(M::Ok::TYPE, Type::Unit);
    let (mut slot, mut fields) = (None, Fields::named(if is_unit { &[] } else { REPLY }, bytes));
    while fields.next()?.is_some() {
        fields.value(&mut slot)?;
    }
    finish(slot, REPLY[0])
}
