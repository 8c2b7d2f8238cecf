//! A method of a portable interface, with its names, arguments and result, and the call of it.

use std::fmt::Display;

use super::Portable;
use crate::interface::Interface;
use crate::portable::arguments::{Arguments, Hold, Types};
use crate::portable::chain;
use crate::portable::outcome::{Fails, Outcome};
use crate::portable::types::TypeRef;

/// A method of a portable interface.
pub trait Method: 'static {
    type Interface: ?Sized + Interface + Send + Sync;
    type Arguments: Arguments;
    type Outcome: Outcome<Ok = Self::Ok, Error = Self::Error>;
    type Ok: Portable;
    type Error: Fails;
    const NAME: &'static str;
    /// The name in protobuf: `SayHello` for `say_hello`.
    const WIRE_NAME: &'static str;
    const ARGUMENT_NAMES: &'static [&'static str];
    const DOCS: &'static str;
    /// Its index among the methods of its interface.
    const INDEX: usize;
    const HAS_DEFAULT: bool;
    /// Whether a call may be repeated if it is unknown whether the first was made.
    const IS_IDEMPOTENT: bool;

    fn call<H: Hold>(object: &Self::Interface, held: <Self::Arguments as Arguments>::Held<'_, H>) -> Self::Outcome;

    /// Visits the texts of an error: its own, and those of its causes.
    fn tell(error: &Self::Error, text: &mut dyn FnMut(&dyn Display));

    fn texts(error: &Self::Error) -> Vec<String> {
        chain::texts(|text| Self::tell(error, text))
    }
}

/// The description of a method. Two builds must agree on its name and types to call it.
#[cfg_attr(not(feature = "rpc"), allow(dead_code, reason = "libraries tell of names and types alone"))]
pub struct Signature {
    pub(crate) name: &'static str,
    pub(crate) arguments: Types,
    pub(crate) output: TypeRef,
    pub(crate) has_default: bool,
    // Two builds may differ in the following.
    pub(crate) wire_name: &'static str,
    pub(crate) argument_names: &'static [&'static str],
    pub(crate) docs: &'static str,
    pub(crate) is_idempotent: bool,
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Signature {
    pub const fn of<M: Method>() -> Self {
        Self {
            name: M::NAME,
            arguments: M::Arguments::TYPES,
            output: <<M::Outcome as Outcome>::Ok as Portable>::TYPE,
            has_default: M::HAS_DEFAULT,
            wire_name: M::WIRE_NAME,
            argument_names: M::ARGUMENT_NAMES,
            docs: M::DOCS,
            is_idempotent: M::IS_IDEMPOTENT,
        }
    }
}
