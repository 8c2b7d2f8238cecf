//! The description that a library holds.
//! It reads no file, and is there without the feature `library` too.

use plug::Plugin;
use serde::Serialize;

pub(crate) struct Inspected {
    /// They describe the plugins, and cannot be opened.
    pub plugins: Vec<Plugin>,
    pub build: Build,
    pub interfaces: Vec<Interface>,
}

/// The build of the library.
#[derive(Serialize)]
pub(crate) struct Build {
    /// The line that `rustc --version` prints.
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
    /// Its arguments and its result, with the fields of their types.
    pub signature: String,
    /// Whether a library may lack it.
    pub has_default: bool,
}

/// The library of one of its plugins, as JSON.
#[derive(Serialize)]
pub(crate) struct LibraryDescription<'a> {
    #[serde(flatten)]
    pub build: &'a Build,
    /// Those of the plugin's interface.
    pub methods: &'a [Method],
}

impl Inspected {
    pub(crate) fn describe(&self, plugin: &Plugin) -> LibraryDescription<'_> {
        let interface = self.interfaces.iter().find(|interface| interface.path == plugin.interface());
        let methods = interface.map(|interface| &interface.methods[..]).unwrap_or_default();
        LibraryDescription { build: &self.build, methods }
    }
}
