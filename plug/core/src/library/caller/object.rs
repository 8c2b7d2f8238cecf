//! The boundary in front of an object of another build: one that is lent for a call, or given.
//!
//! The view has the functions behind the methods, in the order of the other side's record.
//! This side joins them with its methods, by name and fingerprint.

use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use crate::abi::object::ObjectView;
use crate::abi::table::{CallFn, CallStatus, Object};
use crate::library::caller::task::LibraryTask;
use crate::library::caller::{self, Callable, Owner, Pending, lacking};
use crate::library::objects::record;
use crate::portable::arguments::Arguments;
use crate::portable::method::{Boundary, PortableInterface};
use crate::portable::method::{Method, Started};
use crate::portable::record::{METHOD, UNIT};
use crate::task::Task;

/// An object of another build.
#[derive(Clone, Copy)]
struct Foreign {
    object: Object,
    /// The path of its interface.
    interface: &'static str,
    methods: Joined,
}

/// An object of the caller, for the duration of the call.
pub struct Borrowed<'v>(Foreign, PhantomData<&'v ()>);

/// An object that the other side has given. Dropping it destroys the object there.
pub struct Owned(Foreign, Option<CallFn>);

/// The functions of another build for this build's methods.
#[derive(Clone, Copy)]
struct Joined {
    /// `lacking` replaces a method that the other build does not have.
    calls: &'static [CallFn],
    /// Whether it has each of them. `None` if it has all.
    has: Option<&'static [bool]>,
}

// SAFETY: its interface is `Send + Sync`, and so is the object, whose type the other side's compiler
// has checked for it. The tables are never written to.
unsafe impl Send for Foreign {}
// SAFETY: the same.
unsafe impl Sync for Foreign {}

impl Foreign {
    #[inline]
    fn of<I: ?Sized + PortableInterface>(view: &ObjectView<'_>) -> Self {
        let (ours, theirs, calls) = (record::<I>(), view.interface.get(), view.calls.get());
        let methods = match ours == theirs && calls.len() == I::CALLS.len() {
            // The record equals this build's, so each method has the same index.
            true => Joined { calls, has: None },
            false => Joined::of(ours, theirs, calls),
        };
        Self { object: view.object, interface: I::DECLARATION.path, methods }
    }

    #[inline]
    fn has<M: Method>(&self) -> bool {
        self.methods.has.is_none_or(|has| has[M::INDEX])
    }
}

impl Callable for Foreign {
    #[inline]
    fn object(&self) -> Object {
        self.object
    }

    #[inline]
    fn function<M: Method>(&self) -> CallFn {
        self.methods.calls[M::INDEX]
    }

    fn owner(&self) -> Owner<'_> {
        Owner::Object(self.interface)
    }
}

impl<'v> Borrowed<'v> {
    #[inline]
    pub(crate) fn of<I: ?Sized + PortableInterface>(view: ObjectView<'v>) -> Self {
        Self(Foreign::of::<I>(&view), PhantomData)
    }
}

impl Boundary for Borrowed<'_> {
    #[inline]
    fn has<M: Method>(&self) -> bool {
        self.0.has::<M>()
    }

    #[inline]
    fn call<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> M::Outcome {
        // SAFETY: the other side has a method of this name and fingerprint, so it takes views of these
        // types and a reply of this one. The object is of this interface and lives as long as `self`.
        unsafe { caller::call::<M>(&self.0, given) }
    }

    fn start<'a, M: Started>(&'a self, given: <M::Arguments as Arguments>::Given<'a>) -> Task<'a, M::Outcome> {
        // SAFETY: the same, and the other side makes a task of it.
        Box::pin(unsafe { LibraryTask::<M, _>::new(&self.0, given) })
    }
}

impl Owned {
    /// Takes the object.
    #[inline]
    pub(crate) fn of<I: ?Sized + PortableInterface>(view: ObjectView<'_>) -> Self {
        let object = Foreign::of::<I>(&view);
        if !view.is_taken.is_null() {
            // SAFETY: it points to a flag of the other side, which lives as long as the view, and which
            // only the thread of this call uses.
            unsafe { view.is_taken.write(true) };
        }
        Self(object, view.close)
    }
}

impl Boundary for Owned {
    #[inline]
    fn has<M: Method>(&self) -> bool {
        self.0.has::<M>()
    }

    #[inline]
    fn call<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> M::Outcome {
        // SAFETY: as for `Borrowed`. The object lives until `self` is dropped.
        unsafe { caller::call::<M>(&self.0, given) }
    }

    fn start<'a, M: Started>(&'a self, given: <M::Arguments as Arguments>::Given<'a>) -> Task<'a, M::Outcome> {
        // SAFETY: the same, and the other side makes a task of it.
        Box::pin(unsafe { LibraryTask::<M, _>::new(&self.0, given) })
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        let Some(close) = self.1 else { return };
        let mut pending = Pending::<(), ()>::new(Pending::<(), ()>::FLAT);
        // SAFETY: this side has taken the object, and this is the last use of it.
        // A drop returns nothing, and the other side has printed the message of a panic.
        let _: CallStatus = unsafe { close(self.0.object, std::ptr::null(), (&raw mut pending).cast()) };
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
