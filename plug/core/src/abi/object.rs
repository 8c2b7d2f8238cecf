//! The view of an object that crosses.

use std::cell::Cell;
use std::marker::PhantomData;

use crate::abi::table::{CallFn, Object};
use crate::abi::view::Slice;

/// An object of the side that makes the view: lent for a call, or given away.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ObjectView<'a> {
    size: u32,
    /// The record of its interface.
    pub(crate) interface: Slice<'static, u8>,
    /// In the order of that record.
    pub(crate) calls: Slice<'static, CallFn>,
    pub(crate) object: Object,
    /// Destroys the object. `None` if it is lent.
    pub(crate) close: Option<CallFn>,
    /// Set by the side that takes an object which is given. It then destroys the object.
    pub(crate) is_taken: *mut bool,
    lent: PhantomData<&'a ()>,
}

// SAFETY: only objects of portable interfaces cross, which are `Send + Sync`. The flag is used during
// the call alone, and by one thread. The rest is constant.
unsafe impl Send for ObjectView<'_> {}
// SAFETY: the same.
unsafe impl Sync for ObjectView<'_> {}

impl ObjectView<'_> {
    /// The functions are those of the interface with this record, in its order.
    #[inline]
    pub(crate) fn new(
        object: Object,
        interface: &'static [u8],
        calls: &'static [CallFn],
        close: Option<CallFn>,
        is_taken: *mut bool,
    ) -> Self {
        let (size, interface, calls) = (size_of::<Self>() as u32, Slice::new(interface), Slice::new(calls));
        Self { size, interface, calls, object, close, is_taken, lent: PhantomData }
    }
}

/// An object that the other side may take. It is dropped here otherwise.
pub(crate) struct Passing<I: ?Sized> {
    /// A box that was taken apart.
    object: Cell<Option<*mut I>>,
    is_taken: Cell<bool>,
}

// SAFETY: it is a box and a flag.
unsafe impl<I: ?Sized + Send> Send for Passing<I> {}

impl<I: ?Sized> Default for Passing<I> {
    #[inline]
    fn default() -> Self {
        Self { object: Cell::new(None), is_taken: Cell::new(false) }
    }
}

impl<I: ?Sized> Passing<I> {
    /// Lets the object pass. Only one does.
    #[inline]
    pub(crate) fn put(&self, object: Box<I>) {
        drop(self.take());
        self.object.set(Some(Box::into_raw(object)));
    }

    /// The object and the flag, for the other side.
    #[inline]
    pub(crate) fn parts(&self) -> Option<(Object, *mut bool)> {
        self.object.get().map(|object| (Object::raw(object), self.is_taken.as_ptr()))
    }

    /// The same for an object of a type with a size.
    pub(crate) fn parts_of_sized(&self) -> Option<(Object, *mut bool)>
    where
        I: Sized,
    {
        self.object.get().map(|object| (Object::thin(object), self.is_taken.as_ptr()))
    }

    /// The object, unless the other side has taken it.
    #[inline]
    pub(crate) fn take(&self) -> Option<Box<I>> {
        let object = self.object.take().filter(|_| !self.is_taken.get())?;
        // SAFETY: `put` has taken a box apart, and the other side has not taken it.
        Some(unsafe { Box::from_raw(object) })
    }
}

impl<I: ?Sized> Drop for Passing<I> {
    #[inline]
    fn drop(&mut self) {
        drop(self.take());
    }
}
