//! Through abi_stable: its root module with its check of the layouts, and a trait object.

use std::path::Path;

use abi_stable::library::RootModule;
use abi_stable_interface::{ModuleRef, WorkBox};

use super::Side;

pub fn open(path: &str) -> WorkBox {
    let module = ModuleRef::load_from_file(Path::new(path)).unwrap_or_else(|error| panic!("{error}"));
    module.new()().into_result().expect("it opens")
}

impl Side for WorkBox {
    #[inline]
    fn add(&self, a: u64, b: u64) -> u64 {
        WorkBox::add(self, a, b).into_result().expect("a sum")
    }

    #[inline]
    fn length(&self, bytes: &[u8]) -> u64 {
        WorkBox::length(self, bytes.into()).into_result().expect("a length")
    }

    #[inline]
    fn say_hello(&self, name: &str) -> String {
        WorkBox::say_hello(self, name.into()).into_result().expect("a greeting").into_string()
    }
}
