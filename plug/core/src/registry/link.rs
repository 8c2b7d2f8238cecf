//! The trait of all links: the source of a registry's plugins.

use crate::error::Error;
use crate::plugin::Plugin;
use crate::registry::catalogue::Catalogue;

/// A source of plugins.
///
/// A list of plugins is a link too, so that a registry can be made by hand:
///
/// ```
/// # #[plug::interface]
/// # pub trait Greeter {}
/// # struct Fake;
/// # impl Greeter for Fake {}
/// use plug::{Plugin, Registry};
///
/// let builtin = Registry::builtin().plugins();
/// let mut plugins: Vec<_> = builtin.filter(|plugin| plugin.name() != "a").cloned().collect();
/// plugins.push(Plugin::new::<dyn Greeter>("fake", || Ok(Box::new(Fake)))?);
///
/// let mut registry = Registry::new();
/// registry.add(&plugins)?;
/// assert!(registry.open::<dyn Greeter>("fake").is_ok());
/// # Ok::<(), plug::Error>(())
/// ```
pub trait Link {
    /// The plugins of the link, in any order.
    ///
    /// # Errors
    ///
    /// If they cannot be listed.
    fn plugins(&self) -> Result<Vec<Plugin>, Error>;

    /// The features that could bring more plugins. By default empty.
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
