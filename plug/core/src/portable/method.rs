//! A method of a portable interface, with its names, arguments and result, and the call of it.

use std::fmt::Display;

use crate::error::Error;
use crate::portable::arguments::{Arguments, Crosses, Hold, Types};
use crate::portable::chain;
use crate::portable::outcome::{Fails, Outcome};
use crate::portable::proxy::PortableInterface;
use crate::portable::returns::Returns;
use crate::portable::types::{Type, TypeRef};
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

/// The description of a method. Two builds must agree on its name and types to call it.
#[cfg_attr(not(feature = "rpc"), allow(dead_code, reason = "libraries tell of names and types alone"))]
pub struct Signature {
    pub(crate) name: &'static str,
    pub(crate) arguments: Types,
    pub(crate) output: TypeRef,
    pub(crate) has_default: bool,
    pub(crate) is_async: bool,
    // Two builds may differ in the following.
    pub(crate) wire_name: &'static str,
    pub(crate) argument_names: &'static [&'static str],
    argument_tags: &'static [u32],
    #[cfg_attr(not(feature = "netrpc"), allow(dead_code, reason = "other links send no names"))]
    go_names: &'static [&'static str],
    #[cfg_attr(not(feature = "netrpc"), allow(dead_code, reason = "other links send no maps"))]
    pub(crate) is_map: bool,
    pub(crate) docs: &'static str,
    pub(crate) is_idempotent: bool,
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
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

    /// Whether its only argument is a stream.
    #[cfg_attr(not(feature = "wire"), allow(dead_code, reason = "in a library it is an argument as others"))]
    pub(crate) fn takes_stream(&self) -> bool {
        matches!(&self.arguments, Types(Some((ty, _))) if matches!(ty.get(), Type::Stream(_)))
    }

    /// Whether its result is a stream.
    #[cfg_attr(not(feature = "wire"), allow(dead_code, reason = "in a library it is a result as others"))]
    pub(crate) fn returns_stream(&self) -> bool {
        matches!(self.output.get(), Type::Stream(_))
    }

    /// The paths of the interfaces whose objects cross with it.
    #[cfg(feature = "wire")]
    pub(crate) fn objects(&'static self) -> impl Iterator<Item = &'static str> {
        let types = self.tagged().map(|(_, ty)| ty).chain([self.output.get()]);
        types.filter_map(|ty| match ty {
            Type::Object { interface, .. } => Some(*interface),
            _ => None,
        })
    }

    /// The number in protobuf of the argument with this index.
    pub(crate) const fn tag(&self, index: usize) -> u32 {
        if self.argument_tags.is_empty() { index as u32 + 1 } else { self.argument_tags[index] }
    }

    /// The arguments, each with its number in protobuf.
    #[cfg_attr(not(feature = "wire"), allow(dead_code, reason = "libraries number no arguments"))]
    pub(crate) fn tagged(&'static self) -> impl Iterator<Item = (u32, &'static Type)> {
        let mut rest = &self.arguments;
        (0..).map_while(move |index| {
            let Types(Some((ty, others))) = rest else { return None };
            rest = others;
            Some((self.tag(index), ty.get()))
        })
    }

    /// The author's name in Go of the argument with this index, or an empty text.
    #[cfg(feature = "netrpc")]
    pub(crate) fn go_name(&self, index: usize) -> &'static str {
        self.go_names.get(index).copied().unwrap_or_default()
    }
}

/// Whether Go has a name for each of these types, under which a map can hold it.
const fn fits_into_map(types: &Types) -> bool {
    let Types(Some((ty, rest))) = types else { return true };
    let fits = match ty.get() {
        Type::Option(of) => is_basic(of.get()),
        ty => is_basic(ty),
    };
    fits && fits_into_map(rest)
}

const fn is_basic(ty: &Type) -> bool {
    let is_integer =
        matches!(ty, Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::U8 | Type::U16 | Type::U32 | Type::U64);
    is_integer || matches!(ty, Type::Bool | Type::F32 | Type::F64 | Type::String | Type::Bytes)
}
