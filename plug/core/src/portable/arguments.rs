//! The arguments of a method: their forms on the boundary, and how the callee holds them for the
//! call.
//!
//! The macros emit impls of these traits without any `unsafe`.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use super::Portable;
use crate::abi::view::{Pair, Scratch, Slice, Text};
use crate::portable::check::{check, check_list, check_path, has_limits};
use crate::portable::codec::{Malformed, PutFields, Sink, TakeFields, finish};
use crate::portable::types::{Type, TypeRef};

/// An argument of a method.
// The macros emit one impl for each argument, and a list of arguments requires only this trait.
// So the compiler reports a type that does not cross once, at its own place.
pub trait Argument {
    type Form: Crosses;
}

/// The type of an argument in the method's signature. Types that do not cross have one too.
pub trait Written {
    type Given<'a>;
}

/// The form in which an argument crosses.
pub trait Crosses: Written {
    type View<'a>: Copy;
    /// The value that bytes are decoded to.
    type Kept: Portable;
    const TYPE: TypeRef;

    fn view<'a>(given: &'a Self::Given<'_>, scratch: &'a Scratch) -> Self::View<'a>;

    /// Makes the method's argument from the view, for the duration of `call`.
    fn lend<R>(view: Self::View<'_>, call: impl FnOnce(Self::Given<'_>) -> R) -> R;

    fn put<S: Sink>(given: &Self::Given<'_>, sink: S);

    fn lend_kept<R>(kept: Self::Kept, call: impl FnOnce(Self::Given<'_>) -> R) -> R;

    /// Refuses an argument of this name that does not cross.
    #[inline]
    fn check(_: &Self::Given<'_>, _: &'static str) -> Result<(), Malformed> {
        Ok(())
    }
}

/// A `&str`.
pub struct Str;

impl Written for Str {
    type Given<'a> = &'a str;
}

impl Crosses for Str {
    type View<'a> = Text<'a>;
    type Kept = String;
    const TYPE: TypeRef = TypeRef::new(&Type::String);

    #[inline]
    fn view<'a>(given: &'a &str, _: &'a Scratch) -> Text<'a> {
        Text::new(given)
    }

    #[inline]
    fn lend<R>(view: Text<'_>, call: impl FnOnce(&str) -> R) -> R {
        call(view.get())
    }

    #[inline]
    fn put<S: Sink>(given: &&str, sink: S) {
        sink.string(given);
    }

    #[inline]
    fn lend_kept<R>(kept: String, call: impl FnOnce(&str) -> R) -> R {
        call(&kept)
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
    const TYPE: TypeRef = T::LIST;

    #[inline]
    fn view<'a>(given: &'a &[T], scratch: &'a Scratch) -> Self::View<'a> {
        T::view_list(given, scratch)
    }

    #[inline]
    fn lend<R>(view: Self::View<'_>, call: impl FnOnce(&[T]) -> R) -> R {
        call(&T::lend_list(view))
    }

    #[inline]
    fn put<S: Sink>(given: &&[T], sink: S) {
        T::put_list(given, sink);
    }

    #[inline]
    fn lend_kept<R>(kept: Vec<T>, call: impl FnOnce(&[T]) -> R) -> R {
        call(&kept)
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
    const TYPE: TypeRef = T::TYPE;

    #[inline]
    fn view<'a>(given: &'a &T, scratch: &'a Scratch) -> Self::View<'a> {
        given.view(scratch)
    }

    #[inline]
    fn lend<R>(view: Self::View<'_>, call: impl FnOnce(&T) -> R) -> R {
        call(&T::own(view))
    }

    #[inline]
    fn put<S: Sink>(given: &&T, sink: S) {
        given.put(sink);
    }

    #[inline]
    fn lend_kept<R>(kept: T, call: impl FnOnce(&T) -> R) -> R {
        call(&kept)
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
    const TYPE: TypeRef = PathBuf::TYPE;

    /// `check` refuses a path that is not Unicode before it is viewed.
    #[inline]
    fn view<'a>(given: &'a &Path, _: &'a Scratch) -> Text<'a> {
        Text::new(given.to_str().unwrap_or_default())
    }

    #[inline]
    fn lend<R>(view: Text<'_>, call: impl FnOnce(&Path) -> R) -> R {
        call(Path::new(view.get()))
    }

    #[inline]
    fn put<S: Sink>(given: &&Path, sink: S) {
        sink.path(given);
    }

    #[inline]
    fn lend_kept<R>(kept: PathBuf, call: impl FnOnce(&Path) -> R) -> R {
        call(&kept)
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
    const TYPE: TypeRef = T::TYPE;

    #[inline]
    fn view<'a>(given: &'a T, scratch: &'a Scratch) -> Self::View<'a> {
        given.view(scratch)
    }

    #[inline]
    fn lend<R>(view: Self::View<'_>, call: impl FnOnce(T) -> R) -> R {
        call(T::own(view))
    }

    #[inline]
    fn put<S: Sink>(given: &T, sink: S) {
        given.put(sink);
    }

    #[inline]
    fn lend_kept<R>(kept: T, call: impl FnOnce(T) -> R) -> R {
        call(kept)
    }

    #[inline]
    fn check(given: &T, name: &'static str) -> Result<(), Malformed> {
        if const { has_limits::<T>() } { check(given, name) } else { Ok(()) }
    }
}

/// The way in which a callee holds the arguments until it lends them to the method.
pub trait Hold: 'static {
    type Of<'a, C: Crosses>;

    fn lend<C: Crosses, R>(held: Self::Of<'_, C>, call: impl FnOnce(C::Given<'_>) -> R) -> R;
}

/// Holds views of the caller's values.
pub struct Viewed;

impl Hold for Viewed {
    type Of<'a, C: Crosses> = C::View<'a>;

    #[inline]
    fn lend<C: Crosses, R>(held: C::View<'_>, call: impl FnOnce(C::Given<'_>) -> R) -> R {
        C::lend(held, call)
    }
}

/// Holds decoded values.
pub struct Kept;

impl Hold for Kept {
    type Of<'a, C: Crosses> = C::Kept;

    #[inline]
    fn lend<C: Crosses, R>(held: C::Kept, call: impl FnOnce(C::Given<'_>) -> R) -> R {
        C::lend_kept(held, call)
    }
}

/// An argument that the callee holds. `Method::call` lends it to the method.
// `ManuallyDrop` and the trailing `()` silence two follow-up errors (drop check, sizedness) that
// rustc would add for a type that does not cross.
pub struct Held<'a, H: Hold, A: Argument>(ManuallyDrop<H::Of<'a, A::Form>>, ());

impl<H: Hold, A: Argument> Held<'_, H, A> {
    #[inline]
    pub fn lend<R>(self, call: impl FnOnce(<A::Form as Written>::Given<'_>) -> R) -> R {
        H::lend::<A::Form, R>(ManuallyDrop::into_inner(self.0), call)
    }
}

/// The arguments of a method: `()`, or the first and the rest, for any number of them.
pub trait Arguments {
    type Given<'a>;
    type View<'a>: Copy;
    type Kept;
    /// The values that have been decoded so far.
    type Slots: Default;
    /// It is not dropped, since it is lent at once.
    type Held<'a, H: Hold>;
    const TYPES: Types;

    fn view<'a>(given: &'a Self::Given<'_>, scratch: &'a Scratch) -> Self::View<'a>;
    fn hold<'a>(view: Self::View<'a>) -> Self::Held<'a, Viewed>;

    /// Refuses arguments of these names that do not cross.
    fn check(given: &Self::Given<'_>, names: &'static [&'static str]) -> Result<(), Malformed>;

    /// `first` is the index of the first argument.
    fn put<F: PutFields>(given: &Self::Given<'_>, first: usize, fields: &mut F);
    /// Decodes the argument with this index.
    fn take<F: TakeFields>(slots: &mut Self::Slots, index: usize, fields: &mut F) -> Result<(), Malformed>;
    fn finish(slots: Self::Slots, names: &'static [&'static str]) -> Result<Self::Kept, Malformed>;
    fn hold_kept<'a>(kept: Self::Kept) -> Self::Held<'a, Kept>;
}

/// A list of types, in a constant.
pub struct Types(pub(crate) Option<(TypeRef, &'static Types)>);

impl Arguments for () {
    type Given<'a> = ();
    type View<'a> = ();
    type Kept = ();
    type Slots = ();
    type Held<'a, H: Hold> = ();
    const TYPES: Types = Types(None);

    #[inline]
    fn view((): &(), _: &Scratch) {}

    #[inline]
    fn hold<'a>((): Self::View<'a>) -> Self::Held<'a, Viewed> {}

    #[inline]
    fn check((): &(), _: &'static [&'static str]) -> Result<(), Malformed> {
        Ok(())
    }

    #[inline]
    fn put<F: PutFields>((): &(), _: usize, _: &mut F) {}

    fn take<F: TakeFields>((): &mut (), _: usize, _: &mut F) -> Result<(), Malformed> {
        Ok(())
    }

    fn finish((): (), _: &'static [&'static str]) -> Result<(), Malformed> {
        Ok(())
    }

    #[inline]
    fn hold_kept<'a>((): ()) -> Self::Held<'a, Kept> {}
}

impl<A: Argument, R: Arguments> Arguments for (A, R) {
    type Given<'a> = (<A::Form as Written>::Given<'a>, R::Given<'a>);
    type View<'a> = Pair<<A::Form as Crosses>::View<'a>, R::View<'a>>;
    type Kept = (<A::Form as Crosses>::Kept, R::Kept);
    type Slots = (Option<<A::Form as Crosses>::Kept>, R::Slots);
    type Held<'a, H: Hold> = (Held<'a, H, A>, R::Held<'a, H>);
    const TYPES: Types = Types(Some((A::Form::TYPE, &R::TYPES)));

    #[inline]
    fn view<'a>((first, rest): &'a Self::Given<'_>, scratch: &'a Scratch) -> Self::View<'a> {
        Pair(A::Form::view(first, scratch), R::view(rest, scratch))
    }

    #[inline]
    fn hold<'a>(Pair(first, rest): Self::View<'a>) -> Self::Held<'a, Viewed> {
        (Held(ManuallyDrop::new(first), ()), R::hold(rest))
    }

    #[inline]
    fn check((first, rest): &Self::Given<'_>, names: &'static [&'static str]) -> Result<(), Malformed> {
        let (name, names) = names.split_first().unwrap_or((&"", &[]));
        A::Form::check(first, name)?;
        R::check(rest, names)
    }

    #[inline]
    fn put<F: PutFields>((first, rest): &Self::Given<'_>, at: usize, fields: &mut F) {
        A::Form::put(first, fields.field(at));
        R::put(rest, at + 1, fields);
    }

    fn take<F: TakeFields>(slots: &mut Self::Slots, index: usize, fields: &mut F) -> Result<(), Malformed> {
        match index.checked_sub(1) {
            None => fields.value(&mut slots.0),
            Some(index) => R::take(&mut slots.1, index, fields),
        }
    }

    fn finish((first, rest): Self::Slots, names: &'static [&'static str]) -> Result<Self::Kept, Malformed> {
        let (name, names) = names.split_first().unwrap_or((&"", &[]));
        Ok((finish(first, name)?, R::finish(rest, names)?))
    }

    #[inline]
    fn hold_kept<'a>((first, rest): Self::Kept) -> Self::Held<'a, Kept> {
        (Held(ManuallyDrop::new(first), ()), R::hold_kept(rest))
    }
}
