//! The vtable of an interface for the client of a remote link.

use crate::entry::Slot;
use crate::portable::method::PortableInterface;
use crate::rpc::client::object::RemoteObject;

pub(crate) struct Vtable {
    /// Wraps a remote object as the interface.
    pub make: fn(&mut Slot<'_>, RemoteObject),
}

impl Vtable {
    pub(crate) const fn of<I: ?Sized + PortableInterface>() -> Self {
        Self { make: |slot, object| slot.put(I::remote(object)) }
    }
}
