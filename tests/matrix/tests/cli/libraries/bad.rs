//! Plugins that fail in a library.

use app_interface::Plug;
use plug::{Error, plug};

/// Says that the library has been loaded: the system calls it then.
#[used]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
static LOADED: extern "C" fn() = {
    extern "C" fn loaded() {
        eprintln!("loaded");
    }
    loaded
};

#[derive(Default)]
struct Panics;

/// Panics.
#[plug("panics")]
impl Plug for Panics {
    fn say_hello(&self, name: &str) -> Result<String, Error> {
        panic!("no greeting for {name}\u{1b}[31m")
    }
}

struct Fails;

/// Cannot be made.
#[plug("fails", new = Self::new)]
impl Plug for Fails {
    fn say_hello(&self, _: &str) -> Result<String, Error> {
        Ok("never".into())
    }
}

impl Fails {
    fn new() -> Result<Self, Error> {
        Err(Error::msg("cannot read the greetings").with_source(Error::msg("no such file")))
    }
}
