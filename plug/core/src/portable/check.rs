//! Refuses the values of a portable type that do not cross, before anything else reads them:
//! a value that nests too deeply, a time that protobuf does not have, a path that is not Unicode.
//!
//! It does so on all links, so that a plugin can move from one to another.

use std::fmt::{Debug, Display};
use std::path::Path;

use super::{Key, Portable};
use crate::error::Error;
use crate::portable::circle;
use crate::portable::codec::{Malformed, Moment, PutFields, Sink};
use crate::portable::types::{Field, Type, TypeRef, Variant};

/// How many messages of protobuf may be within each other, below a request or a reply.
///
/// It is the limit of prost, and of protobuf in C++ and Java.
pub(crate) const MAX_DEPTH: u32 = 100;

/// The fact about a value or bytes beyond that limit.
pub(crate) const TOO_DEEP: &str = "it nests more than 100 messages of protobuf";

/// The name of a method's result.
pub(crate) const REPLY: &str = "value";

/// Whether some values of this type do not cross.
pub(crate) const fn has_limits<T: Portable>() -> bool {
    circle::has_limits(T::TYPE.get())
}

/// The error of a method whose result does not cross.
#[cold]
pub(crate) fn refused_result(method: &str, flaw: &Malformed) -> String {
    format!("the result of `{method}` cannot cross: {flaw}")
}

/// The error of a call whose arguments do not cross.
#[cold]
pub(crate) fn refused_arguments(to: &dyn Display, method: &str, flaw: &Malformed) -> Error {
    Error::msg(format!("the arguments of `{method}` cannot cross to {to}: {flaw}"))
}

/// Checks a value of this name.
pub(crate) fn check<T: Portable>(value: &T, name: &'static str) -> Result<(), Malformed> {
    check_put(name, |checker| value.put(checker))
}

/// Checks the values of a list of this name.
pub(crate) fn check_list<T: Portable>(list: &[T], name: &'static str) -> Result<(), Malformed> {
    check_put(name, |checker| T::put_list(list, checker))
}

/// Checks a path of this name.
pub(crate) fn check_path(path: &Path, name: &'static str) -> Result<(), Malformed> {
    check_put(name, |checker| checker.path(path))
}

fn check_put(name: &'static str, put: impl FnOnce(Checker<'_>)) -> Result<(), Malformed> {
    let mut flaw = None;
    let place = Place { step: Step::Field(name), outer: None };
    put(Checker { depth: MAX_DEPTH, is_element: false, place: &place, flaw: &mut flaw });
    flaw.map_or(Ok(()), Err)
}

/// Checks the next value. It counts the messages that the writer of protobuf writes.
struct Checker<'c> {
    /// How many more messages may be within this place.
    depth: u32,
    /// Whether the value stands in an option, a list, a map or a variant, as in the writer.
    is_element: bool,
    place: &'c Place<'c>,
    /// The first flaw.
    flaw: &'c mut Option<Malformed>,
}

/// The way to a value.
struct Place<'p> {
    step: Step<'p>,
    outer: Option<&'p Place<'p>>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    /// A field or an argument, or a variant that is its field.
    Field(&'static str),
    /// A variant and its field.
    VariantField(&'static str, &'static str),
    Index(usize),
    Key(&'p dyn Debug),
}

impl Place<'_> {
    #[cold]
    fn locate(&self, flaw: Malformed) -> Malformed {
        let flaw = match self.step {
            Step::Field(name) => flaw.within(name),
            Step::VariantField(variant, name) => flaw.within(name).within(variant),
            Step::Index(index) => flaw.at(index),
            Step::Key(key) => flaw.of(key),
        };
        match self.outer {
            Some(outer) => outer.locate(flaw),
            None => flaw,
        }
    }
}

impl<'c> Checker<'c> {
    /// Enters this many messages. `None` if they are too many, or if there is a flaw already.
    fn enter(self, messages: u32) -> Option<Self> {
        if self.flaw.is_some() {
            return None;
        }
        match self.depth.checked_sub(messages) {
            Some(depth) => Some(Self { depth, ..self }),
            None => {
                // The whole way would be a long text.
                *self.flaw = Some(Malformed::new(TOO_DEEP));
                None
            }
        }
    }

    fn refuse(self, flaw: Malformed) {
        if self.flaw.is_none() {
            *self.flaw = Some(self.place.locate(flaw));
        }
    }

    /// Enters the message around a value that consists of several parts.
    fn unwrapped(self) -> Option<Self> {
        let messages = u32::from(self.is_element);
        self.enter(messages)
    }

    fn element<T: Portable>(&mut self, value: &T, step: Step<'_>) {
        let place = Place { step, outer: Some(self.place) };
        value.put(Checker { depth: self.depth, is_element: true, place: &place, flaw: self.flaw });
    }

    fn fields(self, fields: &'static [Field], variant: Option<&'static Variant>) -> CheckedFields<'c> {
        let Self { depth, place, flaw, .. } = self;
        CheckedFields { depth, fields, variant, place: Place { step: Step::Field(""), outer: Some(place) }, flaw }
    }
}

macro_rules! nothing {
    ($($name:ident: $ty:ty,)*) => {
        $(fn $name(self, _: $ty) {})*
    };
}

impl<'c> Sink for Checker<'c> {
    type Fields = CheckedFields<'c>;

    nothing! {
        bool: bool,
        i8: i8,
        i16: i16,
        i32: i32,
        i64: i64,
        u8: u8,
        u16: u16,
        u32: u32,
        u64: u64,
        f32: f32,
        f64: f64,
        char: char,
        string: &str,
        bytes: &[u8],
    }

    fn unit(self) {
        self.enter(1);
    }

    fn path(self, value: &Path) {
        if value.to_str().is_none() {
            self.refuse(Malformed::new(format!("the path {value:?} is not Unicode")));
        }
    }

    fn moment(self, moment: Moment) {
        if let Err(flaw) = moment.check() {
            self.refuse(flaw);
        } else {
            self.enter(1);
        }
    }

    fn option<T: Portable>(self, value: Option<&T>) {
        let Some(inner) = self.unwrapped() else { return };
        if let Some(value) = value {
            value.put(Checker { is_element: true, ..inner });
        }
    }

    fn list<'a, T: Portable>(self, values: impl ExactSizeIterator<Item = &'a T>) {
        let Some(mut inner) = self.unwrapped() else { return };
        for (at, value) in values.enumerate() {
            if inner.flaw.is_some() {
                return;
            }
            inner.element(value, Step::Index(at));
        }
    }

    fn map<'a, K: Key, V: Portable>(self, entries: impl ExactSizeIterator<Item = (&'a K, &'a V)>) {
        let Some(inner) = self.unwrapped() else { return };
        let Checker { depth, place, flaw, .. } = inner;
        for (key, value) in entries {
            let entry = Checker { depth, is_element: true, place, flaw: &mut *flaw };
            let Some(mut entry) = entry.enter(1) else { return };
            entry.element(value, Step::Key(key));
        }
    }

    fn structure(self, ty: TypeRef, put: impl FnOnce(&mut CheckedFields<'c>)) {
        let Some(inner) = self.enter(1) else { return };
        put(&mut inner.fields(ty.get().fields(), None));
    }

    fn choice(self, _: TypeRef, _: usize) {}

    fn variant(self, ty: TypeRef, index: usize, put: impl FnOnce(&mut CheckedFields<'c>)) {
        let Type::Enum { variants, .. } = ty.get() else { return };
        let variant = &variants[index];
        // A variant that is not its field is a message in a message.
        let Some(inner) = self.enter(if variant.is_its_field() { 1 } else { 2 }) else { return };
        put(&mut inner.fields(variant.fields, Some(variant)));
    }
}

/// Checks the fields of a struct or a variant.
struct CheckedFields<'c> {
    depth: u32,
    fields: &'static [Field],
    variant: Option<&'static Variant>,
    /// The place of the current field.
    place: Place<'c>,
    flaw: &'c mut Option<Malformed>,
}

impl PutFields for CheckedFields<'_> {
    type Sink<'a>
        = Checker<'a>
    where
        Self: 'a;

    fn field(&mut self, index: usize) -> Checker<'_> {
        let name = self.fields[index].name;
        let (step, is_element) = match self.variant {
            None => (Step::Field(name), false),
            Some(variant) if variant.is_its_field() => (Step::Field(variant.name), true),
            Some(variant) => (Step::VariantField(variant.name, name), false),
        };
        self.place.step = step;
        Checker { depth: self.depth, is_element, place: &self.place, flaw: self.flaw }
    }
}
