//! The vtables of a portable interface, one for each link. A new link adds a line here.

use std::any::Any;

use crate::library;
use crate::portable::method::PortableInterface;
use crate::portable::signature::Description;

/// The vtables that `#[plug::interface(portable)]` puts into the identity of an interface.
pub trait AllVtables: PortableInterface {
    const ALL: &'static [&'static (dyn Any + Sync)] = &[
        &Description::of::<Self>(),
        &library::vtable::Vtable::of::<Self>(),
        #[cfg(feature = "wire")]
        &crate::wire::vtable::Vtable::of::<Self>(),
        #[cfg(feature = "rpc")]
        &crate::rpc::client::vtable::Vtable::of::<Self>(),
    ];
}

impl<I: ?Sized + PortableInterface> AllVtables for I {}
