//! A host that opens the library at the given path, passes each order to its worker, and prints the
//! replies.

#![allow(unsafe_code, reason = "opening a library is unsafe")]

use library_interface::Work;
use plug::Registry;
use plug::link::Library;

fn main() -> Result<(), plug::Error> {
    let path = std::env::args().nth(1).expect("the path of a library");
    // SAFETY: the tests built it.
    let library = unsafe { Library::open(path) }?;
    let mut registry = Registry::new();
    registry.add(&library)?;
    let worker = registry.open::<dyn Work>("worker")?;
    for order in std::env::args().skip(2) {
        println!("{order}: {:?}", worker.obey(&order));
    }
    Ok(())
}
