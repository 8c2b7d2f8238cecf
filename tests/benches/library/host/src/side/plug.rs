//! Through plug: the plugin that is linked into this program, and the one in a library.

use std::hint::black_box;

use library_interface::Work;
use library_plugin::A;
use plug::Registry;
use plug::link::LibraryOptions;

use super::Side;

/// Made without a registry, which would give the same object: this is the cost without plug.
pub fn linked() -> Box<dyn Work> {
    // Without this, the compiler could make direct calls, because only one type is possible.
    black_box::<Box<dyn Work>>(Box::new(A))
}

pub fn open(path: &str) -> Box<dyn Work> {
    open_with(&LibraryOptions::new(), path)
}

/// Loads without a private copy, as the peers and `dlopen` do.
pub fn open_in_place(path: &str) -> Box<dyn Work> {
    open_with(&LibraryOptions::new().in_place(), path)
}

fn open_with(options: &LibraryOptions, path: &str) -> Box<dyn Work> {
    // SAFETY: the table built it from the package `library-plugin`, and nothing writes to it.
    let library = unsafe { options.open(path) }.expect("the library is there");
    let mut registry = Registry::new();
    registry.add(&library).expect("the library has plugins");
    registry.open::<dyn Work>("a").expect("the library has this one")
}

impl Side for Box<dyn Work> {
    #[inline]
    fn add(&self, a: u64, b: u64) -> u64 {
        (**self).add(a, b).expect("a sum")
    }

    #[inline]
    fn length(&self, bytes: &[u8]) -> u64 {
        (**self).length(bytes).expect("a length")
    }

    #[inline]
    fn say_hello(&self, name: &str) -> String {
        (**self).say_hello(name).expect("a greeting")
    }
}
