//! The values of portable interfaces as gob, the encoding of Go's net/rpc.
//!
//! Every other part of `plug` has a value as a protobuf message.
//! This part turns the message into gob and back, by the type descriptions of the interface.
//! The crate `gobwire` reads and writes gob itself.
//!
//! | Rust | gob, as Go would declare it |
//! |---|---|
//! | `bool` | `bool` |
//! | `i8` … `i64`, `u8` … `u64` | `int`, `uint`: a reader accepts both, if the number fits |
//! | `f32`, `f64` | `float64`, or `float32` |
//! | `char` | `rune` |
//! | `String`, `&str`, `PathBuf`, `&Path`; `Vec<u8>`, `&[u8]` | `string`; `[]byte` |
//! | `Duration`; `SystemTime` | `time.Duration`; `time.Time` |
//! | `Box<T>` | as T |
//! | `Option<T>` in a struct | `*T`, which is left out if it is nil |
//! | `Option<T>` elsewhere | `struct{ Value *T }` |
//! | `Vec<T>`, `&[T]`, `HashSet<T>`, `BTreeSet<T>`; `HashMap<K, V>`, `BTreeMap<K, V>` | `[]T`; `map[K]V` |
//! | `[T; N]` | `[N]T` |
//! | a tuple | a struct with the fields `Field0`, `Field1`, … |
//! | a struct | a struct with the same fields in upper camel case: `user_id` is `UserId` |
//! | a field that is `#[plug(name = "ID")]` | the field `ID` |
//! | an enum of unit variants | `int`: the variants are 1, 2, … |
//! | any other enum | a struct with a pointer for each variant, of which exactly one is not nil |
//! | `()` inside another type | `struct{}` |
//! | one argument | the argument |
//! | several arguments | a struct; a `map[string]interface{}` is read too |
//! | the arguments of a method that is `#[plug(netrpc = "map")]` | a `map[string]interface{}`; a struct is read too |
//! | no argument | `interface{}`, as in go-plugin's examples |
//! | the result | the value, or `interface{}` for `()` |
//!
//! Go leaves out zeros, also behind pointers, and so reads an `Option` that holds a zero as nil.
//! `plug` writes a zero if it carries information.
//! A time that Go leaves out is Go's zero time, in the year 1.
//! The value of an unknown field, and the argument of a method that has none, may have any type.

pub(crate) mod map;
pub(crate) mod names;
pub(crate) mod reader;
pub(crate) mod shape;
#[cfg(test)]
mod tests;
pub(crate) mod writer;

use crate::process::netrpc::gob::reader::Inbound;
use crate::process::netrpc::gob::shape::Shape;
use crate::process::netrpc::gob::writer::Outbound;
use gobwire::{Decoder, Encoder, Progress, parse_length_prefix};

use crate::portable::method::Method;
use crate::portable::signature::Signature;

/// An encoder and a decoder of gob, for tests and fuzzers.
#[derive(Default)]
pub struct Ends {
    encoder: Encoder,
    decoder: Decoder,
}

impl Ends {
    /// Turns a message with the arguments of a method into gob.
    pub fn given_arguments<M: Method>(&mut self, message: &[u8]) -> Result<Vec<u8>, String> {
        self.encode(Shape::of_arguments(const { &Signature::of::<M>() }), message)
    }

    /// Turns a message with the result of a method into gob.
    pub fn given_output<M: Method>(&mut self, message: &[u8]) -> Result<Vec<u8>, String> {
        self.encode(Shape::of_output(const { &Signature::of::<M>() }), message)
    }

    /// Turns the arguments of a method from gob into a message.
    pub fn taken_arguments<M: Method>(&mut self, gob: &[u8]) -> Result<Vec<u8>, String> {
        self.decode(Shape::of_arguments(const { &Signature::of::<M>() }), gob)
    }

    /// Turns the result of a method from gob into a message.
    pub fn taken_output<M: Method>(&mut self, gob: &[u8]) -> Result<Vec<u8>, String> {
        self.decode(Shape::of_output(const { &Signature::of::<M>() }), gob)
    }

    fn encode(&mut self, shape: Shape, message: &[u8]) -> Result<Vec<u8>, String> {
        self.encoder.encode(&Outbound { shape, message }).map_err(|error| error.to_string())
    }

    fn decode(&mut self, shape: Shape, mut gob: &[u8]) -> Result<Vec<u8>, String> {
        let cut = || "it ends early".to_owned();
        loop {
            let (width, len) = parse_length_prefix(gob).map_err(|error| error.to_string())?.ok_or_else(cut)?;
            let message = gob.get(width..width.saturating_add(len)).ok_or_else(cut)?;
            gob = &gob[width + len..];
            if self.decoder.push_message(message).map_err(|error| error.to_string())? == Progress::Ready {
                let mut inbound = Inbound::of(shape);
                let decoded = self.decoder.decode_into(&mut inbound).map_err(|error| error.to_string());
                let message = inbound.message().map_err(|malformed| malformed.to_string());
                return message.and_then(|message| decoded.map(|()| message));
            }
        }
    }
}
