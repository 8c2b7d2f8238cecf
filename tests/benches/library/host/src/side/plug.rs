//! Through plug: the plugin that is linked into this program, and the one in a library.

use std::hint::black_box;

use library_interface::Work;
use library_plugin::A;
use plug::Registry;
use plug::link::LibraryOptions;

use super::Side;

/// Not from a registry, though that would give the same: it is what plugins cost without plug.
pub fn linked() -> Box<dyn Work> {
    // Else the calls could be direct ones, since there is one type that they could be of.
    black_box::<Box<dyn Work>>(Box::new(A))
}

pub fn open(path: &str) -> Box<dyn Work> {
    open_with(&LibraryOptions::new(), path)
}

/// As the peers do it, and `dlopen`: without a private copy.
pub fn open_in_place(path: &str) -> Box<dyn Work> {
    open_with(&LibraryOptions::new().in_place(), path)
}

fn open_with(options: &LibraryOptions, path: &str) -> Box<dyn Work> {
    // SAFETY: the table built it, of the package `library-plugin`, and nobody writes to it.
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
