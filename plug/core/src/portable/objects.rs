//! Objects that cross: an argument `&dyn Trait` is lent for the call, and a `Box<dyn Trait>`, which
//! may be a result too, is given away.
//!
//! In a library the object itself crosses, as functions behind a pointer.
//! On a wire its number does, and the link finds the way back to the object.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::Arc;

use super::Portable;
use crate::abi::object::{ObjectView, Passing};
use crate::abi::view::Scratch;
use crate::error::Error;
use crate::library::caller::object::{Borrowed, Owned};
use crate::portable::arguments::{Arguments, Crosses, Returns, Written};
use crate::portable::codec::{Malformed, Sink, Source};
use crate::portable::method::Method;
use crate::portable::outcome::Outcome;
use crate::portable::proxy::{Boundary, Lend, PortableInterface, Proxy};
use crate::portable::streams::{Flow, Flowing};
use crate::portable::types::{Type, TypeRef};

/// The form of a `&dyn Trait`.
pub struct Lent<I: ?Sized>(PhantomData<fn(&I)>);

/// The form of a `Box<dyn Trait>`.
pub struct Given<I: ?Sized>(PhantomData<fn(&I)>);

/// An object that is lent for a call.
pub struct Lending<'a, I: ?Sized + PortableInterface> {
    object: &'a I::Of<'a>,
    /// The number on the wire.
    number: Cell<u32>,
}

impl<'a, I: ?Sized + PortableInterface> Lending<'a, I> {
    #[inline]
    pub fn new(object: &'a I::Of<'a>) -> Self {
        Self { object, number: Cell::new(0) }
    }

    #[inline]
    pub fn get(&self) -> &'a I::Of<'a> {
        self.object
    }

    #[cfg_attr(not(feature = "rpc"), allow(dead_code, reason = "only a wire has numbers"))]
    pub(crate) fn set_number(&self, number: u32) {
        self.number.set(number);
    }
}

/// An object that is given away, unless the other side does not take it.
pub struct Handed<I: ?Sized> {
    /// `None` once it is shared.
    object: Cell<Option<Box<I>>>,
    /// The object, while a library can take it.
    passing: Passing<I>,
    /// The object, while the other side of a wire can call it.
    shared: Cell<Option<Arc<Box<I>>>>,
    /// The number on the wire.
    number: Cell<u32>,
}

impl<I: ?Sized> Handed<I> {
    #[inline]
    pub fn new(object: Box<I>) -> Self {
        let (passing, shared, number) = (Passing::default(), Cell::new(None), Cell::new(0));
        Self { object: Cell::new(Some(object)), passing, shared, number }
    }

    /// The object, if it is still here.
    #[inline]
    pub(crate) fn into_object(self) -> Option<Box<I>> {
        let object = self.object.take().or_else(|| self.passing.take());
        object.or_else(|| self.shared.take().and_then(Arc::into_inner))
    }

    /// Shares the object with the link, under this number.
    #[cfg_attr(not(feature = "rpc"), allow(dead_code, reason = "only a wire has numbers"))]
    pub(crate) fn share(&self, number: impl FnOnce(Arc<Box<I>>) -> u32) {
        if let Some(object) = self.object.take() {
            let object = Arc::new(object);
            self.shared.set(Some(Arc::clone(&object)));
            self.number.set(number(object));
        }
    }
}

impl<I: ?Sized + PortableInterface> Handed<I> {
    /// The object. If the other side has taken it, it is one whose calls say so.
    #[inline]
    pub fn into_box(self) -> Box<I> {
        self.into_object().unwrap_or_else(|| I::remote(Nowhere))
    }
}

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
        ObjectView::lent::<I>(given.object)
    }

    #[inline]
    fn give<'a, 'v: 'a>(view: ObjectView<'v>, owner: &'a mut Self::Owner<'v>) -> Lending<'a, I> {
        Lending::new(I::lend(owner.insert(Proxy::new(Borrowed::of::<I>(view)))))
    }

    fn put<S: Sink>(given: &Lending<'_, I>, sink: S) {
        sink.u32(given.number.get());
    }

    fn give_kept(kept: KeptObject<I>, owner: &mut Option<KeptObject<I>>) -> Lending<'_, I> {
        Lending::new(I::borrow(owner.insert(kept).object.get_or_insert_with(|| I::remote(Nowhere))))
    }

    fn visit<'a, V: VisitObjects<'a>>(given: &Lending<'a, I>, visitor: &mut V) {
        visitor.lent(given);
    }

    fn bind<B: BindObjects>(kept: &mut KeptObject<I>, binder: &B) {
        kept.object = Some(binder.bind(kept.number, false));
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
        if let Some(object) = given.object.take() {
            given.passing.put(object);
        }
        ObjectView::given(&given.passing)
    }

    #[inline]
    fn give<'a, 'v: 'a>(view: ObjectView<'v>, (): &'a mut ()) -> Handed<I> {
        Handed::new(I::remote(Owned::of::<I>(view)))
    }

    fn put<S: Sink>(given: &Handed<I>, sink: S) {
        sink.u32(given.number.get());
    }

    fn give_kept(kept: KeptObject<I>, _: &mut Option<KeptObject<I>>) -> Handed<I> {
        Handed::new(kept.object.unwrap_or_else(|| I::remote(Nowhere)))
    }

    fn visit<'a, V: VisitObjects<'a>>(given: &Handed<I>, visitor: &mut V) {
        visitor.given(given);
    }

    fn bind<B: BindObjects>(kept: &mut KeptObject<I>, binder: &B) {
        kept.object = Some(binder.bind(kept.number, true));
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

/// Visits the objects among the arguments of a call, in order.
pub trait VisitObjects<'a> {
    fn lent<I: ?Sized + Lend>(&mut self, lending: &Lending<'a, I>);
    fn given<I: ?Sized + Lend>(&mut self, handed: &Handed<I>);
    fn stream<T: Portable>(&mut self, stream: &dyn Flowing<T>);
}

/// Makes the objects of the other side, by their numbers.
pub trait BindObjects {
    /// A lent object is not dropped by this side.
    fn bind<I: ?Sized + PortableInterface>(&self, number: u32, is_given: bool) -> Box<I>;

    /// The source of a stream. The number is 0 if the call itself is the stream.
    fn stream<T: Portable>(&self, number: u32) -> Box<dyn Flow<T>>;
}

/// An object of the other side of a wire: its number, and the object once it is bound.
pub struct KeptObject<I: ?Sized> {
    number: u32,
    object: Option<Box<I>>,
}

impl<I: ?Sized + PortableInterface> Portable for KeptObject<I> {
    type View<'a> = u32;
    const TYPE: TypeRef = u32::TYPE;
    const ID: u64 = u32::ID;
    const IS_FLAT: bool = true;

    fn view<'a>(&'a self, _: &'a Scratch) -> u32 {
        self.number
    }

    fn own(number: u32) -> Self {
        Self { number, object: None }
    }

    fn put<S: Sink>(&self, sink: S) {
        sink.u32(self.number);
    }

    fn merge<S: Source>(slot: &mut Option<Self>, source: S) -> Result<(), Malformed> {
        *slot = match source.u32()? {
            0 => None,
            number => Some(Self::own(number)),
        };
        Ok(())
    }

    fn missing() -> Result<Self, Malformed> {
        Err(Malformed::new("the number of an object is missing"))
    }
}

/// The boundary of an object that cannot be reached.
pub(crate) struct Nowhere;

impl Boundary for Nowhere {
    fn has<M: Method>(&self) -> bool {
        true
    }

    fn call<M: Method>(&self, _: &<M::Arguments as Arguments>::Given<'_>) -> M::Outcome {
        M::Outcome::of(Err(Error::msg(format!("`{}` cannot be called: there is no way back to its object", M::NAME))))
    }
}
