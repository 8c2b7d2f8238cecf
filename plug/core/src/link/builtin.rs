//! The builtin link: the plugins that the linker put into this binary. It knows how they were registered, and that alone.

use super::Link;
use crate::catalogue::{Catalogue, Linked};
use crate::error::Error;
use crate::plugin::{Entry, Plugin};

/// The plugins that are linked into this binary.
///
/// [`Registry::builtin`](crate::Registry::builtin) holds just these; add the link to a registry of your own to have others
/// beside them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Builtin;

impl Link for Builtin {
    fn plugins(&self) -> Result<Vec<Plugin>, Error> {
        let mut plugins = Vec::with_capacity(entries().count());
        plugins.extend(entries().map(Plugin::from));
        Ok(plugins)
    }

    fn catalogue(&self) -> Catalogue {
        linked().collect()
    }
}

#[cfg(feature = "linkme")]
mod with {
    use super::{Entry, Linked};
    use crate::handshake::Declared;
    use crate::portable::Portables;

    #[allow(missing_docs, reason = "the attribute drops docs, and the statics are hidden")]
    #[linkme::distributed_slice]
    pub static ENTRIES: [Entry];

    #[allow(missing_docs, reason = "the attribute drops docs, and the statics are hidden")]
    #[linkme::distributed_slice]
    pub static LINKED: [Linked];

    #[allow(missing_docs, reason = "the attribute drops docs, and the statics are hidden")]
    #[linkme::distributed_slice]
    pub static PORTABLES: [Portables];

    #[allow(missing_docs, reason = "the attribute drops docs, and the statics are hidden")]
    #[linkme::distributed_slice]
    pub static HANDSHAKES: [Declared];

    pub(crate) fn entries() -> impl Iterator<Item = &'static Entry> {
        ENTRIES.iter()
    }

    pub(super) fn linked() -> impl Iterator<Item = &'static Linked> {
        LINKED.iter()
    }

    #[cfg(any(feature = "library", feature = "remote"))]
    pub(crate) fn portables() -> impl Iterator<Item = &'static Portables> {
        PORTABLES.iter()
    }

    #[cfg(feature = "process")]
    pub(crate) fn handshakes() -> impl Iterator<Item = &'static Declared> {
        HANDSHAKES.iter()
    }
}

#[cfg(all(feature = "inventory", not(feature = "linkme")))]
mod with {
    use super::{Entry, Linked};
    use crate::handshake::Declared;
    use crate::portable::Portables;

    inventory::collect!(Entry);
    inventory::collect!(Linked);
    inventory::collect!(Portables);
    inventory::collect!(Declared);

    pub(crate) fn entries() -> impl Iterator<Item = &'static Entry> {
        inventory::iter::<Entry>.into_iter()
    }

    pub(super) fn linked() -> impl Iterator<Item = &'static Linked> {
        inventory::iter::<Linked>.into_iter()
    }

    #[cfg(any(feature = "library", feature = "remote"))]
    pub(crate) fn portables() -> impl Iterator<Item = &'static Portables> {
        inventory::iter::<Portables>.into_iter()
    }

    #[cfg(feature = "process")]
    pub(crate) fn handshakes() -> impl Iterator<Item = &'static Declared> {
        inventory::iter::<Declared>.into_iter()
    }
}

#[cfg(not(any(feature = "inventory", feature = "linkme")))]
mod with {
    use super::{Entry, Linked};

    // `#[plug]` and `link!` fail to compile without a way to register, so there is nothing to find.
    pub(crate) fn entries() -> impl Iterator<Item = &'static Entry> {
        std::iter::empty()
    }

    pub(super) fn linked() -> impl Iterator<Item = &'static Linked> {
        std::iter::empty()
    }
}

use with::linked;
#[cfg(feature = "linkme")]
#[doc(hidden)]
pub use with::{ENTRIES, HANDSHAKES, LINKED, PORTABLES};

pub(crate) use with::entries;
#[cfg(feature = "process")]
pub(crate) use with::handshakes;
#[cfg(any(feature = "library", feature = "remote"))]
pub(crate) use with::portables;
