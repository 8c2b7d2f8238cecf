//! Implements `Portable` for boxes, arrays, sets and tuples.

use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher, Hash};

use super::Portable;
use crate::abi::view::{Pair, Scratch, Slice};
use crate::portable::codec::{Malformed, PutFields, Sink, Source, TakeFields, finish};
use crate::portable::types::{Docs, Field, Type, TypeRef, type_id};

/// Its view is a pointer, so that the view of a type that contains itself has a size.
/// Bytes have the value alone.
impl<T: Portable> Portable for Box<T> {
    type View<'a> = &'a T::View<'a>;
    const TYPE: TypeRef = TypeRef::new(&Type::Box(T::TYPE));
    const ID: u64 = type_id("Box", &[T::ID]);
    const IS_FLAT: bool = false;

    fn view<'a>(&'a self, scratch: &'a Scratch) -> Self::View<'a> {
        scratch.keep_one(T::view(self, scratch))
    }

    fn own(view: Self::View<'_>) -> Self {
        Self::new(T::own(*view))
    }

    #[inline]
    fn put<S: Sink>(&self, sink: S) {
        T::put(self, sink);
    }

    fn merge<S: Source>(slot: &mut Option<Self>, source: S) -> Result<(), Malformed> {
        let mut inner = slot.take().map(|value| *value);
        T::merge(&mut inner, source)?;
        *slot = inner.map(Self::new);
        Ok(())
    }

    fn missing() -> Result<Self, Malformed> {
        T::missing().map(Self::new)
    }
}

impl<T: Portable, const N: usize> Portable for [T; N] {
    type View<'a> = [T::View<'a>; N];
    const TYPE: TypeRef = TypeRef::new(&Type::Array(T::TYPE, N));
    const ID: u64 = type_id("[]", &[T::ID, N as u64]);
    const IS_FLAT: bool = T::IS_FLAT;

    #[inline]
    fn view<'a>(&'a self, scratch: &'a Scratch) -> Self::View<'a> {
        self.each_ref().map(|value| value.view(scratch))
    }

    #[inline]
    fn own(view: Self::View<'_>) -> Self {
        view.map(T::own)
    }

    #[inline]
    fn put<S: Sink>(&self, sink: S) {
        T::put_list(self, sink);
    }

    fn merge<S: Source>(slot: &mut Option<Self>, source: S) -> Result<(), Malformed> {
        let mut list = slot.take().map(Vec::from).unwrap_or_default();
        T::merge_list(&mut list, source)?;
        *slot = Some(whole(list)?);
        Ok(())
    }

    fn missing() -> Result<Self, Malformed> {
        whole(Vec::new())
    }
}

fn whole<T, const N: usize>(list: Vec<T>) -> Result<[T; N], Malformed> {
    <[T; N]>::try_from(list)
        .map_err(|list| Malformed::new(format!("an array of {N} belongs there, and {} values have come", list.len())))
}

macro_rules! set {
    ($set:ty: $($generics:tt)*) => {
        impl<T: Portable + $($generics)*> Portable for $set {
            type View<'a> = Slice<'a, T::View<'a>>;
            const TYPE: TypeRef = TypeRef::new(&Type::Set(T::TYPE));
            const ID: u64 = type_id("Set", &[T::ID]);
            const IS_FLAT: bool = false;

            fn view<'a>(&'a self, scratch: &'a Scratch) -> Self::View<'a> {
                scratch.keep(self.iter().map(|value| value.view(scratch)).collect())
            }

            fn own(view: Self::View<'_>) -> Self {
                view.get().iter().map(|view| T::own(*view)).collect()
            }

            fn put<Out: Sink>(&self, sink: Out) {
                sink.list(self.iter());
            }

            fn merge<In: Source>(slot: &mut Option<Self>, source: In) -> Result<(), Malformed> {
                let mut list = Vec::new();
                source.list(&mut list)?;
                slot.get_or_insert_default().extend(list);
                Ok(())
            }

            fn missing() -> Result<Self, Malformed> {
                Ok(Self::default())
            }
        }
    };
}

set!(BTreeSet<T>: Ord);
set!(HashSet<T, S>: Eq + Hash, S: BuildHasher + Default + Send + Sync + 'static);

/// Pairs of pairs, since the order in a tuple is the compiler's choice.
macro_rules! views {
    ($lifetime:lifetime $last:ident) => { $last::View<$lifetime> };
    ($lifetime:lifetime $first:ident $($rest:ident)+) => { Pair<$first::View<$lifetime>, views!($lifetime $($rest)+)> };
}

macro_rules! pairs {
    ($last:expr) => { $last };
    ($first:expr, $($rest:expr),+) => { Pair($first, pairs!($($rest),+)) };
}

macro_rules! pair_pattern {
    ($last:ident) => { $last };
    ($first:ident $($rest:ident)+) => { Pair($first, pair_pattern!($($rest)+)) };
}

macro_rules! tuples {
    ($(($($t:ident $value:ident $index:tt)+);)*) => {
        $(
            impl<$($t: Portable),+> Portable for ($($t,)+) {
                type View<'a> = views!('a $($t)+);
                const TYPE: TypeRef = TypeRef::new(&Type::Tuple(&[
                    $(Field { name: stringify!($index), go_name: "", tag: $index + 1, ty: $t::TYPE, docs: Docs("") }),+
                ]));
                const ID: u64 = type_id("(,)", &[$($t::ID),+]);
                const IS_FLAT: bool = true $(&& $t::IS_FLAT)+;

                #[inline]
                fn view<'a>(&'a self, scratch: &'a Scratch) -> Self::View<'a> {
                    pairs!($(self.$index.view(scratch)),+)
                }

                #[inline]
                fn own(view: Self::View<'_>) -> Self {
                    let pair_pattern!($($value)+) = view;
                    ($($t::own($value),)+)
                }

                fn put<S: Sink>(&self, sink: S) {
                    sink.structure(Self::TYPE, |fields| { $(self.$index.put(fields.field($index));)+ });
                }

                fn merge<S: Source>(slot: &mut Option<Self>, source: S) -> Result<(), Malformed> {
                    source.structure(Self::TYPE, |fields| {
                        let ($(mut $value,)+) = match slot.take() {
                            Some(($($value,)+)) => ($(Some($value),)+),
                            None => Default::default(),
                        };
                        while let Some(field) = fields.next()? {
                            match field {
                                $($index => fields.value(&mut $value)?,)+
                                _ => {}
                            }
                        }
                        *slot = Some(($(finish($value, stringify!($index))?,)+));
                        Ok(())
                    })
                }

                fn missing() -> Result<Self, Malformed> {
                    Ok(($(finish::<$t>(None, stringify!($index))?,)+))
                }
            }
        )*
    };
}

tuples! {
    (A a 0);
    (A a 0 B b 1);
    (A a 0 B b 1 C c 2);
    (A a 0 B b 1 C c 2 D d 3);
    (A a 0 B b 1 C c 2 D d 3 E e 4);
    (A a 0 B b 1 C c 2 D d 3 E e 4 F f 5);
    (A a 0 B b 1 C c 2 D d 3 E e 4 F f 5 G g 6);
    (A a 0 B b 1 C c 2 D d 3 E e 4 F f 5 G g 6 H h 7);
}
