//! The interface of the plugins in libraries, as a trait object of stabby.

use stabby::result::Result;
use stabby::slice::Slice;
use stabby::str::Str;
use stabby::string::String;

/// The interface of the plugins.
#[stabby::stabby(checked)]
pub trait Work {
    /// The sum, which wraps.
    extern "C" fn add(&self, a: u64, b: u64) -> Result<u64, String>;

    /// The number of bytes.
    extern "C" fn length<'a>(&'a self, bytes: Slice<'a, u8>) -> Result<u64, String>;

    /// Greets `name`.
    extern "C" fn say_hello<'a>(&'a self, name: Str<'a>) -> Result<String, String>;
}

/// An opened plugin.
pub type WorkBox = stabby::dynptr!(stabby::boxed::Box<dyn Work + Send + Sync>);
