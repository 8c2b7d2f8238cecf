//! The arguments of a method: their forms on the boundary, and how the callee holds them for the
//! call.
//!
//! The macros emit impls of these traits without any `unsafe`.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::Portable;
use crate::abi::view::{Pair, Scratch};
use crate::portable::codec::{Malformed, PutFields, Sink, TakeFields, finish};
use crate::portable::flow::{Flow, Flowing};
use crate::portable::method::{Lend, PortableInterface};
use crate::portable::signature::Types;
use crate::portable::types::TypeRef;

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
// The future of an asynchronous method owns its arguments, and is `Send`.
pub trait Crosses: for<'a> Written<Given<'a>: Send> {
    type View<'a>: Copy;
    /// The value that bytes are decoded to.
    type Kept: Portable;
    /// The owner of a borrowed argument that is made from a view.
    type Owner<'a>: Default;
    const TYPE: TypeRef;
    /// Whether a view holds the whole value, without pointers.
    const IS_FLAT: bool = false;
    const HAS_OBJECTS: bool = false;
    const IS_STREAM: bool = false;

    fn view<'a>(given: &'a Self::Given<'_>, scratch: &'a Scratch) -> Self::View<'a>;

    /// Makes the method's argument from the view. The owner is empty.
    fn give<'a, 'v: 'a>(view: Self::View<'v>, owner: &'a mut Self::Owner<'v>) -> Self::Given<'a>;

    fn put<S: Sink>(given: &Self::Given<'_>, sink: S);

    /// Makes the method's argument from the decoded value. The owner is empty.
    fn give_kept(kept: Self::Kept, owner: &mut Option<Self::Kept>) -> Self::Given<'_>;

    /// Refuses an argument of this name that does not cross.
    #[inline]
    fn check(_: &Self::Given<'_>, _: &'static str) -> Result<(), Malformed> {
        Ok(())
    }

    /// Visits the object that the argument is, if it is one.
    #[inline]
    fn visit<'a, V: VisitObjects<'a>>(_: &Self::Given<'a>, _: &mut V) {}

    /// Makes the object of the number that was decoded, if the argument is one.
    #[inline]
    fn bind<B: BindObjects>(_: &mut Self::Kept, _: &B) {}

    /// The stream that a call itself is, if it is one.
    #[inline]
    fn of_stream<B: BindObjects>(_: &B) -> Option<Self::Kept> {
        None
    }
}

/// The form of a result. It is owned.
pub trait Returns: Crosses {
    /// The type that the method returns.
    type Ok;

    fn pack(value: Self::Ok) -> Self::Given<'static>;
    fn unpack(given: Self::Given<'_>) -> Self::Ok;
}

/// Visits the objects among the arguments of a call, in order.
pub trait VisitObjects<'a> {
    /// The cell takes the number of the object.
    fn lent<I: ?Sized + Lend>(&mut self, object: &'a I::Of<'a>, number: &Cell<u32>);
    fn given<I: ?Sized + Lend>(&mut self, object: &dyn Share<I>);
    fn stream<T: Portable>(&mut self, stream: &dyn Flowing<T>);
}

/// Makes the objects of the other side, by their numbers.
pub trait BindObjects {
    /// A lent object is not dropped by this side.
    fn bind<I: ?Sized + PortableInterface>(&self, number: u32, is_given: bool) -> Box<I>;

    /// The source of a stream. The number is 0 if the call itself is the stream.
    fn stream<T: Portable>(&self, number: u32) -> Box<dyn Flow<T>>;
}

/// An object that is given, and that a link shares.
pub trait Share<I: ?Sized> {
    /// Shares it with the link, which gives its number. Nothing happens if it is gone already.
    fn share(&self, number: &mut dyn FnMut(Arc<Box<I>>) -> u32);
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
        call(C::give(held, &mut C::Owner::default()))
    }
}

/// Holds decoded values.
pub struct Kept;

impl Hold for Kept {
    type Of<'a, C: Crosses> = C::Kept;

    #[inline]
    fn lend<C: Crosses, R>(held: C::Kept, call: impl FnOnce(C::Given<'_>) -> R) -> R {
        call(C::give_kept(held, &mut None))
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
    type Given<'a>: Send;
    type View<'a>: Copy;
    type Kept: Send;
    /// The values that have been decoded so far, or the owners of those that are given.
    type Slots: Default + Send;
    /// The owners of the arguments that are made from views.
    type Owners<'a>: Default;
    /// It is not dropped, since it is lent at once.
    type Held<'a, H: Hold>;
    const TYPES: Types;
    const HAS_OBJECTS: bool;
    /// Whether one of them is a stream.
    const HAS_STREAM: bool;

    fn view<'a>(given: &'a Self::Given<'_>, scratch: &'a Scratch) -> Self::View<'a>;
    fn hold<'a>(view: Self::View<'a>) -> Self::Held<'a, Viewed>;
    /// Makes the method's arguments from the views. The owners are empty.
    fn give<'a, 'v: 'a>(view: Self::View<'v>, owners: &'a mut Self::Owners<'v>) -> Self::Given<'a>;

    /// Refuses arguments of these names that do not cross.
    fn check(given: &Self::Given<'_>, names: &'static [&'static str]) -> Result<(), Malformed>;

    /// Visits the arguments that are objects, in order.
    fn visit<'a, V: VisitObjects<'a>>(given: &Self::Given<'a>, visitor: &mut V);

    /// `first` is the index of the first argument.
    fn put<F: PutFields>(given: &Self::Given<'_>, first: usize, fields: &mut F);
    /// Decodes the argument with this index.
    fn take<F: TakeFields>(slots: &mut Self::Slots, index: usize, fields: &mut F) -> Result<(), Malformed>;
    fn finish(slots: Self::Slots, names: &'static [&'static str]) -> Result<Self::Kept, Malformed>;
    /// The only argument, if it is a stream that the call itself is.
    fn of_stream<B: BindObjects>(binder: &B) -> Option<Self::Kept>;
    /// Makes the objects of the numbers that were decoded.
    fn bind<B: BindObjects>(kept: &mut Self::Kept, binder: &B);
    fn hold_kept<'a>(kept: Self::Kept) -> Self::Held<'a, Kept>;
    /// Makes the method's arguments from the decoded values. The owners are empty.
    fn give_kept(kept: Self::Kept, owners: &mut Self::Slots) -> Self::Given<'_>;
}

impl Arguments for () {
    type Given<'a> = ();
    type View<'a> = ();
    type Kept = ();
    type Slots = ();
    type Owners<'a> = ();
    type Held<'a, H: Hold> = ();
    const TYPES: Types = Types(None);
    const HAS_OBJECTS: bool = false;
    const HAS_STREAM: bool = false;

    #[inline]
    fn view((): &(), _: &Scratch) {}

    #[inline]
    fn hold<'a>((): Self::View<'a>) -> Self::Held<'a, Viewed> {}

    #[inline]
    fn give<'a, 'v: 'a>((): Self::View<'v>, (): &'a mut Self::Owners<'v>) -> Self::Given<'a> {}

    #[inline]
    fn check((): &(), _: &'static [&'static str]) -> Result<(), Malformed> {
        Ok(())
    }

    #[inline]
    fn visit<'a, V: VisitObjects<'a>>((): &(), _: &mut V) {}

    #[inline]
    fn put<F: PutFields>((): &(), _: usize, _: &mut F) {}

    fn take<F: TakeFields>((): &mut (), _: usize, _: &mut F) -> Result<(), Malformed> {
        Ok(())
    }

    fn finish((): (), _: &'static [&'static str]) -> Result<(), Malformed> {
        Ok(())
    }

    #[inline]
    fn of_stream<B: BindObjects>(_: &B) -> Option<()> {
        Some(())
    }

    #[inline]
    fn bind<B: BindObjects>((): &mut (), _: &B) {}

    #[inline]
    fn hold_kept<'a>((): ()) -> Self::Held<'a, Kept> {}

    #[inline]
    fn give_kept((): (), (): &mut ()) -> Self::Given<'_> {}
}

impl<A: Argument, R: Arguments> Arguments for (A, R) {
    type Given<'a> = (<A::Form as Written>::Given<'a>, R::Given<'a>);
    type View<'a> = Pair<<A::Form as Crosses>::View<'a>, R::View<'a>>;
    type Kept = (<A::Form as Crosses>::Kept, R::Kept);
    type Slots = (Option<<A::Form as Crosses>::Kept>, R::Slots);
    type Owners<'a> = (<A::Form as Crosses>::Owner<'a>, R::Owners<'a>);
    type Held<'a, H: Hold> = (Held<'a, H, A>, R::Held<'a, H>);
    const TYPES: Types = Types(Some((A::Form::TYPE, &R::TYPES)));
    const HAS_OBJECTS: bool = A::Form::HAS_OBJECTS || R::HAS_OBJECTS;
    const HAS_STREAM: bool = A::Form::IS_STREAM || R::HAS_STREAM;

    #[inline]
    fn view<'a>((first, rest): &'a Self::Given<'_>, scratch: &'a Scratch) -> Self::View<'a> {
        Pair(A::Form::view(first, scratch), R::view(rest, scratch))
    }

    #[inline]
    fn hold<'a>(Pair(first, rest): Self::View<'a>) -> Self::Held<'a, Viewed> {
        (Held(ManuallyDrop::new(first), ()), R::hold(rest))
    }

    #[inline]
    fn give<'a, 'v: 'a>(
        Pair(first, rest): Self::View<'v>,
        (owner, owners): &'a mut Self::Owners<'v>,
    ) -> Self::Given<'a> {
        (A::Form::give(first, owner), R::give(rest, owners))
    }

    #[inline]
    fn check((first, rest): &Self::Given<'_>, names: &'static [&'static str]) -> Result<(), Malformed> {
        let (name, names) = names.split_first().unwrap_or((&"", &[]));
        A::Form::check(first, name)?;
        R::check(rest, names)
    }

    #[inline]
    fn visit<'a, V: VisitObjects<'a>>((first, rest): &Self::Given<'a>, visitor: &mut V) {
        A::Form::visit(first, visitor);
        R::visit(rest, visitor);
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
    fn of_stream<B: BindObjects>(binder: &B) -> Option<Self::Kept> {
        Some((A::Form::of_stream(binder)?, R::of_stream(binder)?))
    }

    #[inline]
    fn bind<B: BindObjects>((first, rest): &mut Self::Kept, binder: &B) {
        A::Form::bind(first, binder);
        R::bind(rest, binder);
    }

    #[inline]
    fn hold_kept<'a>((first, rest): Self::Kept) -> Self::Held<'a, Kept> {
        (Held(ManuallyDrop::new(first), ()), R::hold_kept(rest))
    }

    #[inline]
    fn give_kept((first, rest): Self::Kept, (owner, owners): &mut Self::Slots) -> Self::Given<'_> {
        (A::Form::give_kept(first, owner), R::give_kept(rest, owners))
    }
}
