//! Portable interfaces and their methods, and the proxy object on the caller's side of a boundary.

use std::fmt::Display;
use std::marker::PhantomData;

use crate::error::Error;
use crate::interface::{Identity, Interface};
use crate::portable::arguments::{Arguments, Crosses, Hold, Returns};
use crate::portable::chain;
use crate::portable::outcome::{Fails, Outcome};
use crate::portable::signature::{Description, Signature, fits_into_map};
use crate::task::Task;

/// The object type of a method's interface, for a lifetime.
pub type ObjectOf<'o, M> = <<M as Method>::Interface as PortableInterface>::Of<'o>;

/// A method of a portable interface.
pub trait Method: 'static {
    type Interface: ?Sized + PortableInterface;
    type Arguments: Arguments;
    type Outcome: Outcome<Ok = Self::Ok, Error = Self::Error>;
    type Ok;
    /// The form of the result.
    type Returns: Returns<Ok = Self::Ok>;
    type Error: Fails;
    const NAME: &'static str;
    /// The name in protobuf: `SayHello` for `say_hello`.
    const WIRE_NAME: &'static str;
    const ARGUMENT_NAMES: &'static [&'static str];
    /// The numbers of the arguments in protobuf. Empty if they are 1, 2, … in order.
    const ARGUMENT_TAGS: &'static [u32] = &[];
    /// The names of the arguments in Go, each empty for the one that follows from its name.
    /// Empty if the author gives none.
    const GO_NAMES: &'static [&'static str] = &[];
    /// Whether the arguments cross as a map over net/rpc.
    const IS_MAP: bool = false;
    const DOCS: &'static str;
    /// Its index among the methods of its interface.
    const INDEX: usize;
    const HAS_DEFAULT: bool;
    /// Whether a call may be repeated if it is unknown whether the first was made.
    const IS_IDEMPOTENT: bool;
    /// Whether the method is asynchronous. It is then `Started`, and `call` fails.
    const IS_ASYNC: bool = false;

    fn call<H: Hold>(object: &ObjectOf<'_, Self>, held: <Self::Arguments as Arguments>::Held<'_, H>) -> Self::Outcome {
        let _ = (object, held);
        Self::Outcome::of(Err(Error::msg(format!("`{}` is asynchronous, and was not started", Self::NAME))))
    }

    /// Visits the texts of an error: its own, and those of its causes.
    fn tell(error: &Self::Error, text: &mut dyn FnMut(&dyn Display));

    fn texts(error: &Self::Error) -> Vec<String> {
        chain::texts(|text| Self::tell(error, text))
    }
}

/// An asynchronous method.
pub trait Started: Method {
    fn start<'a>(
        object: &'a ObjectOf<'_, Self>,
        given: <Self::Arguments as Arguments>::Given<'a>,
    ) -> Task<'a, Self::Outcome>;
}

impl Signature {
    #[track_caller]
    pub const fn of<M: Method>() -> Self {
        assert!(
            !M::IS_MAP || fits_into_map(&M::Arguments::TYPES),
            "an argument of a method that is `#[plug(netrpc = \"map\")]` is a `bool`, a number, a text or bytes, or an `Option` of one"
        );
        Self {
            name: M::NAME,
            arguments: M::Arguments::TYPES,
            output: <M::Returns as Crosses>::TYPE,
            has_default: M::HAS_DEFAULT,
            is_async: M::IS_ASYNC,
            wire_name: M::WIRE_NAME,
            argument_names: M::ARGUMENT_NAMES,
            argument_tags: M::ARGUMENT_TAGS,
            go_names: M::GO_NAMES,
            is_map: M::IS_MAP,
            docs: M::DOCS,
            is_idempotent: M::IS_IDEMPOTENT,
        }
    }
}

impl Description {
    pub const fn of<I: ?Sized + PortableInterface>() -> Self {
        Self { service: I::SERVICE, docs: I::DOCS, methods: I::SIGNATURES }
    }
}

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
    /// Whether a method may block its thread.
    const BLOCKS: bool = true;

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
