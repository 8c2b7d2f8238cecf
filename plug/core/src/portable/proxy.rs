//! An interface whose methods cross a border, and the object on the caller's side. It knows no border.

use std::marker::PhantomData;

use crate::interface::{Identity, Interface};
use crate::portable::arguments::Arguments;
use crate::portable::method::{Method, Signature};

/// An interface whose methods can be called across a border.
pub trait PortableInterface: Interface + Send + Sync {
    /// What it is called where there are no paths of Rust: a name of protobuf, with a package or without.
    const SERVICE: &'static str;
    const DOCS: &'static str;
    const SIGNATURES: &'static [Signature];
    /// What a library calls its methods by.
    const CALLS: &'static [crate::abi::table::CallFn];

    /// Shows the methods, in order.
    fn methods<V: VisitMethods<Self>>(visitor: &mut V);

    /// An object of the interface whose methods cross this border.
    fn remote<B: Boundary>(boundary: B) -> Box<Self>;
}

/// What is made for each method of an interface.
pub trait VisitMethods<I: ?Sized> {
    fn method<M: Method<Interface = I>>(&mut self);
}

/// What a portable interface leaves in the binary, so that it can be found by its path.
pub struct Portables(pub &'static Identity);

/// What can be said of an interface whose type is not known: its name on the wire, its docs, its methods.
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

    /// The path of a method, as HTTP/2 has it.
    #[cfg(feature = "wire")]
    pub(crate) fn path(&self, method: &Signature) -> String {
        format!("/{}/{}", self.service, method.wire_name)
    }
}

/// A way to the object: what stands on the caller's side of it.
pub trait Boundary: Send + Sync + 'static {
    /// Whether the other side has the method, which it may lack where it is older and the method has a default body.
    fn has<M: Method>(&self) -> bool;

    fn call<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> M::Outcome;

    /// Calls a method that has a default body. None if the other side turns out to lack it, and has done nothing.
    #[inline]
    fn attempt<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> Option<M::Outcome> {
        self.has::<M>().then(|| self.call::<M>(given))
    }
}

/// An object of `I` on the other side of a border.
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
}
