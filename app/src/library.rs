//! The way to a shared library that somebody has named, and the one file with `unsafe` in it. Where the feature `library` is
//! off, `library/left_out.rs` stands in for it.

use std::path::Path;

use plug::link::InspectedInterface;
pub(crate) use plug::link::Library;

use crate::failure::Failure;
use crate::inspected::{Build, Inspected, Interface, Method};

/// What to do so that this program opens libraries: nothing.
pub(crate) fn way_in() -> Option<String> {
    None
}

/// The library at this absolute path. Nothing of it is loaded or run before one of its plugins is opened.
pub(crate) fn open(path: &Path) -> Result<Library, Failure> {
    // SAFETY: whoever runs this program has named this very file, as they name a program to be run, and so vouches for its code.
    // Nothing else leads here: no folder is searched, and no plugin, manifest or configuration is asked for a path.
    Ok(unsafe { Library::open(path) }?)
}

/// What the library at this absolute path says of itself. Nothing of it is loaded or run, now or later.
pub(crate) fn inspect(path: &Path) -> Result<Inspected, Failure> {
    let inspection = Library::inspect(path)?;
    Ok(Inspected {
        plugins: inspection.plugins().to_vec(),
        build: Build {
            compiler: inspection.compiler().to_owned(),
            plug: inspection.plug_version().to_owned(),
            abi: inspection.abi(),
            aborts_on_panic: inspection.aborts_on_panic(),
            sha256: inspection.sha256().to_owned(),
        },
        interfaces: inspection.interfaces().iter().map(Interface::from).collect(),
    })
}

impl From<&InspectedInterface> for Interface {
    fn from(interface: &InspectedInterface) -> Self {
        let methods = interface.methods.iter().map(|method| Method {
            name: method.name.clone(),
            signature: method.signature.clone(),
            has_default: method.has_default,
        });
        Self { path: interface.path.clone(), methods: methods.collect() }
    }
}
