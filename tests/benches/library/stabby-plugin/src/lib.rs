//! The plugin, for stabby.

use stabby::boxed::Box;
use stabby::result::Result;
use stabby::slice::Slice;
use stabby::str::Str;
use stabby::string::String;
use stabby_interface::{Work, WorkBox};

/// Does the work.
pub struct A;

impl Work for A {
    extern "C" fn add(&self, a: u64, b: u64) -> Result<u64, String> {
        Result::Ok(a.wrapping_add(b))
    }

    extern "C" fn length<'a>(&'a self, bytes: Slice<'a, u8>) -> Result<u64, String> {
        Result::Ok(bytes.len() as u64)
    }

    extern "C" fn say_hello<'a>(&'a self, name: Str<'a>) -> Result<String, String> {
        stabby::format!("hello, {}", name.as_str()).map_err(|_| "no memory".into()).into()
    }
}

/// Makes one.
#[stabby::export]
pub extern "C" fn new() -> Result<WorkBox, String> {
    Result::Ok(Box::new(A).into())
}
