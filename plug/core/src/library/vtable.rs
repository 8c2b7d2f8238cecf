//! The vtable of an interface for the library link: the functions that a library exports for it.

use crate::abi::table::CallFn;
use crate::library::callee;
use crate::portable::method::PortableInterface;

pub(crate) struct Vtable {
    pub calls: &'static [CallFn],
    pub open: CallFn,
    pub close: CallFn,
    /// Wraps an object of a library as the interface.
    #[cfg(feature = "library")]
    pub make: fn(&mut crate::entry::Slot<'_>, crate::library::host::object::LibraryObject),
}

impl Vtable {
    pub(crate) const fn of<I: ?Sized + PortableInterface>() -> Self {
        Self {
            calls: I::CALLS,
            open: callee::open::<I>,
            close: callee::close::<I>,
            #[cfg(feature = "library")]
            make: |slot, object| slot.put(I::remote(object)),
        }
    }
}
