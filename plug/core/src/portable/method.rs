//! The methods of a portable interface, as every border sees them: what is given, what comes back, and how the object is
//! called. It knows no border, and what the macros emit implements its traits without any `unsafe`.

use std::fmt::Display;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;

use super::Portable;
use crate::abi::view::{Pair, Scratch, Slice, Text};
use crate::error::Error;
use crate::interface::Interface;
use crate::portable::chain;
use crate::portable::codec::{Malformed, PutFields, Sink, TakeFields, finish};
use crate::portable::types::Type;

/// An argument of a method. Each is written down by itself, and what is made of several asks only that they are some: so a
/// type that does not cross is told so once, at its own place.
pub trait Argument {
    type Form: Crosses;
}

/// How an argument is written: as what the caller gives, and the method is given. It says so of every type, also of one that
/// does not cross.
pub trait Written {
    type Given<'a>;
}

/// What an argument crosses as.
pub trait Crosses: Written {
    type View<'a>: Copy;
    /// What is made of it where it comes as bytes.
    type Kept: Portable;
    const TYPE: &'static Type;

    fn view<'a>(given: &'a Self::Given<'_>, scratch: &'a Scratch) -> Self::View<'a>;

    /// Makes of it what the method is given, for as long as `call` takes.
    fn lend<R>(view: Self::View<'_>, call: impl FnOnce(Self::Given<'_>) -> R) -> R;

    fn put<S: Sink>(given: &Self::Given<'_>, sink: S);

    fn lend_kept<R>(kept: Self::Kept, call: impl FnOnce(Self::Given<'_>) -> R) -> R;
}

/// A `&str`.
pub struct Str;

impl Written for Str {
    type Given<'a> = &'a str;
}

impl Crosses for Str {
    type View<'a> = Text<'a>;
    type Kept = String;
    const TYPE: &'static Type = &Type::String;

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
    const TYPE: &'static Type = T::LIST;

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
}

/// A `&T`.
pub struct Ref<T: ?Sized>(PhantomData<T>);

impl<T: ?Sized + 'static> Written for Ref<T> {
    type Given<'a> = &'a T;
}

#[allow(
    clippy::needless_maybe_sized,
    reason = "a type without a size is told that it does not cross, and nothing more"
)]
impl<T: ?Sized + Portable> Crosses for Ref<T> {
    type View<'a> = T::View<'a>;
    type Kept = T;
    const TYPE: &'static Type = T::TYPE;

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
}

/// A `T`. It crosses as a view all the same: the callee's copy must be of the callee's own allocator.
pub struct Own<T>(PhantomData<T>);

impl<T: 'static> Written for Own<T> {
    type Given<'a> = T;
}

impl<T: Portable> Crosses for Own<T> {
    type View<'a> = T::View<'a>;
    type Kept = T;
    const TYPE: &'static Type = T::TYPE;

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
}

/// How a callee holds the arguments, until they are lent to the method.
pub trait Hold: 'static {
    type Of<'a, C: Crosses>;

    fn lend<C: Crosses, R>(held: Self::Of<'_, C>, call: impl FnOnce(C::Given<'_>) -> R) -> R;
}

/// As views of what the caller has.
pub struct Viewed;

impl Hold for Viewed {
    type Of<'a, C: Crosses> = C::View<'a>;

    #[inline]
    fn lend<C: Crosses, R>(held: C::View<'_>, call: impl FnOnce(C::Given<'_>) -> R) -> R {
        C::lend(held, call)
    }
}

/// As values, which were made of bytes.
pub struct Kept;

impl Hold for Kept {
    type Of<'a, C: Crosses> = C::Kept;

    #[inline]
    fn lend<C: Crosses, R>(held: C::Kept, call: impl FnOnce(C::Given<'_>) -> R) -> R {
        C::lend_kept(held, call)
    }
}

/// What the callee holds of an argument. It is for `Method::call`, and all that is done with it there is that it is lent.
// Wherever one is used, the compiler looks at what is dropped with it, and whether the last field has a size: for a type that does not
// cross, that would be one error more.
pub struct Held<'a, H: Hold, A: Argument>(ManuallyDrop<H::Of<'a, A::Form>>, ());

impl<H: Hold, A: Argument> Held<'_, H, A> {
    #[inline]
    pub fn lend<R>(self, call: impl FnOnce(<A::Form as Written>::Given<'_>) -> R) -> R {
        H::lend::<A::Form, R>(ManuallyDrop::into_inner(self.0), call)
    }
}

/// The arguments of a method: `()`, or the first and the others, so that there can be as many as one likes.
pub trait Arguments {
    type Given<'a>;
    type View<'a>: Copy;
    type Kept;
    /// What has been taken of those that are kept.
    type Slots: Default;
    /// They are not dropped: what is held is to be lent at once.
    type Held<'a, H: Hold>;
    const TYPES: Types;

    fn view<'a>(given: &'a Self::Given<'_>, scratch: &'a Scratch) -> Self::View<'a>;
    fn hold<'a>(view: Self::View<'a>) -> Self::Held<'a, Viewed>;

    /// `first` is the place of the first one.
    fn put<F: PutFields>(given: &Self::Given<'_>, first: usize, fields: &mut F);
    /// Takes the value of the one at this place.
    fn take<F: TakeFields>(slots: &mut Self::Slots, index: usize, fields: &mut F) -> Result<(), Malformed>;
    fn finish(slots: Self::Slots, names: &'static [&'static str]) -> Result<Self::Kept, Malformed>;
    fn hold_kept<'a>(kept: Self::Kept) -> Self::Held<'a, Kept>;
}

/// A list of types, in a constant.
pub struct Types(pub(crate) Option<(&'static Type, &'static Types)>);

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

/// What a method returns.
#[diagnostic::on_unimplemented(
    message = "a portable method returns `{Self}`",
    label = "a border can fail, so this must be a `Result`",
    note = "write `Result<T, plug::Error>`, or with an error of your own that implements `Display` and `From<plug::Error>`"
)]
pub trait Outcome {
    type Ok;
    type Error;

    fn result(self) -> Result<Self::Ok, Self::Error>;

    fn of(result: Result<Self::Ok, Error>) -> Self
    where
        Self::Error: Fails;
}

// Of any two types, so that one that does not fit is told so where `Method` asks for it, and there alone.
impl<T, E> Outcome for Result<T, E> {
    type Ok = T;
    type Error = E;

    #[inline]
    fn result(self) -> Self {
        self
    }

    #[inline]
    fn of(result: Result<T, Error>) -> Self
    where
        E: Fails,
    {
        result.map_err(E::with)
    }
}

/// What a method fails with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a portable method",
    label = "a border fails too, so this must be made of a `plug::Error`, and say what went wrong",
    note = "implement `Display` and `From<plug::Error>` for it, or return `Result<T, plug::Error>`"
)]
pub trait Fails {
    fn with(error: Error) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: Display + From<Error>> Fails for E {
    #[inline]
    fn with(error: Error) -> Self {
        error.into()
    }
}

/// A method of a portable interface.
pub trait Method: 'static {
    type Interface: ?Sized + Interface + Send + Sync;
    type Arguments: Arguments;
    type Outcome: Outcome<Ok = Self::Ok, Error = Self::Error>;
    type Ok: Portable;
    type Error: Fails;
    const NAME: &'static str;
    /// What it is called where names are written in another way: `say_hello` is `SayHello`.
    const WIRE_NAME: &'static str;
    const ARGUMENT_NAMES: &'static [&'static str];
    const DOCS: &'static str;
    /// Its place among the methods of its interface, from 0.
    const INDEX: usize;
    const HAS_DEFAULT: bool;
    /// Whether it may be called once more where nobody knows if it has been.
    const IS_IDEMPOTENT: bool;

    fn call<H: Hold>(object: &Self::Interface, held: <Self::Arguments as Arguments>::Held<'_, H>) -> Self::Outcome;

    /// Tells the texts of an error: its own, and those of its causes.
    fn tell(error: &Self::Error, text: &mut dyn FnMut(&dyn Display));

    fn texts(error: &Self::Error) -> Vec<String> {
        chain::texts(|text| Self::tell(error, text))
    }
}

/// A method as it is described: what two builds must agree upon to call it, and what people are told.
#[cfg_attr(not(feature = "rpc"), allow(dead_code, reason = "libraries tell of names and types alone"))]
pub struct Signature {
    pub(crate) name: &'static str,
    pub(crate) arguments: Types,
    pub(crate) output: &'static Type,
    pub(crate) has_default: bool,
    // Two builds may differ in the others.
    pub(crate) wire_name: &'static str,
    pub(crate) argument_names: &'static [&'static str],
    pub(crate) docs: &'static str,
    pub(crate) is_idempotent: bool,
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Signature {
    pub const fn of<M: Method>() -> Self {
        Self {
            name: M::NAME,
            arguments: M::Arguments::TYPES,
            output: <<M::Outcome as Outcome>::Ok as Portable>::TYPE,
            has_default: M::HAS_DEFAULT,
            wire_name: M::WIRE_NAME,
            argument_names: M::ARGUMENT_NAMES,
            docs: M::DOCS,
            is_idempotent: M::IS_IDEMPOTENT,
        }
    }
}
