//! Shared libraries.
//! It is the one file with `unsafe` in it.

use std::path::Path;

use plug::link::{InspectedInterface, Library};

use crate::failure::Failure;
use crate::inspected::{Build, Inspected, Interface, Method};
use crate::kind::Opened;

/// Opens the library at this absolute path.
/// None of its code runs before one of its plugins is opened.
pub(crate) fn open(path: &Path) -> Result<Opened, Failure> {
    // SAFETY: the user of this program has named this very file, as they name a program to run, and
    // so vouches for its code.
    // Nothing else leads here: the program searches no folder, and takes no path from a plugin, a
    // manifest or a configuration.
    let library = unsafe { Library::open(path) }?;
    Ok(Opened { aborts_on_panic: library.aborts_on_panic(), link: Box::new(library) })
}

/// Reads the description in the library at this absolute path.
/// None of its code runs, now or later.
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
