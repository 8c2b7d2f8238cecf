//! The result of inspecting a library's file, without running any of it.

use std::fmt;

use crate::escape;
use crate::library::host::reader::Records;
use crate::plugin::Plugin;

/// The content of a library's file: its plugins, its interfaces and their methods, and how it was
/// built.
/// [`Library::inspect`](crate::library::Library::inspect) makes one.
#[derive(Clone)]
pub struct Inspection {
    pub(super) plugins: Vec<Plugin>,
    pub(super) interfaces: Vec<InspectedInterface>,
    pub(super) compiler: String,
    pub(super) plug: String,
    pub(super) abi: u32,
    pub(super) aborts: bool,
    pub(super) sha256: String,
}

/// A portable interface in the version that a library was built with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InspectedInterface {
    /// The path of the trait.
    pub path: String,
    /// The version of the package that declares it.
    pub version: String,
    /// Its methods, in order.
    pub methods: Vec<InspectedMethod>,
}

/// A method of a portable interface.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InspectedMethod {
    /// Its name.
    pub name: String,
    /// Its arguments and its result, with all types written out.
    pub signature: String,
    /// A hash of the signature: FNV-1a, 128 bits.
    /// Host and library can call each other if it is equal.
    pub fingerprint: u128,
    /// Whether it has a default body, so that an older library may lack it.
    pub has_default: bool,
}

impl Inspection {
    pub(super) fn new(records: &Records<'_>, plugins: Vec<Plugin>, sha256: String) -> Self {
        let interfaces = records.interfaces.iter().map(|interface| InspectedInterface {
            path: interface.path.to_owned(),
            version: interface.version.to_owned(),
            methods: interface
                .methods
                .iter()
                .map(|method| InspectedMethod {
                    name: method.name.to_owned(),
                    signature: method.signature.to_owned(),
                    fingerprint: method.fingerprint,
                    has_default: method.has_default,
                })
                .collect(),
        });
        let library = &records.library;
        Self {
            plugins,
            interfaces: interfaces.collect(),
            compiler: library.compiler.to_owned(),
            plug: escape::short(library.plug),
            abi: library.abi,
            aborts: library.aborts,
            sha256,
        }
    }

    /// The plugins with their descriptions. They cannot be opened.
    pub fn plugins(&self) -> &[Plugin] {
        &self.plugins
    }

    /// The portable interfaces, by path.
    pub fn interfaces(&self) -> &[InspectedInterface] {
        &self.interfaces
    }

    /// The compiler, as `rustc --version` prints it.
    pub fn compiler(&self) -> &str {
        &self.compiler
    }

    /// The version of plug.
    pub fn plug_version(&self) -> &str {
        &self.plug
    }

    /// The number of the ABI between host and library.
    pub fn abi(&self) -> u32 {
        self.abi
    }

    /// Whether a panic in it ends the process, since it was built with `panic = "abort"`.
    pub fn aborts_on_panic(&self) -> bool {
        self.aborts
    }

    /// The SHA-256 of the file, in hexadecimal digits, as `sha256sum` prints it.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}

impl fmt::Debug for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspection")
            .field("plugins", &self.plugins)
            .field("interfaces", &self.interfaces)
            .field("compiler", &self.compiler)
            .finish_non_exhaustive()
    }
}
