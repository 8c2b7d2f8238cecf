//! The plugin, for async-ffi.

use std::future::poll_fn;
use std::task::Poll;

use abi_stable::export_root_module;
use abi_stable::prefix_type::PrefixTypeTrait;
use abi_stable::sabi_extern_fn;
use abi_stable::sabi_trait::TD_Opaque;
use abi_stable::std_types::{RBoxError, ROk, RResult, RStr, RString};
use async_ffi::{BorrowingFfiFuture, FutureExt};
use async_ffi_task_interface::{Module, ModuleRef, Work, Work_TO, WorkBox};

/// Does the work.
pub struct A;

impl Work for A {
    fn add(&self, a: u64, b: u64) -> BorrowingFfiFuture<'_, RResult<u64, RBoxError>> {
        async move { ROk(a.wrapping_add(b)) }.into_ffi()
    }

    fn say_hello<'a>(&'a self, name: RStr<'a>) -> BorrowingFfiFuture<'a, RResult<RString, RBoxError>> {
        async move { ROk(format!("hello, {name}").into()) }.into_ffi()
    }

    fn pause(&self) -> BorrowingFfiFuture<'_, RResult<u64, RBoxError>> {
        async move {
            let mut polls = 0;
            poll_fn(|context| {
                polls += 1;
                if polls > 1 {
                    return Poll::Ready(ROk(polls));
                }
                let waker = context.waker().clone();
                waker.wake();
                Poll::Pending
            })
            .await
        }
        .into_ffi()
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
