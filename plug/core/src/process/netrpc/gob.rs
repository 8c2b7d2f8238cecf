//! The values of portable interfaces as Go's `encoding/gob`, which its net/rpc speaks: made of the message of protobuf that stands for them everywhere else, and
//! made into it, by the same descriptions of types. `gobwire` knows how gob is written; this knows what is meant.
//!
//! | Rust | gob, as Go would declare it |
//! |---|---|
//! | `bool` | `bool` |
//! | `i8` … `i64`, `u8` … `u64` | `int`, `uint`: of any size, checked when they are read; either is read as the other where it fits |
//! | `f32`, `f64` | `float64`, or `float32` |
//! | `String`, `&str`; `Vec<u8>`, `&[u8]` | `string`; `[]byte` |
//! | `Option<T>` in a struct | `*T`, which is left out when it is nil |
//! | `Option<T>` elsewhere | `struct{ Value *T }` |
//! | `Vec<T>`, `&[T]`; `HashMap<K, V>`, `BTreeMap<K, V>` | `[]T`; `map[K]V` |
//! | a struct | a struct, of fields of the same names in upper camel case: `user_id` is `UserId` |
//! | an enum of nothing but units | `int`: the variants are 1, 2, … |
//! | any other enum | a struct with a pointer for each variant, of which one is not nil |
//! | `()` in something else | `struct{}` |
//! | the arguments of a method | the one, by itself; several as a struct; `interface{}` where there are none, as in go-plugin's examples |
//! | what a method returns | the value, by itself; `interface{}` for `()` |
//!
//! Go leaves out zeros, also behind pointers, and so reads an `Option` that holds one as nil; what is written here has them where they mean something. A value
//! of no interest, because nobody knows its field or there is no argument, may be of any type.

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

use crate::portable::method::{Method, Signature};

/// Both ends of a stream, which gives what it was given: for tests, and what fuzzes.
#[derive(Default)]
pub struct Ends {
    encoder: Encoder,
    decoder: Decoder,
}

impl Ends {
    /// The arguments of a method, of a message that holds them.
    pub fn given_arguments<M: Method>(&mut self, message: &[u8]) -> Result<Vec<u8>, String> {
        self.given(Shape::of_arguments(const { &Signature::of::<M>() }), message)
    }

    /// What a method returned, of a message that holds it.
    pub fn given_output<M: Method>(&mut self, message: &[u8]) -> Result<Vec<u8>, String> {
        self.given(Shape::of_output(const { &Signature::of::<M>() }), message)
    }

    /// A message that holds the arguments of a method.
    pub fn taken_arguments<M: Method>(&mut self, gob: &[u8]) -> Result<Vec<u8>, String> {
        self.taken(Shape::of_arguments(const { &Signature::of::<M>() }), gob)
    }

    /// A message that holds what a method returned.
    pub fn taken_output<M: Method>(&mut self, gob: &[u8]) -> Result<Vec<u8>, String> {
        self.taken(Shape::of_output(const { &Signature::of::<M>() }), gob)
    }

    fn given(&mut self, shape: Shape, message: &[u8]) -> Result<Vec<u8>, String> {
        self.encoder.encode(&Outbound { shape, message }).map_err(|error| error.to_string())
    }

    fn taken(&mut self, shape: Shape, mut gob: &[u8]) -> Result<Vec<u8>, String> {
        let cut = || "it ends early".to_owned();
        loop {
            let (width, len) = parse_length_prefix(gob).map_err(|error| error.to_string())?.ok_or_else(cut)?;
            let message = gob.get(width..width.saturating_add(len)).ok_or_else(cut)?;
            gob = &gob[width + len..];
            if self.decoder.push_message(message).map_err(|error| error.to_string())? == Progress::Ready {
                let mut taken = Inbound::of(shape);
                let done = self.decoder.decode_into(&mut taken).map_err(|error| error.to_string());
                return taken.made().map_err(|malformed| malformed.to_string()).and_then(|made| done.map(|()| made));
            }
        }
    }
}
