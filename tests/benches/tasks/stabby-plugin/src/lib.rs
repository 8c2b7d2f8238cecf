//! The plugin, for stabby.

use std::future::poll_fn;
use std::task::Poll;

use stabby::boxed::Box;
use stabby::future::DynFuture;
use stabby::result::Result;
use stabby::str::Str;
use stabby::string::String;
use stabby_task_interface::{Work, WorkBox};

/// Does the work.
pub struct A;

impl Work for A {
    extern "C" fn add<'a>(&'a self, a: u64, b: u64) -> DynFuture<'a, Result<u64, String>> {
        Box::new(async move { Result::Ok(a.wrapping_add(b)) }).into()
    }

    extern "C" fn say_hello<'a>(&'a self, name: Str<'a>) -> DynFuture<'a, Result<String, String>> {
        Box::new(async move { stabby::format!("hello, {}", name.as_str()).map_err(|_| "no memory".into()).into() })
            .into()
    }

    extern "C" fn pause<'a>(&'a self) -> DynFuture<'a, Result<u64, String>> {
        Box::new(async move {
            let mut polls = 0;
            poll_fn(|context| {
                polls += 1;
                if polls > 1 {
                    return Poll::Ready(Result::Ok(polls));
                }
                let waker = context.waker().clone();
                waker.wake();
                Poll::Pending
            })
            .await
        })
        .into()
    }
}

/// Makes one.
#[stabby::export]
pub extern "C" fn new() -> Result<WorkBox, String> {
    Result::Ok(Box::new(A).into())
}
