//! The view of an object that crosses as an argument.

use std::marker::PhantomData;

use crate::abi::table::{CallFn, Object};
use crate::abi::view::Slice;

/// An object of the caller that is lent for a call.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct LentObject<'a> {
    size: u32,
    /// The record of its interface.
    pub(crate) interface: Slice<'static, u8>,
    /// In the order of that record.
    pub(crate) calls: Slice<'static, CallFn>,
    pub(crate) object: Object,
    lent: PhantomData<&'a ()>,
}

// SAFETY: only objects of portable interfaces are lent, which are `Sync`. The rest is constant.
unsafe impl Send for LentObject<'_> {}
// SAFETY: the same.
unsafe impl Sync for LentObject<'_> {}

impl<'a> LentObject<'a> {
    /// The functions are those of the interface `I`, in the order of its record.
    #[inline]
    pub(crate) fn new<I: ?Sized + Sync>(object: &'a I, interface: &'static [u8], calls: &'static [CallFn]) -> Self {
        let size = size_of::<Self>() as u32;
        let (interface, calls) = (Slice::new(interface), Slice::new(calls));
        Self { size, interface, calls, object: Object::lent(object), lent: PhantomData }
    }
}
