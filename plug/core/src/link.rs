//! Where plugins come from: the seam between a way of joining them and the registry, which knows nothing else of it.

pub(crate) mod builtin;
mod parse;

pub use builtin::Builtin;
pub use parse::{Address, parse};

pub use crate::difference::Difference;
pub use crate::error::LinkFault;
pub use crate::library::LibraryFault;
#[cfg(feature = "library")]
pub use crate::library::{InspectedInterface, InspectedMethod, Inspection, Library, LibraryOptions, Loopback};

#[cfg(feature = "grpc")]
pub use crate::grpc::{Grpc, GrpcAddress, GrpcFault, GrpcOptions, GrpcServer, GrpcStop};
#[cfg(feature = "process")]
pub use crate::process::{
    Death, Handshake, HandshakeFault, Process, ProcessFault, ProcessOptions, Protocol, Reattach, Restart, Unrunnable,
};

use crate::catalogue::Catalogue;
use crate::error::Error;
use crate::plugin::Plugin;

/// A place that plugins come from.
///
/// A list of plugins is one too, so that a registry can be made by hand, with and without some of them:
///
/// ```
/// # #[plug::interface]
/// # pub trait Greeter {}
/// # struct Fake;
/// # impl Greeter for Fake {}
/// use plug::{Plugin, Registry};
///
/// let mut plugins: Vec<_> = Registry::builtin().plugins().filter(|plugin| plugin.name() != "a").cloned().collect();
/// plugins.push(Plugin::new::<dyn Greeter>("fake", || Ok(Box::new(Fake)))?);
///
/// let mut registry = Registry::new();
/// registry.add(&plugins)?;
/// assert!(registry.open::<dyn Greeter>("fake").is_ok());
/// # Ok::<(), plug::Error>(())
/// ```
pub trait Link {
    /// The plugins there are, in any order.
    ///
    /// # Errors
    ///
    /// Where they cannot be found out.
    fn plugins(&self) -> Result<Vec<Plugin>, Error>;

    /// What could be there beside them. Nothing, unless the link knows better.
    fn catalogue(&self) -> Catalogue {
        Catalogue::default()
    }
}

impl Link for Vec<Plugin> {
    fn plugins(&self) -> Result<Vec<Plugin>, Error> {
        Ok(self.clone())
    }
}

impl<const N: usize> Link for [Plugin; N] {
    fn plugins(&self) -> Result<Vec<Plugin>, Error> {
        Ok(self.to_vec())
    }
}
