//! Through async-ffi: futures of it in a trait object of abi_stable, polled where they are, or boxed as a `plug::Task` is.

use std::hint::black_box;
use std::path::Path;
use std::pin::{Pin, pin};

use abi_stable::library::RootModule;
use abi_stable::std_types::{RBoxError, RResult, RString};
use async_ffi_task_interface::{ModuleRef, WorkBox};

use super::{Calls, block_on, calls};

pub fn open(path: &str) -> Calls {
    let text = |value: RResult<RString, RBoxError>| value.into_result().expect("a text").into_string();
    calls!(module(path), |value: RResult<u64, RBoxError>| value.into_result().expect("a number"), text)
}

/// With the caller's trait: its futures are boxed and have results of std's types.
pub fn open_boxed(path: &str) -> Calls {
    let work: Box<dyn Boxed> = black_box(Box::new(module(path)));
    calls!(work, |value: Result<u64, RBoxError>| value.expect("a number"), |value: Result<String, RBoxError>| value
        .expect("a text"))
}

fn module(path: &str) -> WorkBox {
    let module = ModuleRef::load_from_file(Path::new(path)).unwrap_or_else(|error| panic!("{error}"));
    module.new()().into_result().expect("it opens")
}

type Task<'a, T> = Pin<Box<dyn Future<Output = Result<T, RBoxError>> + Send + 'a>>;

trait Boxed {
    fn add(&self, a: u64, b: u64) -> Task<'_, u64>;
    fn say_hello<'a>(&'a self, name: &'a str) -> Task<'a, String>;
    fn pause(&self) -> Task<'_, u64>;
}

impl Boxed for WorkBox {
    fn add(&self, a: u64, b: u64) -> Task<'_, u64> {
        Box::pin(async move { WorkBox::add(self, a, b).await.into_result() })
    }

    fn say_hello<'a>(&'a self, name: &'a str) -> Task<'a, String> {
        Box::pin(async move { WorkBox::say_hello(self, name.into()).await.into_result().map(RString::into_string) })
    }

    fn pause(&self) -> Task<'_, u64> {
        Box::pin(async move { WorkBox::pause(self).await.into_result() })
    }
}
