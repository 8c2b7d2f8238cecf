//! The plugin, for abi_stable.

use abi_stable::export_root_module;
use abi_stable::prefix_type::PrefixTypeTrait;
use abi_stable::sabi_extern_fn;
use abi_stable::sabi_trait::TD_Opaque;
use abi_stable::std_types::{RBoxError, ROk, RResult, RSlice, RStr, RString};
use abi_stable_interface::{Module, ModuleRef, Work, Work_TO, WorkBox};

/// Does the work.
pub struct A;

impl Work for A {
    fn add(&self, a: u64, b: u64) -> RResult<u64, RBoxError> {
        ROk(a.wrapping_add(b))
    }

    fn length(&self, bytes: RSlice<'_, u8>) -> RResult<u64, RBoxError> {
        ROk(bytes.len() as u64)
    }

    fn say_hello(&self, name: RStr<'_>) -> RResult<RString, RBoxError> {
        ROk(format!("hello, {name}").into())
    }
}

/// The module of this library.
#[export_root_module]
pub fn module() -> ModuleRef {
    Module { new }.leak_into_prefix()
}

#[sabi_extern_fn]
fn new() -> RResult<WorkBox, RBoxError> {
    ROk(Work_TO::from_value(A, TD_Opaque))
}
