//! Objects that cross: an argument `&dyn Trait` is lent for the call, and a `Box<dyn Trait>`, which
//! may be a result too, is given away.
//!
//! In a library the object itself crosses, as functions behind a pointer.
//! On a wire its number does, and the link finds the way back to the object.

use std::cell::Cell;
use std::sync::Arc;

use super::Portable;
use crate::abi::object::Passing;
use crate::abi::table::Object;
use crate::abi::view::Scratch;
use crate::error::Error;
use crate::portable::arguments::{Arguments, BindObjects, Share};
use crate::portable::codec::{Malformed, Sink, Source};
use crate::portable::method::{Boundary, Method, PortableInterface};
use crate::portable::outcome::Outcome;

use crate::portable::types::TypeRef;

/// An object that is lent for a call.
pub struct Lending<'a, I: ?Sized + PortableInterface> {
    object: &'a I::Of<'a>,
    /// The number on the wire.
    number: Cell<u32>,
}

impl<'a, I: ?Sized + PortableInterface> Lending<'a, I> {
    #[inline]
    pub fn new(object: &'a I::Of<'a>) -> Self {
        Self { object, number: Cell::new(0) }
    }

    #[inline]
    pub fn get(&self) -> &'a I::Of<'a> {
        self.object
    }

    /// The place of its number on the wire.
    pub(crate) fn number_cell(&self) -> &Cell<u32> {
        &self.number
    }

    pub(crate) fn number(&self) -> u32 {
        self.number.get()
    }
}

/// An object that is given away, unless the other side does not take it.
pub struct Handed<I: ?Sized> {
    /// `None` once it is shared.
    object: Cell<Option<Box<I>>>,
    /// The object, while a library can take it.
    passing: Passing<I>,
    /// The object, while the other side of a wire can call it.
    shared: Cell<Option<Arc<Box<I>>>>,
    /// The number on the wire.
    number: Cell<u32>,
}

impl<I: ?Sized> Handed<I> {
    #[inline]
    pub fn new(object: Box<I>) -> Self {
        let (passing, shared, number) = (Passing::default(), Cell::new(None), Cell::new(0));
        Self { object: Cell::new(Some(object)), passing, shared, number }
    }

    /// The object, if it is still here.
    #[inline]
    pub(crate) fn into_object(self) -> Option<Box<I>> {
        let object = self.object.take().or_else(|| self.passing.take());
        object.or_else(|| self.shared.take().and_then(Arc::into_inner))
    }

    /// Lets a library take the object: its parts, and the flag that says so. `None` if it is gone.
    #[inline]
    pub(crate) fn pass(&self) -> Option<(Object, *mut bool)> {
        if let Some(object) = self.object.take() {
            self.passing.put(object);
        }
        self.passing.parts()
    }

    pub(crate) fn number(&self) -> u32 {
        self.number.get()
    }
}

impl<I: ?Sized> Share<I> for Handed<I> {
    fn share(&self, number: &mut dyn FnMut(Arc<Box<I>>) -> u32) {
        if let Some(object) = self.object.take() {
            let object = Arc::new(object);
            self.shared.set(Some(Arc::clone(&object)));
            self.number.set(number(object));
        }
    }
}

impl<I: ?Sized + PortableInterface> Handed<I> {
    /// The object. If the other side has taken it, it is one whose calls say so.
    #[inline]
    pub fn into_box(self) -> Box<I> {
        self.into_object().unwrap_or_else(|| I::remote(Nowhere))
    }
}

/// An object of the other side of a wire: its number, and the object once it is bound.
pub struct KeptObject<I: ?Sized> {
    number: u32,
    object: Option<Box<I>>,
}

impl<I: ?Sized + PortableInterface> KeptObject<I> {
    pub(crate) fn bind(&mut self, binder: &impl BindObjects, is_given: bool) {
        self.object = Some(binder.bind(self.number, is_given));
    }

    pub(crate) fn object(&mut self) -> &I {
        self.object.get_or_insert_with(|| I::remote(Nowhere))
    }

    pub(crate) fn into_object(self) -> Box<I> {
        self.object.unwrap_or_else(|| I::remote(Nowhere))
    }
}

impl<I: ?Sized + PortableInterface> Portable for KeptObject<I> {
    type View<'a> = u32;
    const TYPE: TypeRef = u32::TYPE;
    const ID: u64 = u32::ID;
    const IS_FLAT: bool = true;

    fn view<'a>(&'a self, _: &'a Scratch) -> u32 {
        self.number
    }

    fn own(number: u32) -> Self {
        Self { number, object: None }
    }

    fn put<S: Sink>(&self, sink: S) {
        sink.u32(self.number);
    }

    fn merge<S: Source>(slot: &mut Option<Self>, source: S) -> Result<(), Malformed> {
        *slot = match source.u32()? {
            0 => None,
            number => Some(Self::own(number)),
        };
        Ok(())
    }

    fn missing() -> Result<Self, Malformed> {
        Err(Malformed::new("the number of an object is missing"))
    }
}

/// The boundary of an object that cannot be reached.
pub(crate) struct Nowhere;

impl Boundary for Nowhere {
    fn has<M: Method>(&self) -> bool {
        true
    }

    fn call<M: Method>(&self, _: &<M::Arguments as Arguments>::Given<'_>) -> M::Outcome {
        M::Outcome::of(Err(Error::msg(format!("`{}` cannot be called: there is no way back to its object", M::NAME))))
    }
}
