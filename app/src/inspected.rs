//! What a library says of itself, with none of it having run, in the terms of this program. It reads no file.

use plug::Plugin;
use serde::Serialize;

pub(crate) struct Inspected {
    /// They cannot be opened.
    pub plugins: Vec<Plugin>,
    pub build: Build,
    pub interfaces: Vec<Interface>,
}

/// How the library was built.
#[derive(Serialize)]
pub(crate) struct Build {
    /// As `rustc --version` says it.
    pub compiler: String,
    /// The version of plug.
    pub plug: String,
    /// The number of the ABI between host and library.
    pub abi: u32,
    pub aborts_on_panic: bool,
    /// Of the file, in hexadecimal digits.
    pub sha256: String,
}

pub(crate) struct Interface {
    pub path: String,
    /// In order.
    pub methods: Vec<Method>,
}

#[derive(Serialize)]
pub(crate) struct Method {
    pub name: String,
    /// Its arguments and its result, with all that is in their types.
    pub signature: String,
    /// Whether a library may lack it.
    pub has_default: bool,
}

/// What concerns one of the plugins, as JSON has it.
#[derive(Serialize)]
pub(crate) struct LibraryDescription<'a> {
    #[serde(flatten)]
    pub build: &'a Build,
    /// Of its interface.
    pub methods: &'a [Method],
}

impl Inspected {
    pub(crate) fn describe(&self, plugin: &Plugin) -> LibraryDescription<'_> {
        let interface = self.interfaces.iter().find(|interface| interface.path == plugin.interface());
        let methods = interface.map(|interface| &interface.methods[..]).unwrap_or_default();
        LibraryDescription { build: &self.build, methods }
    }
}
