//! Through stabby: its futures in a trait object of it.

use std::hint::black_box;
use std::pin::pin;

use libloading::Library;
use stabby::libloading::StabbyLibrary;
use stabby::string::String;
use stabby_task_interface::{WorkBox, WorkDyn};

use super::{Calls, block_on, calls};

type New = extern "C" fn() -> stabby::result::Result<WorkBox, String>;

pub fn open(path: &str) -> Calls {
    // SAFETY: the table built it from the package `stabby-task-plugin`.
    let library = unsafe { Library::new(path) }.unwrap_or_else(|error| panic!("{error}"));
    // SAFETY: it is exported through stabby, which checks its type.
    let new = unsafe { library.get_stabbied::<New>(b"new") }.unwrap_or_else(|error| panic!("{error}"));
    let work = Result::from(new()).expect("it opens");
    // The object's functions are in the library.
    std::mem::forget(library);
    let text = |value: stabby::result::Result<String, String>| Result::from(value).expect("a text").as_str().to_owned();
    calls!(work, |value: stabby::result::Result<u64, String>| Result::from(value).expect("a number"), text)
}
