//! Through plug.

use std::hint::black_box;
use std::pin::pin;

use plug::Registry;
use plug::link::Library;
use task_interface::Work;

use super::{Calls, block_on, calls};

pub fn open(path: &str) -> Calls {
    // SAFETY: the table built it from the package `task-plugin`, and nothing writes to it.
    let library = unsafe { Library::open(path) }.expect("the library is there");
    let mut registry = Registry::new();
    registry.add(&library).expect("the library has plugins");
    let work = registry.open::<dyn Work>("a").expect("the library has this one");
    calls!(work, |value: Result<_, _>| value.expect("a number"), |value: Result<_, _>| value.expect("a text"))
}
