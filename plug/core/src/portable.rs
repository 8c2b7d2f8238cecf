//! The types that can cross the boundary between two builds, in a form that does not depend on a
//! compiler.
//! All links use the same description of a type and the same list of methods.

#[doc(hidden)]
pub(crate) mod arguments;
#[doc(hidden)]
pub(crate) mod chain;
pub(crate) mod check;
pub(crate) mod circle;
#[doc(hidden)]
pub(crate) mod codec;
pub(crate) mod const_text;
pub(crate) mod containers;
pub(crate) mod flow;
#[doc(hidden)]
pub(crate) mod forms;
#[doc(hidden)]
pub(crate) mod method;
#[doc(hidden)]
pub(crate) mod objects;
#[doc(hidden)]
pub(crate) mod outcome;
#[doc(hidden)]
pub(crate) mod record;
#[doc(hidden)]
pub(crate) mod signature;
#[doc(hidden)]
pub(crate) mod streams;
pub(crate) mod times;
#[doc(hidden)]
pub(crate) mod types;
pub(crate) mod values;

use crate::abi::view::{Scratch, Slice};
use crate::portable::codec::{Malformed, Sink, Source};
use crate::portable::types::{Type, TypeRef};

/// A type whose values can cross the boundary to another build: to a shared library of another
/// compiler, to another process, or to another machine.
///
/// | Rust | in a signature |
/// |---|---|
/// | `bool`, `i8` to `i64`, `u8` to `u64`, `f32`, `f64`, `char`, `()` | itself |
/// | `String`, and as an argument `&str` | `String` |
/// | `Vec<u8>`, and as an argument `&[u8]` | `Vec<u8>` |
/// | `Option<T>`, `Box<T>` | itself |
/// | `Vec<T>`, `[T; N]`, and as an argument `&[T]` | `Vec<T>`, `[T; N]` |
/// | `HashSet<T>`, `BTreeSet<T>` | `Set<T>` |
/// | `HashMap<K, V>`, `BTreeMap<K, V>`; K is `bool`, `char`, an integer or `String` | `Map<K, V>` |
/// | tuples of up to eight types | itself |
/// | `Duration`, `SystemTime` | itself |
/// | `PathBuf`, and as an argument `&Path` | `PathBuf` |
/// | structs and enums with `#[derive(plug::Portable)]` | all types in them |
///
/// A whole argument or result can also be an object or a stream, which have a form of their own in a
/// signature: `&dyn Trait` and `Box<dyn Trait>` of a portable interface, `Items<T>` and `Stream<T>`.
///
/// `usize`, `isize`, `i128` and `u128` do not cross.
/// The size of the first two depends on the platform, and protobuf has no counterpart of the
/// others.
///
/// A struct or enum may be generic: its parameters are types that cross, or constants.
///
/// It may contain itself, through a `Vec`, an `Option<Box<_>>`, a set or a map.
/// A signature then has the fields of each type once, and afterwards its name: `Node { .. }`.
/// A generic type cannot contain itself.
///
/// A few values do not cross, and a call with one fails before anything is sent:
///
/// * a value that nests more than 100 messages of protobuf.
///   A list in a list is two of them, and a map in a map is three.
/// * a `Duration` of more than 315,576,000,000 seconds, which are 10,000 years.
///   Over net/rpc, the limit is that of Go's `time.Duration`: 292 years.
/// * a `SystemTime` that is not in the years 1 to 9999.
/// * a path that is not Unicode.
///
/// The builtin link has none of these limits.
///
/// Derive this trait. Its items are for the macros.
///
/// ```
/// use std::collections::BTreeMap;
///
/// #[derive(plug::Portable)]
/// pub struct Page {
///     pub title: String,
///     pub links: BTreeMap<String, Target>,
/// }
///
/// #[derive(plug::Portable)]
/// pub enum Target {
///     Nowhere,
///     Address(String),
///     Anchor { page: u32, line: Option<u32> },
///     Several(Vec<Target>),
/// }
///
/// #[plug::interface(portable)]
/// pub trait Browser: Send + Sync {
///     fn load(&self, address: &str) -> Result<Page, plug::Error>;
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot cross to a plugin",
    label = "a portable interface has no values of this type",
    note = "these cross: bool, char, i8 to i64, u8 to u64, f32, f64, (), String, PathBuf, Duration, SystemTime",
    note = "and of types that cross: Option, Box, Vec, arrays, tuples of up to 8, HashSet, BTreeSet, HashMap and BTreeMap",
    note = "and structs and enums with `#[derive(plug::Portable)]`; and as arguments, `&str`, `&Path`, `&[T]` and `&T`",
    note = "and as a whole result or argument, `Box<dyn Trait>` of a portable interface, and the streams `plug::Items<T>` and `plug::Stream<T>`; as an argument, `&dyn Trait`"
)]
pub trait Portable: Sized + Send + Sync + 'static {
    /// The view of a value on the other side, for the duration of a call. C defines its layout.
    #[doc(hidden)]
    type View<'a>: Copy;

    #[doc(hidden)]
    const TYPE: TypeRef;

    /// The number of the type. Two structs or enums with one number are the same type.
    #[doc(hidden)]
    const ID: u64;

    /// Whether a view holds the whole value, without pointers.
    #[doc(hidden)]
    const IS_FLAT: bool;

    #[doc(hidden)]
    fn view<'a>(&'a self, scratch: &'a Scratch) -> Self::View<'a>;

    #[doc(hidden)]
    fn own(view: Self::View<'_>) -> Self;

    #[doc(hidden)]
    fn put<S: Sink>(&self, sink: S);

    /// Decodes the value or a part of it, and merges it with the parts decoded before.
    /// If the parts make no value yet, such as an enum without a variant, the slot stays empty.
    #[doc(hidden)]
    fn merge<S: Source>(slot: &mut Option<Self>, source: S) -> Result<(), Malformed>;

    /// The value of a field that is absent: zero, nothing, empty.
    /// A struct consists of such fields, and an enum has no such variant.
    #[doc(hidden)]
    fn missing() -> Result<Self, Malformed>;

    // Lists of the type, which differ for bytes and for types that are their own view.

    #[doc(hidden)]
    const LIST: TypeRef = TypeRef::new(&Type::List(Self::TYPE));

    #[doc(hidden)]
    fn view_list<'a>(list: &'a [Self], scratch: &'a Scratch) -> Slice<'a, Self::View<'a>> {
        scratch.keep(list.iter().map(|value| value.view(scratch)).collect())
    }

    #[doc(hidden)]
    fn own_list(views: Slice<'_, Self::View<'_>>) -> Vec<Self> {
        views.get().iter().map(|view| Self::own(*view)).collect()
    }

    #[doc(hidden)]
    fn lend_list<'a>(views: Slice<'a, Self::View<'a>>) -> LentList<'a, Self> {
        LentList::Owned(Self::own_list(views))
    }

    #[doc(hidden)]
    fn put_list<S: Sink>(list: &[Self], sink: S) {
        sink.list(list.iter());
    }

    #[doc(hidden)]
    fn merge_list<S: Source>(list: &mut Vec<Self>, source: S) -> Result<(), Malformed> {
        source.list(list)
    }
}

/// The owner of a `&[T]` on the callee's side.
#[doc(hidden)]
pub enum LentList<'a, T> {
    Borrowed(&'a [T]),
    Owned(Vec<T>),
}

impl<T> std::ops::Deref for LentList<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::Borrowed(list) => list,
            Self::Owned(list) => list,
        }
    }
}

/// A type that can be the key of a map.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a map that crosses to a plugin",
    label = "a portable interface has no maps with such keys",
    note = "a key is bool, char, an integer of up to 64 bits, or String"
)]
pub trait Key: Portable + std::fmt::Debug {}
