//! Lists the submissions of the macros in this binary, which `linkme` or `inventory` collected.

/// The output of `link!` in the binary.
#[doc(hidden)]
pub struct Linked(pub &'static str);

#[cfg(feature = "linkme")]
mod with {
    use super::Linked;
    use crate::entry::Entry;
    use crate::entry::handshake::Declared;
    use crate::portable::method::Portables;

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

    #[cfg(feature = "host")]
    pub(crate) fn linked() -> impl Iterator<Item = &'static Linked> {
        LINKED.iter()
    }

    #[cfg(any(feature = "library", feature = "wire"))]
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
    use super::Linked;
    use crate::entry::Entry;
    use crate::entry::handshake::Declared;
    use crate::portable::method::Portables;

    inventory::collect!(Entry);
    inventory::collect!(Linked);
    inventory::collect!(Portables);
    inventory::collect!(Declared);

    pub(crate) fn entries() -> impl Iterator<Item = &'static Entry> {
        inventory::iter::<Entry>.into_iter()
    }

    #[cfg(feature = "host")]
    pub(crate) fn linked() -> impl Iterator<Item = &'static Linked> {
        inventory::iter::<Linked>.into_iter()
    }

    #[cfg(any(feature = "library", feature = "wire"))]
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
    #[cfg(feature = "host")]
    use super::Linked;
    use crate::entry::Entry;

    // `#[plug]` and `link!` fail to compile without a way to register, so both are empty.
    pub(crate) fn entries() -> impl Iterator<Item = &'static Entry> {
        std::iter::empty()
    }

    #[cfg(feature = "host")]
    pub(crate) fn linked() -> impl Iterator<Item = &'static Linked> {
        std::iter::empty()
    }
}

#[cfg(feature = "linkme")]
#[doc(hidden)]
pub use with::{ENTRIES, HANDSHAKES, LINKED, PORTABLES};

pub(crate) use with::entries;
#[cfg(feature = "process")]
pub(crate) use with::handshakes;
#[cfg(feature = "host")]
pub(crate) use with::linked;
#[cfg(any(feature = "library", feature = "wire"))]
pub(crate) use with::portables;
