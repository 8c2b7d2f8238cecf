//! The methods of a portable interface, as every border sees them: what is given, what comes back, and how the object is
//! called. It knows no border, and what the macros emit implements its traits without any `unsafe`.

use std::error::Error as StdError;
use std::fmt::Display;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;

use super::Portable;
use super::types::Type;
use crate::error::Error;
use crate::interface::{Identity, Interface};
use crate::library::{Pair, Scratch, Slice, Text};

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
    const TYPE: &'static Type;

    fn view<'a>(given: &'a Self::Given<'_>, scratch: &'a Scratch) -> Self::View<'a>;

    /// Makes of it what the method is given, for as long as `call` takes.
    fn lend<R>(view: Self::View<'_>, call: impl FnOnce(Self::Given<'_>) -> R) -> R;
}

/// A `&str`.
pub struct Str;

impl Written for Str {
    type Given<'a> = &'a str;
}

impl Crosses for Str {
    type View<'a> = Text<'a>;
    const TYPE: &'static Type = &Type::String;

    #[inline]
    fn view<'a>(given: &'a &str, _: &'a Scratch) -> Text<'a> {
        Text::new(given)
    }

    #[inline]
    fn lend<R>(view: Text<'_>, call: impl FnOnce(&str) -> R) -> R {
        call(view.get())
    }
}

/// A `&[T]`.
pub struct List<T>(PhantomData<T>);

impl<T: 'static> Written for List<T> {
    type Given<'a> = &'a [T];
}

impl<T: Portable> Crosses for List<T> {
    type View<'a> = Slice<'a, T::View<'a>>;
    const TYPE: &'static Type = T::LIST;

    #[inline]
    fn view<'a>(given: &'a &[T], scratch: &'a Scratch) -> Self::View<'a> {
        T::view_list(given, scratch)
    }

    #[inline]
    fn lend<R>(view: Self::View<'_>, call: impl FnOnce(&[T]) -> R) -> R {
        call(&T::lend_list(view))
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
    const TYPE: &'static Type = T::TYPE;

    #[inline]
    fn view<'a>(given: &'a &T, scratch: &'a Scratch) -> Self::View<'a> {
        given.view(scratch)
    }

    #[inline]
    fn lend<R>(view: Self::View<'_>, call: impl FnOnce(&T) -> R) -> R {
        call(&T::own(view))
    }
}

/// A `T`. It crosses as a view all the same: the callee's copy must be of the callee's own allocator.
pub struct Own<T>(PhantomData<T>);

impl<T: 'static> Written for Own<T> {
    type Given<'a> = T;
}

impl<T: Portable> Crosses for Own<T> {
    type View<'a> = T::View<'a>;
    const TYPE: &'static Type = T::TYPE;

    #[inline]
    fn view<'a>(given: &'a T, scratch: &'a Scratch) -> Self::View<'a> {
        given.view(scratch)
    }

    #[inline]
    fn lend<R>(view: Self::View<'_>, call: impl FnOnce(T) -> R) -> R {
        call(T::own(view))
    }
}

/// What the callee holds of an argument.
// Wherever one is used, the compiler looks at what is dropped with it, and whether the last field has a size: for a type that does not
// cross, that would be one error more.
pub struct Held<'a, A: Argument>(ManuallyDrop<<A::Form as Crosses>::View<'a>>, ());

impl<A: Argument> Held<'_, A> {
    #[inline]
    pub fn lend<R>(self, call: impl FnOnce(<A::Form as Written>::Given<'_>) -> R) -> R {
        A::Form::lend(ManuallyDrop::into_inner(self.0), call)
    }
}

/// The arguments of a method: `()`, or the first and the others, so that there can be as many as one likes.
pub trait Arguments {
    type Given<'a>;
    type View<'a>: Copy;
    type Held<'a>;
    const TYPES: Types;

    fn view<'a>(given: &'a Self::Given<'_>, scratch: &'a Scratch) -> Self::View<'a>;
    fn hold<'a>(view: Self::View<'a>) -> Self::Held<'a>;
}

/// A list of types, in a constant.
pub struct Types(pub(crate) Option<(&'static Type, &'static Types)>);

impl Arguments for () {
    type Given<'a> = ();
    type View<'a> = ();
    type Held<'a> = ();
    const TYPES: Types = Types(None);

    #[inline]
    fn view((): &(), _: &Scratch) {}

    #[inline]
    fn hold<'a>((): Self::View<'a>) -> Self::Held<'a> {}
}

impl<A: Argument, R: Arguments> Arguments for (A, R) {
    type Given<'a> = (<A::Form as Written>::Given<'a>, R::Given<'a>);
    type View<'a> = Pair<<A::Form as Crosses>::View<'a>, R::View<'a>>;
    type Held<'a> = (Held<'a, A>, R::Held<'a>);
    const TYPES: Types = Types(Some((A::Form::TYPE, &R::TYPES)));

    #[inline]
    fn view<'a>((first, rest): &'a Self::Given<'_>, scratch: &'a Scratch) -> Self::View<'a> {
        Pair(A::Form::view(first, scratch), R::view(rest, scratch))
    }

    #[inline]
    fn hold<'a>(Pair(first, rest): Self::View<'a>) -> Self::Held<'a> {
        (Held(ManuallyDrop::new(first), ()), R::hold(rest))
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
    /// Its place among the methods of its interface, from 0.
    const INDEX: usize;

    fn call(object: &Self::Interface, held: <Self::Arguments as Arguments>::Held<'_>) -> Self::Outcome;

    /// Tells the texts of an error: its own, and those of its causes.
    fn tell(error: &Self::Error, text: &mut dyn FnMut(&dyn Display));

    fn texts(error: &Self::Error) -> Vec<String> {
        texts(|text| Self::tell(error, text))
    }
}

fn texts(tell: impl FnOnce(&mut dyn FnMut(&dyn Display))) -> Vec<String> {
    let mut texts = Vec::new();
    tell(&mut |text| texts.push(text.to_string()));
    texts
}

/// What two builds must agree upon to call a method.
pub struct Signature {
    pub(crate) name: &'static str,
    pub(crate) arguments: Types,
    pub(crate) output: &'static Type,
    pub(crate) has_default: bool,
}

impl Signature {
    pub const fn of<M: Method>(has_default: bool) -> Self {
        let output = <<M::Outcome as Outcome>::Ok as Portable>::TYPE;
        Self { name: M::NAME, arguments: M::Arguments::TYPES, output, has_default }
    }
}

/// An interface whose methods can be called across a border.
pub trait PortableInterface: Interface + Send + Sync {
    const SIGNATURES: &'static [Signature];
    /// What a library calls its methods by.
    const CALLS: &'static [crate::library::Call];

    /// An object of the interface whose methods cross this border.
    fn remote<B: Border>(border: B) -> Box<Self>;
}

/// What a portable interface leaves in the binary, so that it can be found by its path.
pub struct Portables(pub &'static Identity);

/// A way to the object: what stands on the caller's side of it.
pub trait Border: Send + Sync + 'static {
    /// Whether the other side has the method, which it may lack where it is older and the method has a default body.
    fn has<M: Method>(&self) -> bool;

    fn call<M: Method>(&self, given: <M::Arguments as Arguments>::Given<'_>) -> M::Outcome;
}

/// An object of `I` on the other side of a border.
pub struct Remote<I: ?Sized, B> {
    border: B,
    interface: PhantomData<fn(&I)>,
}

impl<I: ?Sized, B: Border> Remote<I, B> {
    pub fn new(border: B) -> Self {
        Self { border, interface: PhantomData }
    }

    #[inline]
    pub fn has<M: Method<Interface = I>>(&self) -> bool {
        self.border.has::<M>()
    }

    #[inline]
    pub fn call<M: Method<Interface = I>>(&self, given: <M::Arguments as Arguments>::Given<'_>) -> M::Outcome {
        self.border.call::<M>(given)
    }
}

/// An error, of which the macros ask for its texts: all of the chain where it is a `std::error::Error`, else the one it
/// displays. Which of the two is up to the type, and found by the order in which the compiler looks for a method.
pub struct Told<'a, E>(pub &'a E);

pub trait TellChain {
    fn tell(&self, text: &mut dyn FnMut(&dyn Display));

    fn texts(&self) -> Vec<String> {
        texts(|text| self.tell(text))
    }
}

pub trait TellText {
    fn tell(&self, text: &mut dyn FnMut(&dyn Display));
}

impl<E: StdError + 'static> TellChain for Told<'_, E> {
    fn tell(&self, text: &mut dyn FnMut(&dyn Display)) {
        let first: &(dyn StdError + 'static) = self.0;
        std::iter::successors(Some(first), |error| (*error).source()).for_each(|error| text(&error));
    }
}

impl<E: Display> TellText for &Told<'_, E> {
    fn tell(&self, text: &mut dyn FnMut(&dyn Display)) {
        text(self.0);
    }
}

/// Where the compiler looks last, so that an error without a text is told so by `Fails`, and not by this too.
pub struct Untold;

impl Untold {
    pub fn tell(&self, _: &mut dyn FnMut(&dyn Display)) {}
}

impl<E> std::ops::Deref for Told<'_, E> {
    type Target = Untold;

    fn deref(&self) -> &Untold {
        &Untold
    }
}
