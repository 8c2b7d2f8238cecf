//! The vtable of an interface for the links that call by message.

use std::sync::Arc;

use crate::error::Error;
use crate::plugin::Plugin;
use crate::portable::method::PortableInterface;
use crate::wire::callee::{self};
use crate::wire::way::Callee;

type Opened = Result<Arc<dyn Callee>, Error>;

pub(crate) struct Vtable {
    /// Opens a plugin of the interface, so that its methods can be called by message.
    pub open: fn(&Plugin) -> Opened,
    /// The same with settings. The error is the plugin's own.
    pub open_with: fn(&Plugin, &str) -> Opened,
}

impl Vtable {
    pub(crate) const fn of<I: ?Sized + PortableInterface>() -> Self {
        Self { open: callee::open::<I>, open_with: callee::open_with::<I> }
    }
}
