//! Encodes the values of portable interfaces as protobuf, and describes interfaces as `.proto`
//! files.
//! Both derive from the description of the types.
//! Any other program can read and write the encoding with protobuf.
//!
//! | Rust | protobuf |
//! |---|---|
//! | `bool` | `bool` |
//! | `i8`, `i16`, `i32`; `i64` | `int32`, the small ones checked when they are read; `int64` |
//! | `u8`, `u16`, `u32`; `u64` | `uint32`, the small ones checked when they are read; `uint64` |
//! | `char` | `uint32`, its number in Unicode, checked when it is read |
//! | `f32`, `f64` | `float`, `double` |
//! | `String`, `&str`, `PathBuf`, `&Path`; `Vec<u8>`, `&[u8]`, `[u8; N]` | `string`; `bytes` |
//! | `Duration`; `SystemTime` | `google.protobuf.Duration`; `google.protobuf.Timestamp` |
//! | `()` | an empty message |
//! | `Option<T>` | `optional` |
//! | `Box<T>` | as T |
//! | `Vec<T>`, `&[T]`, `[T; N]` | `repeated`; packed if possible, and both forms are decoded |
//! | `HashSet<T>`, `BTreeSet<T>` | `repeated`; a value that comes twice is in the set once |
//! | `HashMap<K, V>`, `BTreeMap<K, V>` | `map<K, V>` |
//! | these within each other, or alone in a variant | a message with it as field 1, `value` |
//! | a struct | a message |
//! | a tuple | a message with the fields `field0`, `field1`, … from 1, called `StringUint32Tuple` |
//! | a generic type | a message called after its arguments: `UserPage` for `Page<User>` |
//! | an enum with only unit variants | an enum whose 0 is `…_UNSPECIFIED`, which is no value |
//! | any other enum | a message with a `oneof`, whose field numbers are those of the variants |
//! | a variant that is a unit, or has several fields or named ones | a message within that one |
//! | a variant with one field that has no name | the field itself |
//! | the arguments of a method | the fields of its request, in order, from 1, or `#[plug(tag = 3)]` |
//! | the result of a method | field 1 of its reply, unless it is `()` |
//!
//! The encoding omits zero numbers, empty texts and the like, unless an `Option`, a list, a map or
//! a `oneof` contains them.
//! It never omits a struct, a `()` or an enum, even if they are empty.
//! An absent value is zero, empty or nothing; an absent struct has absent fields; an absent enum is
//! an error.
//!
//! Messages nest at most 100 deep: `check` refuses a deeper value, and the reader deeper bytes.
//!
//! Unknown fields are skipped.
//! If a field is repeated, the last one is the value; lists, sets and maps are joined, and structs
//! are merged, if each part is a valid value.
//! The values of an array stand next to each other, as all encoders write them.

pub(crate) mod file;
pub(crate) mod names;
#[cfg(feature = "netrpc")]
pub(crate) mod pieces;
pub(crate) mod proto;
pub(crate) mod reader;
pub(crate) mod text;
pub(crate) mod wellknown;
pub(crate) mod writer;

use crate::portable::Portable;
use crate::portable::arguments::{Arguments, Crosses, Written};
use crate::portable::check::{self, has_limits};
use crate::portable::codec::{Malformed, PutFields, TakeFields, finish};
use crate::portable::method::Method;
use crate::portable::types::Type;
use crate::protobuf::reader::MessageFields;
use crate::protobuf::writer::Message;

/// The name of a reply's value.
const REPLY: &[&str] = &[check::REPLY];

type Given<'a, M> = <<M as Method>::Arguments as Arguments>::Given<'a>;

/// The result of a method.
type Returned<'a, M> = <<M as Method>::Returns as Written>::Given<'a>;

/// The decoded result of a method.
pub type KeptResult<M> = <<M as Method>::Returns as Crosses>::Kept;

/// The decoded arguments of a method.
pub type KeptArguments<M> = <<M as Method>::Arguments as Arguments>::Kept;

/// Encodes the arguments of a method as a message.
///
/// # Errors
///
/// If one of them does not cross.
pub fn encode_request<M: Method>(given: &Given<'_, M>) -> Result<Vec<u8>, Malformed> {
    M::Arguments::check(given, M::ARGUMENT_NAMES)?;
    let mut bytes = Vec::new();
    M::Arguments::put(given, 0, &mut Message::of_arguments(&mut bytes, M::ARGUMENT_TAGS));
    Ok(bytes)
}

/// Decodes the arguments from a message.
pub fn decode_request<M: Method>(bytes: &[u8]) -> Result<KeptArguments<M>, Malformed> {
    let mut slots = <M::Arguments as Arguments>::Slots::default();
    let mut fields = MessageFields::of_arguments(M::ARGUMENT_NAMES, M::ARGUMENT_TAGS, bytes);
    while let Some(index) = fields.next()? {
        M::Arguments::take(&mut slots, index, &mut fields)?;
    }
    M::Arguments::finish(slots, M::ARGUMENT_NAMES)
}

/// Encodes the value that a method returned as a message.
///
/// # Errors
///
/// If it does not cross.
pub fn encode_reply<M: Method>(value: &Returned<'_, M>) -> Result<Vec<u8>, Malformed> {
    M::Returns::check(value, REPLY[0])?;
    let mut bytes = Vec::new();
    if !matches!(M::Returns::TYPE.get(), Type::Unit) {
        M::Returns::put(value, Message::in_order(&mut bytes).field(0));
    }
    Ok(bytes)
}

/// Encodes one item of a stream as a message, in its only field. `tags` has the number of
/// the field, unless that is 1.
///
/// # Errors
///
/// If it does not cross.
pub(crate) fn encode_item<T: Portable>(item: &T, tags: &'static [u32]) -> Result<Vec<u8>, Malformed> {
    if const { has_limits::<T>() } {
        check::check(item, REPLY[0])?;
    }
    let mut bytes = Vec::new();
    if !matches!(T::TYPE.get(), Type::Unit) {
        item.put(Message::of_arguments(&mut bytes, tags).field(0));
    }
    Ok(bytes)
}

/// Decodes one item of a stream.
pub(crate) fn decode_item<T: Portable>(bytes: &[u8], tags: &'static [u32]) -> Result<T, Malformed> {
    let is_unit = matches!(T::TYPE.get(), Type::Unit);
    let mut fields = MessageFields::of_arguments(if is_unit { &[] } else { REPLY }, tags, bytes);
    let mut slot = None;
    while fields.next()?.is_some() {
        fields.value(&mut slot)?;
    }
    finish(slot, REPLY[0])
}

/// Decodes the value that a method returned from a message.
pub fn decode_reply<M: Method>(bytes: &[u8]) -> Result<KeptResult<M>, Malformed> {
    let is_unit = matches!(M::Returns::TYPE.get(), Type::Unit);
    let (mut slot, mut fields) = (None, MessageFields::named(if is_unit { &[] } else { REPLY }, bytes));
    while fields.next()?.is_some() {
        fields.value(&mut slot)?;
    }
    finish(slot, REPLY[0])
}
