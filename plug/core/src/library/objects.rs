//! The forms in which objects and streams cross: an argument `&dyn Trait` is lent for the call, and a
//! `Box<dyn Trait>`, which may be a result too, is given away.

use std::marker::PhantomData;

use crate::abi::object::ObjectView;
use crate::abi::table::{CallFn, Object};
use crate::abi::view::Scratch;
use crate::interface::Interface;
use crate::library::callee;
use crate::library::caller::object::{Borrowed, Owned};
use crate::portable::arguments::Returns;
use crate::portable::arguments::{BindObjects, VisitObjects};
use crate::portable::arguments::{Crosses, Written};
use crate::portable::codec::Sink;
use crate::portable::method::{Lend, PortableInterface, Proxy};
use crate::portable::objects::{Handed, KeptObject, Lending};
use crate::portable::types::{Type, TypeRef};

/// The form of a `&dyn Trait`.
pub struct Lent<I: ?Sized>(PhantomData<fn(&I)>);

/// The form of a `Box<dyn Trait>`.
pub struct Given<I: ?Sized>(PhantomData<fn(&I)>);

impl<I: ?Sized + PortableInterface> Written for Lent<I> {
    type Given<'a> = Lending<'a, I>;
}

impl<I: ?Sized + Lend> Crosses for Lent<I> {
    type View<'a> = ObjectView<'a>;
    type Kept = KeptObject<I>;
    type Owner<'a> = Option<Proxy<I, Borrowed<'a>>>;
    const TYPE: TypeRef = TypeRef::new(&Type::Object { interface: I::DECLARATION.path, is_lent: true });
    const HAS_OBJECTS: bool = true;

    #[inline]
    fn view<'a>(given: &'a Lending<'_, I>, _: &'a Scratch) -> ObjectView<'a> {
        view::<I>(Object::lent(given.get()), None, std::ptr::null_mut())
    }

    #[inline]
    fn give<'a, 'v: 'a>(view: ObjectView<'v>, owner: &'a mut Self::Owner<'v>) -> Lending<'a, I> {
        Lending::new(I::lend(owner.insert(Proxy::new(Borrowed::of::<I>(view)))))
    }

    fn put<S: Sink>(given: &Lending<'_, I>, sink: S) {
        sink.u32(given.number());
    }

    fn give_kept(kept: KeptObject<I>, owner: &mut Option<KeptObject<I>>) -> Lending<'_, I> {
        Lending::new(I::borrow(owner.insert(kept).object()))
    }

    fn visit<'a, V: VisitObjects<'a>>(given: &Lending<'a, I>, visitor: &mut V) {
        visitor.lent::<I>(given.get(), given.number_cell());
    }

    fn bind<B: BindObjects>(kept: &mut KeptObject<I>, binder: &B) {
        kept.bind(binder, false);
    }
}

impl<I: ?Sized + PortableInterface> Written for Given<I> {
    type Given<'a> = Handed<I>;
}

impl<I: ?Sized + Lend> Crosses for Given<I> {
    type View<'a> = ObjectView<'a>;
    type Kept = KeptObject<I>;
    type Owner<'a> = ();
    const TYPE: TypeRef = TypeRef::new(&Type::Object { interface: I::DECLARATION.path, is_lent: false });
    const HAS_OBJECTS: bool = true;

    #[inline]
    fn view<'a>(given: &'a Handed<I>, _: &'a Scratch) -> ObjectView<'a> {
        match given.pass() {
            Some((object, is_taken)) => view::<I>(object, Some(callee::close::<I>), is_taken),
            // It has no functions if it is gone.
            None => ObjectView::new(Object::of(&()), record::<I>(), &[], None, std::ptr::null_mut()),
        }
    }

    #[inline]
    fn give<'a, 'v: 'a>(view: ObjectView<'v>, (): &'a mut ()) -> Handed<I> {
        Handed::new(I::remote(Owned::of::<I>(view)))
    }

    fn put<S: Sink>(given: &Handed<I>, sink: S) {
        sink.u32(given.number());
    }

    fn give_kept(kept: KeptObject<I>, _: &mut Option<KeptObject<I>>) -> Handed<I> {
        Handed::new(kept.into_object())
    }

    fn visit<'a, V: VisitObjects<'a>>(given: &Handed<I>, visitor: &mut V) {
        visitor.given::<I>(given);
    }

    fn bind<B: BindObjects>(kept: &mut KeptObject<I>, binder: &B) {
        kept.bind(binder, true);
    }
}

impl<I: ?Sized + Lend> Returns for Given<I> {
    type Ok = Box<I>;

    #[inline]
    fn pack(value: Box<I>) -> Handed<I> {
        Handed::new(value)
    }

    #[inline]
    fn unpack(given: Handed<I>) -> Box<I> {
        given.into_box()
    }
}

/// The record of an interface.
#[inline]
pub(super) fn record<I: ?Sized + Interface>() -> &'static [u8] {
    I::IDENTITY.record().unwrap_or_default()
}

#[inline]
fn view<'a, I: ?Sized + PortableInterface>(
    object: Object,
    close: Option<CallFn>,
    is_taken: *mut bool,
) -> ObjectView<'a> {
    ObjectView::new(object, record::<I>(), I::CALLS, close, is_taken)
}
