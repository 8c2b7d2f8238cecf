//! The traits that a format of bytes implements to encode and decode values, and the decoding
//! error.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt::{self, Debug, Display, Write as _};
use std::path::Path;

use super::{Key, Portable};
use crate::portable::types::TypeRef;

/// A `Duration`, or a `SystemTime` since 1970, as protobuf has them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Moment {
    pub seconds: i64,
    /// They go forwards, also from a negative number of seconds.
    pub nanos: i32,
    /// Whether it is a time.
    pub is_time: bool,
}

/// Encodes one value.
pub trait Sink: Sized {
    type Fields: PutFields;

    fn bool(self, value: bool);
    fn i8(self, value: i8);
    fn i16(self, value: i16);
    fn i32(self, value: i32);
    fn i64(self, value: i64);
    fn u8(self, value: u8);
    fn u16(self, value: u16);
    fn u32(self, value: u32);
    fn u64(self, value: u64);
    fn f32(self, value: f32);
    fn f64(self, value: f64);
    fn char(self, value: char);
    fn unit(self);
    fn string(self, value: &str);
    fn path(self, value: &Path);
    fn moment(self, moment: Moment);
    fn bytes(self, value: &[u8]);
    fn option<T: Portable>(self, value: Option<&T>);
    fn list<'a, T: Portable>(self, values: impl ExactSizeIterator<Item = &'a T>);
    fn map<'a, K: Key, V: Portable>(self, entries: impl ExactSizeIterator<Item = (&'a K, &'a V)>);

    fn structure(self, ty: TypeRef, put: impl FnOnce(&mut Self::Fields));

    /// Encodes a variant of an enum with only unit variants.
    fn choice(self, ty: TypeRef, index: usize);

    /// Encodes a variant of any other enum.
    fn variant(self, ty: TypeRef, index: usize, put: impl FnOnce(&mut Self::Fields));
}

/// Encodes the fields of a struct or variant, or the arguments of a method: in order, each once.
pub trait PutFields {
    type Sink<'a>: Sink
    where
        Self: 'a;

    fn field(&mut self, index: usize) -> Self::Sink<'_>;
}

/// Decodes one value.
/// Some formats split a value into several parts: parts of lists and maps are joined, parts of
/// structs are merged, and of other parts the last one is the value.
pub trait Source: Sized {
    type Fields: TakeFields;

    fn bool(self) -> Result<bool, Malformed>;
    fn i8(self) -> Result<i8, Malformed>;
    fn i16(self) -> Result<i16, Malformed>;
    fn i32(self) -> Result<i32, Malformed>;
    fn i64(self) -> Result<i64, Malformed>;
    fn u8(self) -> Result<u8, Malformed>;
    fn u16(self) -> Result<u16, Malformed>;
    fn u32(self) -> Result<u32, Malformed>;
    fn u64(self) -> Result<u64, Malformed>;
    fn f32(self) -> Result<f32, Malformed>;
    fn f64(self) -> Result<f64, Malformed>;
    fn char(self) -> Result<char, Malformed>;
    fn unit(self) -> Result<(), Malformed>;
    fn string(self) -> Result<String, Malformed>;
    fn moment(self, moment: &mut Moment) -> Result<(), Malformed>;
    fn bytes(self) -> Result<Vec<u8>, Malformed>;
    fn option<T: Portable>(self, slot: &mut Option<T>) -> Result<(), Malformed>;
    fn list<T: Portable>(self, list: &mut Vec<T>) -> Result<(), Malformed>;
    fn map<K: Key, V: Portable>(self, insert: impl FnMut(K, V)) -> Result<(), Malformed>;

    fn structure(
        self,
        ty: TypeRef,
        take: impl FnOnce(&mut Self::Fields) -> Result<(), Malformed>,
    ) -> Result<(), Malformed>;

    /// Decodes the variant of an enum with only unit variants.
    fn choice(self, ty: TypeRef) -> Result<usize, Malformed>;

    /// Visits each encoded variant with its fields. The last one is the value.
    fn variant(
        self,
        ty: TypeRef,
        take: impl FnMut(usize, &mut Self::Fields) -> Result<(), Malformed>,
    ) -> Result<(), Malformed>;
}

/// Decodes the fields of a struct or variant, or the arguments of a method, in any order and
/// number.
/// It skips unknown fields.
pub trait TakeFields {
    /// The index of the next field. Its value must be decoded next.
    fn next(&mut self) -> Result<Option<usize>, Malformed>;

    fn value<T: Portable>(&mut self, slot: &mut Option<T>) -> Result<(), Malformed>;
}

/// The value of a field, after all of its parts have been decoded.
pub fn finish<T: Portable>(slot: Option<T>, name: &'static str) -> Result<T, Malformed> {
    slot.map_or_else(|| T::missing().map_err(|error| error.within(name)), Ok)
}

/// The error of bytes that do not decode to a type, with its place in the value.
#[derive(Debug)]
pub struct Malformed(Box<Flaw>);

#[derive(Debug)]
struct Flaw {
    what: Cow<'static, str>,
    /// The innermost step first.
    path: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Field(&'static str),
    Index(usize),
    Key(String),
}

impl Malformed {
    #[cold]
    pub fn new(what: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Flaw { what: what.into(), path: Vec::new() }))
    }

    /// An enum without a variant. No variant is the default.
    #[cold]
    pub fn lacks(ty: &str) -> Self {
        Self::new(format!("a variant of `{ty}` is missing"))
    }

    /// The error is in a field, a variant or an argument.
    #[cold]
    pub fn within(mut self, name: &'static str) -> Self {
        self.0.path.push(Step::Field(name));
        self
    }

    /// The error is in a list.
    #[cold]
    pub fn at(mut self, index: usize) -> Self {
        self.0.path.push(Step::Index(index));
        self
    }

    /// The error is in a map.
    #[cold]
    pub fn of(mut self, key: &dyn Debug) -> Self {
        self.0.path.push(Step::Key(format!("{key:?}")));
        self
    }
}

impl Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Flaw { what, path } = &*self.0;
        f.write_str(what)?;
        for (at, step) in path.iter().rev().enumerate() {
            f.write_str(if at == 0 { ", in `" } else { "" })?;
            match step {
                Step::Field(name) if at == 0 => f.write_str(name)?,
                Step::Field(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "[{key}]")?,
            }
        }
        if path.is_empty() { Ok(()) } else { f.write_char('`') }
    }
}

impl StdError for Malformed {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fact_comes_first_and_then_the_place() {
        assert_eq!(Malformed::new("a varint ends early").to_string(), "a varint ends early");
        let fault =
            Malformed::lacks("Target").within("0").at(7).within("size").of(&"x\"").within("links").within("page");
        assert_eq!(fault.to_string(), r#"a variant of `Target` is missing, in `page.links["x\""].size[7].0`"#);
        assert_eq!(Malformed::new("no UTF-8").of(&-3).to_string(), "no UTF-8, in `[-3]`");
    }
}
