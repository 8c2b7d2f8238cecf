//! Implements `Portable` for the types of std, each with its view.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};
use std::path::PathBuf;

use super::{Key, LentList, Portable};
use crate::abi::view::{Maybe, Pair, Scratch, Slice, Text};
use crate::portable::codec::{Malformed, Sink, Source};
use crate::portable::types::{Type, TypeRef, type_id};

/// The types that are their own view.
macro_rules! plain {
    ($($ty:ident $name:ident $($list:ident: $bytes:ident)?;)*) => {
        $(
            impl Portable for $ty {
                type View<'a> = Self;
                const TYPE: TypeRef = TypeRef::new(&Type::$name);
                const ID: u64 = type_id(stringify!($ty), &[]);
                const IS_FLAT: bool = true;
                $(const LIST: TypeRef = TypeRef::new(&Type::$list);)?

                #[inline]
                fn view(&self, _: &Scratch) -> Self {
                    *self
                }

                #[inline]
                fn own(view: Self) -> Self {
                    view
                }

                #[inline]
                fn view_list<'a>(list: &'a [Self], _: &'a Scratch) -> Slice<'a, Self> {
                    Slice::from(list)
                }

                #[inline]
                fn own_list(views: Slice<'_, Self>) -> Vec<Self> {
                    views.get().to_vec()
                }

                #[inline]
                fn lend_list<'a>(views: Slice<'a, Self>) -> LentList<'a, Self> {
                    LentList::Borrowed(views.get())
                }

                #[inline]
                fn put<S: Sink>(&self, sink: S) {
                    sink.$ty(*self);
                }

                #[inline]
                fn merge<S: Source>(slot: &mut Option<Self>, source: S) -> Result<(), Malformed> {
                    *slot = Some(source.$ty()?);
                    Ok(())
                }

                fn missing() -> Result<Self, Malformed> {
                    Ok(Self::default())
                }

                $(
                    #[inline]
                    fn put_list<S: Sink>(list: &[Self], sink: S) {
                        sink.$bytes(list);
                    }

                    #[inline]
                    fn merge_list<S: Source>(list: &mut Vec<Self>, source: S) -> Result<(), Malformed> {
                        *list = source.$bytes()?;
                        Ok(())
                    }
                )?
            }
        )*
    };
}

plain! {
    bool Bool;
    i8 I8;
    i16 I16;
    i32 I32;
    i64 I64;
    u8 U8 Bytes: bytes;
    u16 U16;
    u32 U32;
    u64 U64;
    f32 F32;
    f64 F64;
    char Char;
}

macro_rules! keys {
    ($($ty:ident)*) => {
        $(impl Key for $ty {})*
    };
}

keys!(bool i8 i16 i32 i64 u8 u16 u32 u64 char String);

impl Portable for () {
    type View<'a> = ();
    const TYPE: TypeRef = TypeRef::new(&Type::Unit);
    const ID: u64 = type_id("()", &[]);
    const IS_FLAT: bool = true;

    #[inline]
    fn view(&self, _: &Scratch) {}

    #[inline]
    fn own((): ()) {}

    fn put<S: Sink>(&self, sink: S) {
        sink.unit();
    }

    fn merge<S: Source>(slot: &mut Option<Self>, source: S) -> Result<(), Malformed> {
        *slot = Some(source.unit()?);
        Ok(())
    }

    fn missing() -> Result<Self, Malformed> {
        Ok(())
    }
}

impl Portable for String {
    type View<'a> = Text<'a>;
    const TYPE: TypeRef = TypeRef::new(&Type::String);
    const ID: u64 = type_id("String", &[]);
    const IS_FLAT: bool = false;

    #[inline]
    fn view<'a>(&'a self, _: &'a Scratch) -> Text<'a> {
        Text::new(self)
    }

    #[inline]
    fn own(view: Text<'_>) -> Self {
        view.get().to_owned()
    }

    #[inline]
    fn put<S: Sink>(&self, sink: S) {
        sink.string(self);
    }

    #[inline]
    fn merge<S: Source>(slot: &mut Option<Self>, source: S) -> Result<(), Malformed> {
        *slot = Some(source.string()?);
        Ok(())
    }

    fn missing() -> Result<Self, Malformed> {
        Ok(Self::new())
    }
}

impl Portable for PathBuf {
    type View<'a> = Text<'a>;
    const TYPE: TypeRef = TypeRef::new(&Type::Path);
    const ID: u64 = type_id("PathBuf", &[]);
    const IS_FLAT: bool = false;

    /// `check` refuses a path that is not Unicode before it is viewed.
    #[inline]
    fn view<'a>(&'a self, _: &'a Scratch) -> Text<'a> {
        Text::new(self.to_str().unwrap_or_default())
    }

    #[inline]
    fn own(view: Text<'_>) -> Self {
        view.get().into()
    }

    #[inline]
    fn put<S: Sink>(&self, sink: S) {
        sink.path(self);
    }

    #[inline]
    fn merge<S: Source>(slot: &mut Option<Self>, source: S) -> Result<(), Malformed> {
        *slot = Some(source.string()?.into());
        Ok(())
    }

    fn missing() -> Result<Self, Malformed> {
        Ok(Self::new())
    }
}

impl<T: Portable> Portable for Vec<T> {
    type View<'a> = Slice<'a, T::View<'a>>;
    const TYPE: TypeRef = T::LIST;
    const ID: u64 = type_id("Vec", &[T::ID]);
    const IS_FLAT: bool = false;

    #[inline]
    fn view<'a>(&'a self, scratch: &'a Scratch) -> Self::View<'a> {
        T::view_list(self, scratch)
    }

    #[inline]
    fn own(view: Self::View<'_>) -> Self {
        T::own_list(view)
    }

    #[inline]
    fn put<S: Sink>(&self, sink: S) {
        T::put_list(self, sink);
    }

    #[inline]
    fn merge<S: Source>(slot: &mut Option<Self>, source: S) -> Result<(), Malformed> {
        T::merge_list(slot.get_or_insert_default(), source)
    }

    fn missing() -> Result<Self, Malformed> {
        Ok(Self::new())
    }
}

impl<T: Portable> Portable for Option<T> {
    type View<'a> = Maybe<T::View<'a>>;
    const TYPE: TypeRef = TypeRef::new(&Type::Option(T::TYPE));
    const ID: u64 = type_id("Option", &[T::ID]);
    const IS_FLAT: bool = T::IS_FLAT;

    #[inline]
    fn view<'a>(&'a self, scratch: &'a Scratch) -> Self::View<'a> {
        match self {
            Some(value) => Maybe::Some(value.view(scratch)),
            None => Maybe::None,
        }
    }

    #[inline]
    fn own(view: Self::View<'_>) -> Self {
        match view {
            Maybe::Some(view) => Some(T::own(view)),
            Maybe::None => None,
        }
    }

    #[inline]
    fn put<S: Sink>(&self, sink: S) {
        sink.option(self.as_ref());
    }

    #[inline]
    fn merge<S: Source>(slot: &mut Option<Self>, source: S) -> Result<(), Malformed> {
        source.option(slot.get_or_insert_default())
    }

    fn missing() -> Result<Self, Malformed> {
        Ok(None)
    }
}

impl<K: Key + Eq + Hash, V: Portable, S: BuildHasher + Default + Send + Sync + 'static> Portable for HashMap<K, V, S> {
    type View<'a> = Slice<'a, Pair<K::View<'a>, V::View<'a>>>;
    const TYPE: TypeRef = TypeRef::new(&Type::Map(K::TYPE, V::TYPE));
    const ID: u64 = type_id("Map", &[K::ID, V::ID]);
    const IS_FLAT: bool = false;

    fn view<'a>(&'a self, scratch: &'a Scratch) -> Self::View<'a> {
        pairs(self.iter(), scratch)
    }

    fn own(view: Self::View<'_>) -> Self {
        view.get().iter().map(owned).collect()
    }

    fn put<T: Sink>(&self, sink: T) {
        sink.map(self.iter());
    }

    fn merge<T: Source>(slot: &mut Option<Self>, source: T) -> Result<(), Malformed> {
        let map = slot.get_or_insert_default();
        source.map(|key, value| {
            map.insert(key, value);
        })
    }

    fn missing() -> Result<Self, Malformed> {
        Ok(Self::default())
    }
}

impl<K: Key + Ord, V: Portable> Portable for BTreeMap<K, V> {
    type View<'a> = Slice<'a, Pair<K::View<'a>, V::View<'a>>>;
    const TYPE: TypeRef = TypeRef::new(&Type::Map(K::TYPE, V::TYPE));
    const ID: u64 = type_id("Map", &[K::ID, V::ID]);
    const IS_FLAT: bool = false;

    fn view<'a>(&'a self, scratch: &'a Scratch) -> Self::View<'a> {
        pairs(self.iter(), scratch)
    }

    fn own(view: Self::View<'_>) -> Self {
        view.get().iter().map(owned).collect()
    }

    fn put<S: Sink>(&self, sink: S) {
        sink.map(self.iter());
    }

    fn merge<S: Source>(slot: &mut Option<Self>, source: S) -> Result<(), Malformed> {
        let map = slot.get_or_insert_default();
        source.map(|key, value| {
            map.insert(key, value);
        })
    }

    fn missing() -> Result<Self, Malformed> {
        Ok(Self::default())
    }
}

fn pairs<'a, K: Portable, V: Portable>(
    entries: impl Iterator<Item = (&'a K, &'a V)>,
    scratch: &'a Scratch,
) -> Slice<'a, Pair<K::View<'a>, V::View<'a>>> {
    scratch.keep(entries.map(|(key, value)| Pair(key.view(scratch), value.view(scratch))).collect())
}

fn owned<K: Portable, V: Portable>(Pair(key, value): &Pair<K::View<'_>, V::View<'_>>) -> (K, V) {
    (K::own(*key), V::own(*value))
}
