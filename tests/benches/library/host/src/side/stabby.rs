//! Through stabby: a symbol with its check of the types, and a trait object.

use libloading::Library;
use stabby::libloading::StabbyLibrary;
use stabby_interface::{WorkBox, WorkDyn};

use super::Side;

type New = extern "C" fn() -> stabby::result::Result<WorkBox, stabby::string::String>;

pub fn open(path: &str) -> WorkBox {
    // SAFETY: the table built it from the package `stabby-plugin`.
    let library = unsafe { Library::new(path) }.unwrap_or_else(|error| panic!("{error}"));
    // SAFETY: it is exported through stabby, which checks its type.
    let new = unsafe { library.get_stabbied::<New>(b"new") }.unwrap_or_else(|error| panic!("{error}"));
    let work = Result::from(new()).expect("it opens");
    // The object's functions are in the library.
    std::mem::forget(library);
    work
}

impl Side for WorkBox {
    #[inline]
    fn add(&self, a: u64, b: u64) -> u64 {
        Result::from(WorkDyn::add(self, a, b)).expect("a sum")
    }

    #[inline]
    fn length(&self, bytes: &[u8]) -> u64 {
        Result::from(WorkDyn::length(self, bytes.into())).expect("a length")
    }

    #[inline]
    fn say_hello(&self, name: &str) -> String {
        Result::from(WorkDyn::say_hello(self, name.into())).expect("a greeting").as_str().to_owned()
    }
}
