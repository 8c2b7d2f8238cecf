//! Objects that are lent for a call: `&dyn Trait` as an argument.
//!
//! The caller lends the functions behind the methods, in the order of its own record.
//! The callee joins them with its methods, by name and fingerprint.

use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use crate::abi::object::LentObject;
use crate::abi::table::{CallFn, Object};
use crate::abi::view::Scratch;
use crate::interface::Interface;
use crate::library::caller::task::LibraryTask;
use crate::library::caller::{self, Callable, Owner, lacking};
use crate::portable::arguments::{Arguments, Crosses, Written};
use crate::portable::codec::Sink;
use crate::portable::method::{Method, Started};
use crate::portable::proxy::{Boundary, Lend, PortableInterface, Proxy};
use crate::portable::record::{METHOD, UNIT};
use crate::portable::types::{Type, TypeRef};
use crate::task::Task;

/// The form of a `&dyn Trait`.
pub struct Lent<I: ?Sized>(PhantomData<fn(&I)>);

impl<I: ?Sized + PortableInterface> Written for Lent<I> {
    type Given<'a> = &'a I::Of<'a>;
}

impl<I: ?Sized + Lend> Crosses for Lent<I> {
    type View<'a> = LentObject<'a>;
    type Kept = u32;
    type Owner<'a> = Option<Proxy<I, Borrowed<'a>>>;
    const TYPE: TypeRef = TypeRef::new(&Type::Lent(I::DECLARATION.path));

    #[inline]
    fn view<'a>(given: &'a &I::Of<'_>, _: &'a Scratch) -> LentObject<'a> {
        LentObject::new(*given, record::<I>(), I::CALLS)
    }

    #[inline]
    fn give<'a, 'v: 'a>(view: LentObject<'v>, owner: &'a mut Self::Owner<'v>) -> &'a I::Of<'a> {
        I::lend(owner.insert(Proxy::new(Borrowed::of::<I>(view))))
    }

    fn put<S: Sink>(_: &&I::Of<'_>, sink: S) {
        sink.u32(0);
    }

    fn give_kept(_: u32, _: &mut Option<u32>) -> &I::Of<'_> {
        todo!()
    }
}

fn record<I: ?Sized + Interface>() -> &'static [u8] {
    I::IDENTITY.record().unwrap_or_default()
}

/// An object of the caller, for the duration of the call.
pub struct Borrowed<'v> {
    object: Object,
    /// The path of its interface.
    interface: &'static str,
    methods: Joined,
    lent: PhantomData<&'v ()>,
}

/// The functions of another build for this build's methods.
#[derive(Clone, Copy)]
struct Joined {
    /// `lacking` replaces a method that the other build does not have.
    calls: &'static [CallFn],
    /// Whether it has each of them. `None` if it has all.
    has: Option<&'static [bool]>,
}

// SAFETY: its interface is `Send + Sync`, and so is the object, whose type the caller's compiler has
// checked for it. The tables are never written to.
unsafe impl Send for Borrowed<'_> {}
// SAFETY: the same.
unsafe impl Sync for Borrowed<'_> {}

impl<'v> Borrowed<'v> {
    #[inline]
    fn of<I: ?Sized + PortableInterface>(LentObject { interface, calls, object, .. }: LentObject<'v>) -> Self {
        let (ours, theirs, calls) = (record::<I>(), interface.get(), calls.get());
        let methods = match ours == theirs && calls.len() == I::CALLS.len() {
            // The record equals this build's, so each method has the same index.
            true => Joined { calls, has: None },
            false => Joined::of(ours, theirs, calls),
        };
        Self { object, interface: I::DECLARATION.path, methods, lent: PhantomData }
    }
}

impl Boundary for Borrowed<'_> {
    fn has<M: Method>(&self) -> bool {
        self.methods.has.is_none_or(|has| has[M::INDEX])
    }

    #[inline]
    fn call<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> M::Outcome {
        // SAFETY: the caller has a method of this name and fingerprint, so it takes views of these
        // types and a reply of this one. The object is of this interface and lives as long as `self`.
        unsafe { caller::call::<M>(self, given) }
    }

    fn start<'a, M: Started>(&'a self, given: <M::Arguments as Arguments>::Given<'a>) -> Task<'a, M::Outcome> {
        // SAFETY: the same, and the caller makes a task of it.
        Box::pin(unsafe { LibraryTask::<M, _>::new(self, given) })
    }
}

impl Callable for Borrowed<'_> {
    #[inline]
    fn object(&self) -> Object {
        self.object
    }

    #[inline]
    fn function<M: Method>(&self) -> CallFn {
        self.methods.calls[M::INDEX]
    }

    fn owner(&self) -> Owner<'_> {
        Owner::Lender(self.interface)
    }
}

impl Joined {
    /// Matches the methods of two records.
    /// Nothing is unloaded, so that each pair of records is matched once.
    #[cold]
    fn of(ours: &'static [u8], theirs: &'static [u8], calls: &'static [CallFn]) -> Self {
        type Key = [*const u8; 3];
        struct Known(Key, Joined);
        // SAFETY: it points to constants.
        unsafe impl Send for Known {}
        static KNOWN: Mutex<Vec<Known>> = Mutex::new(Vec::new());

        let key = [ours.as_ptr(), theirs.as_ptr(), calls.as_ptr().cast()];
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Known(_, joined)) = known.iter().find(|known| known.0 == key) {
            return *joined;
        }
        let place = |method| methods(theirs).position(|other| other == method);
        let found: Vec<_> = methods(ours).map(|method| place(method).and_then(|place| calls.get(place))).collect();
        let has: Vec<_> = found.iter().map(Option::is_some).collect();
        let found: Vec<_> = found.into_iter().map(|call| call.copied().unwrap_or(lacking)).collect();
        let joined = Self { calls: found.leak(), has: Some(has.leak()) };
        known.push(Known(key, joined));
        joined
    }
}

/// The name and the fingerprint of each method of a record.
fn methods(record: &[u8]) -> impl Iterator<Item = (Option<&[u8]>, Option<&[u8]>)> {
    let is = |separator: &'static str| move |byte: &u8| *byte == separator.as_bytes()[0];
    record.split(is(METHOD)).skip(1).map(move |method| {
        let mut fields = method.split(is(UNIT));
        (fields.next(), fields.nth(2))
    })
}
