//! Portable interfaces, and the proxy object on the caller's side of the boundary.

use std::marker::PhantomData;

use crate::interface::{Identity, Interface};
use crate::portable::arguments::Arguments;
use crate::portable::method::{Method, Signature, Started};
use crate::task::Task;

/// An interface whose methods can be called across a boundary.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no portable interface",
    label = "an object that crosses to a plugin, or from it, is of a portable interface",
    note = "write `#[plug::interface(portable)]` above the trait"
)]
pub trait PortableInterface: Interface + Send + Sync {
    /// Its name outside of Rust: a name of protobuf, with or without a package.
    const SERVICE: &'static str;
    const DOCS: &'static str;
    const SIGNATURES: &'static [Signature];
    /// The functions that a library exports for its methods.
    const CALLS: &'static [crate::abi::table::CallFn];

    /// Its object type for a shorter lifetime: `dyn Trait + 'o`.
    type Of<'o>: ?Sized + Send + Sync;

    fn borrow<'o>(object: &'o Self) -> &'o Self::Of<'o>;

    /// Visits the methods, in order.
    fn methods<V: VisitMethods<Self>>(visitor: &mut V);

    /// An object of the interface whose methods cross this boundary.
    fn remote<B: Boundary + 'static>(boundary: B) -> Box<Self>;
}

/// A portable interface whose objects can be lent for a call, as `&dyn Trait`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be lent to a plugin",
    label = "a lent object is of a portable interface, which borrows for the call",
    note = "write `#[plug::interface(portable)]` above the trait, and no lifetime among its supertraits"
)]
pub trait Lend: PortableInterface {
    /// An object of the interface whose methods cross this boundary, for as long as that lives.
    fn lend<'a, B: Boundary + 'a>(proxy: &'a Proxy<Self, B>) -> &'a Self::Of<'a>;
}

/// Makes something for each method of an interface.
pub trait VisitMethods<I: ?Sized> {
    fn method<M: Method<Interface = I>>(&mut self);

    /// Visits an asynchronous method.
    fn started<M: Started<Interface = I>>(&mut self) {
        self.method::<M>();
    }
}

/// The entry of a portable interface in the binary, by which links find it by its path.
pub struct Portables(pub &'static Identity);

/// The description of an interface without its type: its name in protobuf, its docs, its methods.
#[cfg_attr(not(feature = "wire"), allow(dead_code, reason = "libraries have records of their own"))]
pub struct Description {
    pub(crate) service: &'static str,
    pub(crate) docs: &'static str,
    pub(crate) methods: &'static [Signature],
}

impl Description {
    pub const fn of<I: ?Sized + PortableInterface>() -> Self {
        Self { service: I::SERVICE, docs: I::DOCS, methods: I::SIGNATURES }
    }

    /// The path of a method in HTTP/2.
    #[cfg(feature = "wire")]
    pub(crate) fn path(&self, method: &Signature) -> String {
        format!("/{}/{}", self.service, method.wire_name)
    }
}

/// The caller's side of a boundary, which leads to one object.
pub trait Boundary: Send + Sync {
    /// Whether the other side has the method.
    /// It may lack one with a default body if it is older.
    fn has<M: Method>(&self) -> bool;

    fn call<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> M::Outcome;

    /// Calls a method that has a default body. `None` if the other side lacks it, and so has done
    /// nothing.
    #[inline]
    fn attempt<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> Option<M::Outcome> {
        self.has::<M>().then(|| self.call::<M>(given))
    }

    /// Starts an asynchronous method. Unless a link does better, the first poll waits for the reply.
    fn start<'a, M: Started>(&'a self, given: <M::Arguments as Arguments>::Given<'a>) -> Task<'a, M::Outcome> {
        Box::pin(async move { self.call::<M>(&given) })
    }

    /// Starts an asynchronous method that has a default body.
    /// Returns the arguments if the other side lacks it, and so has done nothing.
    fn attempt_start<'a, M: Started>(
        &'a self,
        given: <M::Arguments as Arguments>::Given<'a>,
    ) -> Task<'a, Result<M::Outcome, <M::Arguments as Arguments>::Given<'a>>> {
        Box::pin(async move { if self.has::<M>() { Ok(self.start::<M>(given).await) } else { Err(given) } })
    }
}

/// An object of `I` on the other side of a boundary.
pub struct Proxy<I: ?Sized, B> {
    boundary: B,
    interface: PhantomData<fn(&I)>,
}

impl<I: ?Sized, B: Boundary> Proxy<I, B> {
    pub fn new(boundary: B) -> Self {
        Self { boundary, interface: PhantomData }
    }

    #[inline]
    pub fn call<M: Method<Interface = I>>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> M::Outcome {
        self.boundary.call::<M>(given)
    }

    #[inline]
    pub fn attempt<M: Method<Interface = I>>(
        &self,
        given: &<M::Arguments as Arguments>::Given<'_>,
    ) -> Option<M::Outcome> {
        self.boundary.attempt::<M>(given)
    }

    #[inline]
    pub fn start<'a, M: Started<Interface = I>>(
        &'a self,
        given: <M::Arguments as Arguments>::Given<'a>,
    ) -> Task<'a, M::Outcome> {
        self.boundary.start::<M>(given)
    }

    #[inline]
    pub fn attempt_start<'a, M: Started<Interface = I>>(
        &'a self,
        given: <M::Arguments as Arguments>::Given<'a>,
    ) -> Task<'a, Result<M::Outcome, <M::Arguments as Arguments>::Given<'a>>> {
        self.boundary.attempt_start::<M>(given)
    }
}
