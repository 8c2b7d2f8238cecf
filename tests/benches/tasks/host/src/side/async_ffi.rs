//! Through async-ffi: futures of it in a trait object of abi_stable.

use std::hint::black_box;
use std::path::Path;
use std::pin::pin;

use abi_stable::library::RootModule;
use abi_stable::std_types::{RBoxError, RResult, RString};
use async_ffi_task_interface::ModuleRef;

use super::{Calls, block_on, calls};

pub fn open(path: &str) -> Calls {
    let module = ModuleRef::load_from_file(Path::new(path)).unwrap_or_else(|error| panic!("{error}"));
    let work = module.new()().into_result().expect("it opens");
    let text = |value: RResult<RString, RBoxError>| value.into_result().expect("a text").into_string();
    calls!(work, |value: RResult<u64, RBoxError>| value.into_result().expect("a number"), text)
}
