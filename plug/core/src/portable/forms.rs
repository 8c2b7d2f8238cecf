//! The forms of values: borrowed texts, lists and others, and owned ones.

use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use super::{LentList, Portable};
use crate::abi::view::{Scratch, Slice, Text};
use crate::portable::arguments::{Crosses, Returns, Written};
use crate::portable::check::{check, check_list, check_path, has_limits};
use crate::portable::codec::{Malformed, Sink};
use crate::portable::types::{Type, TypeRef};

/// A `&str`.
pub struct Str;

impl Written for Str {
    type Given<'a> = &'a str;
}

impl Crosses for Str {
    type View<'a> = Text<'a>;
    type Kept = String;
    type Owner<'a> = ();
    const TYPE: TypeRef = TypeRef::new(&Type::String);

    #[inline]
    fn view<'a>(given: &'a &str, _: &'a Scratch) -> Text<'a> {
        Text::new(given)
    }

    #[inline]
    fn give<'a, 'v: 'a>(view: Text<'v>, (): &'a mut ()) -> &'a str {
        view.get()
    }

    #[inline]
    fn put<S: Sink>(given: &&str, sink: S) {
        sink.string(given);
    }

    #[inline]
    fn give_kept(kept: String, owner: &mut Option<String>) -> &str {
        owner.insert(kept)
    }
}

/// A `&[T]`.
pub struct List<T>(PhantomData<T>);

impl<T: 'static> Written for List<T> {
    type Given<'a> = &'a [T];
}

impl<T: Portable> Crosses for List<T> {
    type View<'a> = Slice<'a, T::View<'a>>;
    type Kept = Vec<T>;
    type Owner<'a> = Option<LentList<'a, T>>;
    const TYPE: TypeRef = T::LIST;

    #[inline]
    fn view<'a>(given: &'a &[T], scratch: &'a Scratch) -> Self::View<'a> {
        T::view_list(given, scratch)
    }

    #[inline]
    fn give<'a, 'v: 'a>(view: Self::View<'v>, owner: &'a mut Self::Owner<'v>) -> &'a [T] {
        owner.insert(T::lend_list(view))
    }

    #[inline]
    fn put<S: Sink>(given: &&[T], sink: S) {
        T::put_list(given, sink);
    }

    #[inline]
    fn give_kept(kept: Vec<T>, owner: &mut Option<Vec<T>>) -> &[T] {
        owner.insert(kept)
    }

    #[inline]
    fn check(given: &&[T], name: &'static str) -> Result<(), Malformed> {
        if const { has_limits::<T>() } { check_list(given, name) } else { Ok(()) }
    }
}

/// A `&T`.
pub struct Ref<T: ?Sized>(PhantomData<T>);

impl<T: ?Sized + 'static> Written for Ref<T> {
    type Given<'a> = &'a T;
}

#[allow(clippy::needless_maybe_sized, reason = "an unsized type gets one error, that it does not cross")]
impl<T: ?Sized + Portable> Crosses for Ref<T> {
    type View<'a> = T::View<'a>;
    type Kept = T;
    type Owner<'a> = Option<T>;
    const TYPE: TypeRef = T::TYPE;

    #[inline]
    fn view<'a>(given: &'a &T, scratch: &'a Scratch) -> Self::View<'a> {
        given.view(scratch)
    }

    #[inline]
    fn give<'a, 'v: 'a>(view: Self::View<'v>, owner: &'a mut Option<T>) -> &'a T {
        owner.insert(T::own(view))
    }

    #[inline]
    fn put<S: Sink>(given: &&T, sink: S) {
        given.put(sink);
    }

    #[inline]
    fn give_kept(kept: T, owner: &mut Option<T>) -> &T {
        owner.insert(kept)
    }

    #[inline]
    fn check(given: &&T, name: &'static str) -> Result<(), Malformed> {
        if const { has_limits::<T>() } { check(*given, name) } else { Ok(()) }
    }
}

/// Borrowed as a `&Path`.
impl Crosses for Ref<Path> {
    type View<'a> = Text<'a>;
    type Kept = PathBuf;
    type Owner<'a> = ();
    const TYPE: TypeRef = PathBuf::TYPE;

    /// `check` refuses a path that is not Unicode before it is viewed.
    #[inline]
    fn view<'a>(given: &'a &Path, _: &'a Scratch) -> Text<'a> {
        Text::new(given.to_str().unwrap_or_default())
    }

    #[inline]
    fn give<'a, 'v: 'a>(view: Text<'v>, (): &'a mut ()) -> &'a Path {
        Path::new(view.get())
    }

    #[inline]
    fn put<S: Sink>(given: &&Path, sink: S) {
        sink.path(given);
    }

    #[inline]
    fn give_kept(kept: PathBuf, owner: &mut Option<PathBuf>) -> &Path {
        owner.insert(kept)
    }

    fn check(given: &&Path, name: &'static str) -> Result<(), Malformed> {
        check_path(given, name)
    }
}

/// A `T`. It crosses as a view too, since the callee's allocator must make the callee's copy.
pub struct Own<T>(PhantomData<T>);

impl<T: 'static> Written for Own<T> {
    type Given<'a> = T;
}

impl<T: Portable> Crosses for Own<T> {
    type View<'a> = T::View<'a>;
    type Kept = T;
    type Owner<'a> = ();
    const TYPE: TypeRef = T::TYPE;
    const IS_FLAT: bool = T::IS_FLAT;

    #[inline]
    fn view<'a>(given: &'a T, scratch: &'a Scratch) -> Self::View<'a> {
        given.view(scratch)
    }

    #[inline]
    fn give<'a, 'v: 'a>(view: Self::View<'v>, (): &'a mut ()) -> T {
        T::own(view)
    }

    #[inline]
    fn put<S: Sink>(given: &T, sink: S) {
        given.put(sink);
    }

    #[inline]
    fn give_kept(kept: T, _: &mut Option<T>) -> T {
        kept
    }

    #[inline]
    fn check(given: &T, name: &'static str) -> Result<(), Malformed> {
        if const { has_limits::<T>() } { check(given, name) } else { Ok(()) }
    }
}

impl<T: Portable> Returns for Own<T> {
    type Ok = T;

    #[inline]
    fn pack(value: T) -> T {
        value
    }

    #[inline]
    fn unpack(given: T) -> T {
        given
    }
}
