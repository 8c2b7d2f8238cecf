//! The interface of the plugins, as a trait object of stabby whose methods return its futures.

use stabby::future::DynFuture;
use stabby::result::Result;
use stabby::str::Str;
use stabby::string::String;

/// The interface of the plugins.
#[stabby::stabby(checked)]
pub trait Work {
    /// The sum, which wraps.
    extern "C" fn add<'a>(&'a self, a: u64, b: u64) -> DynFuture<'a, Result<u64, String>>;

    /// Greets `name`.
    extern "C" fn say_hello<'a>(&'a self, name: Str<'a>) -> DynFuture<'a, Result<String, String>>;

    /// Is pending once, and wakes the task by a clone of the waker. Returns the number of polls.
    extern "C" fn pause<'a>(&'a self) -> DynFuture<'a, Result<u64, String>>;
}

/// An opened plugin.
pub type WorkBox = stabby::dynptr!(stabby::boxed::Box<dyn Work + Send + Sync>);
