//! Declares interfaces: traits with an identity for the linker, the registry and a person.

use std::any::{Any, TypeId};
#[cfg(any(feature = "library", feature = "wire"))]
use std::collections::BTreeMap;
#[cfg(any(feature = "library", feature = "wire"))]
use std::sync::{Mutex, PoisonError};

/// A trait that plugins implement and a host opens, as `dyn Trait`.
///
/// `#[plug::interface]` above a trait implements this for its object type; nothing else should.
///
/// ```
/// #[plug::interface]
/// pub trait Greeter: Send + Sync {
///     fn greet(&self, name: &str) -> String;
/// }
///
/// fn name_of<I: plug::Interface + ?Sized>() -> &'static str {
///     I::IDENTITY.name()
/// }
/// assert!(name_of::<dyn Greeter>().ends_with("::Greeter"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an interface",
    label = "this trait has no `#[plug::interface]`",
    note = "write `#[plug::interface]` above the trait, in the crate that declares it"
)]
pub trait Interface: 'static {
    #[doc(hidden)]
    const DECLARATION: Declaration;

    /// Present only for portable interfaces.
    #[doc(hidden)]
    const VTABLES: Option<&'static Vtables> = None;

    /// The identity, which differs from that of every other interface.
    const IDENTITY: &'static Identity = &Identity::of::<Self>();
}

/// The facts that `#[plug::interface]` records.
/// It does not name the object type: for a trait that has none, the compiler would report that
/// twice.
#[doc(hidden)]
pub struct Declaration {
    pub path: &'static str,
    pub version: &'static str,
    pub place: &'static str,
    pub is_generic: bool,
}

impl Declaration {
    /// The number that identifies the interface.
    /// All interfaces of one generic trait share a number.
    pub(crate) const fn number(&self) -> u64 {
        fnv(fnv(fnv(FNV_OFFSET, self.path), self.version), self.place)
    }
}

/// The data of a portable interface for the links: its record, and a vtable for each link.
///
/// Each link looks up its own vtable by type, so that a new link changes no other.
#[doc(hidden)]
pub struct Vtables {
    record: &'static [u8],
    links: &'static [&'static (dyn Any + Sync)],
}

impl Vtables {
    pub const fn new(record: &'static [u8], links: &'static [&'static (dyn Any + Sync)]) -> Self {
        Self { record, links }
    }
}

/// Identifies an interface: by type for the registry, by number for the linker, by path for a
/// person.
pub struct Identity {
    id: TypeId,
    number: u64,
    version: &'static str,
    name: InterfaceName,
    vtables: Option<&'static Vtables>,
}

/// The name of an interface.
/// That of a generic one comes from the compiler, which does not give it in a constant.
enum InterfaceName {
    Fixed(&'static str),
    Computed(fn() -> &'static str),
}

impl Identity {
    const fn of<I: ?Sized + Interface>() -> Self {
        let Declaration { version, is_generic, .. } = I::DECLARATION;
        let name = if is_generic {
            InterfaceName::Computed(type_name::<I>)
        } else {
            InterfaceName::Fixed(I::DECLARATION.path)
        };
        Self { id: TypeId::of::<I>(), number: I::DECLARATION.number(), version, name, vtables: I::VTABLES }
    }

    /// The path of the trait, such as `app_interface::Plug`.
    pub fn name(&self) -> &'static str {
        match self.name {
            InterfaceName::Fixed(name) => name,
            InterfaceName::Computed(name) => name(),
        }
    }

    /// The version of the package that declares it.
    pub fn version(&self) -> &'static str {
        self.version
    }

    #[cfg(feature = "host")]
    pub(crate) fn id(&self) -> TypeId {
        self.id
    }

    /// An interface that another build has and this program does not.
    /// It is leaked, and so lives as long as a loaded library.
    #[cfg(any(feature = "library", feature = "wire"))]
    pub(crate) fn foreign(id: TypeId, path: &str, version: &str) -> &'static Self {
        static KNOWN: Mutex<BTreeMap<(&'static str, &'static str), &'static Identity>> = Mutex::new(BTreeMap::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&(path, version)) {
            return known;
        }
        let (path, version): (&'static str, &'static str) = (path.to_owned().leak(), version.to_owned().leak());
        let number = fnv(fnv(FNV_OFFSET, path), version);
        let new = Box::leak(Box::new(Self { id, number, version, name: InterfaceName::Fixed(path), vtables: None }));
        known.insert((path, version), new);
        new
    }

    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// The vtable of a link.
    /// `None` if the interface is not portable, or if the build lacks the link.
    pub(crate) fn vtable<V: Any>(&self) -> Option<&'static V> {
        self.vtables?.links.iter().find_map(|vtable| {
            let vtable: &'static dyn Any = *vtable;
            vtable.downcast_ref()
        })
    }

    /// The record of the interface, which another build compares with its own.
    /// `None` if the interface is not portable.
    pub(crate) fn record(&self) -> Option<&'static [u8]> {
        Some(self.vtables?.record)
    }
}

/// Two identities are equal if they are of one interface.
impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        // Foreign interfaces share one type, so their numbers tell them apart.
        self.id == other.id && self.number == other.number
    }
}

impl Eq for Identity {}

impl std::hash::Hash for Identity {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.id, self.number).hash(state);
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("name", &self.name()).field("version", &self.version).finish_non_exhaustive()
    }
}

/// The compiler's name of the type, so that `Store<u8>` and `Store<u16>` differ.
fn type_name<I: ?Sized>() -> &'static str {
    let name = std::any::type_name::<I>();
    name.strip_prefix("dyn ").unwrap_or(name)
}

// FNV-1a, 64 bits: <http://www.isthe.com/chongo/tech/comp/fnv/>.
// It can be computed in a constant.
// It need not resist an adversary: an author of two interfaces with one hash fails only their own
// build.
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;
pub(crate) const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

pub(crate) const fn fnv(hash: u64, text: &str) -> u64 {
    // A byte that UTF-8 never has, so that ("ab", "c") and ("a", "bc") differ.
    fnv_bytes(fnv_bytes(hash, text.as_bytes()), &[0xff])
}

pub(crate) const fn fnv_bytes(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(FNV_PRIME);
        at += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_is_fnv_1a() {
        // The vectors of the draft "The FNV Non-Cryptographic Hash Algorithm", with our closing
        // byte added.
        let closed = |hash: u64| (hash ^ 0xff).wrapping_mul(FNV_PRIME);
        assert_eq!(fnv(FNV_OFFSET, ""), closed(0xcbf2_9ce4_8422_2325));
        assert_eq!(fnv(FNV_OFFSET, "a"), closed(0xaf63_dc4c_8601_ec8c));
        assert_eq!(fnv(FNV_OFFSET, "foobar"), closed(0x8594_4171_f739_67e8));
    }

    #[test]
    fn number_tells_path_from_version() {
        let number = |path, version| fnv(fnv(FNV_OFFSET, path), version);
        assert_ne!(number("a::B", "1.0.0"), number("a::B", "1.0.1"));
        assert_ne!(number("ab", "c"), number("a", "bc"));
    }
}
