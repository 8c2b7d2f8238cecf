//! The kinds of links, and which of them are in this build.
//! A function that needs the feature `library`, `process` or `grpc` is called through this file: if
//! the feature is off, it fails, and says how to get it.

use std::time::Duration;

use plug::link::Address;
use plug::{Feature, Link, Registry};

use crate::available::rebuild;
use crate::failure::{Exit, Failure};

#[cfg(feature = "grpc")]
pub(crate) use crate::grpc::serve;
#[cfg(feature = "library")]
pub(crate) use crate::library::inspect;
#[cfg(feature = "process")]
pub(crate) use crate::process::{isolated, log, serve_isolated};

#[cfg(not(all(feature = "library", feature = "process", feature = "grpc")))]
pub(crate) use left_out::*;

/// A kind of link.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Library,
    Process,
    Grpc,
}

/// A link that is open.
/// None of a library's code has run.
pub(crate) struct Opened {
    pub link: Box<dyn Link>,
    /// Whether a panic in it ends this program.
    pub aborts_on_panic: bool,
}

/// Opens the link at this address.
/// `plugin` is the one that will be opened, if only one will.
pub(crate) fn open(address: &Address, plugin: Option<&str>) -> Result<Opened, Failure> {
    Kind::of(address).map_or(Ok(()), Kind::check)?;
    let opened = match address {
        #[cfg(feature = "library")]
        Address::Library(path) => return crate::library::open(path),
        // No process has started: this program declares no handshake, or several.
        Address::Process(_) => address.open(plugin).map_err(|error| Failure::with(&error, Exit::Problem)),
        _ => address.open(plugin).map_err(Failure::from),
    };
    Ok(Opened { link: opened?, aborts_on_panic: false })
}

/// The text of the interface's `.proto` file.
#[cfg(any(feature = "process", feature = "grpc"))]
pub(crate) fn proto() -> Result<String, Failure> {
    Ok(plug::proto::<dyn app_interface::Plug>()?)
}

impl Kind {
    pub(crate) fn of(address: &Address) -> Option<Self> {
        match address {
            Address::Library(_) => Some(Self::Library),
            Address::Process(_) => Some(Self::Process),
            Address::Grpc(_) => Some(Self::Grpc),
            _ => None,
        }
    }

    /// How to get this kind of link, if it is not in this build.
    pub(crate) fn way_in(self) -> Option<String> {
        let (text, feature) = self.words();
        (!self.is_in_build()).then(|| format!("{text}: {}", rebuild(&[own_feature(feature)])))
    }

    fn check(self) -> Result<(), Failure> {
        if self.is_in_build() { Ok(()) } else { self.left_out() }
    }

    fn is_in_build(self) -> bool {
        match self {
            Self::Library => cfg!(feature = "library"),
            Self::Process => cfg!(feature = "process"),
            Self::Grpc => cfg!(feature = "grpc"),
        }
    }

    fn left_out<T>(self) -> Result<T, Failure> {
        let (text, feature) = self.words();
        Err(not_in_build(text, &[feature]))
    }

    /// The fact about a build without this kind, and the feature of this package that brings it.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Library => ("this build of app opens no libraries", "library"),
            Self::Process => ("this build of app starts no processes", "process"),
            Self::Grpc => ("this build of app speaks no gRPC", "grpc"),
        }
    }
}

fn not_in_build(text: &str, features: &[&str]) -> Failure {
    let features: Vec<_> = features.iter().map(|name| own_feature(name)).collect();
    Failure::new(text, Exit::NotInBuild).hint(&rebuild(&features))
}

/// A feature of this package, in the form that Cargo takes.
fn own_feature(name: &str) -> String {
    let (package, catalogue) = (env!("CARGO_PKG_NAME"), Registry::builtin().catalogue());
    let is_alone = |feature: &Feature| catalogue.argument(feature) == feature.name;
    match catalogue.features().iter().find(|feature| feature.package == package) {
        Some(feature) if !is_alone(feature) => format!("{package}/{name}"),
        _ => name.to_owned(),
    }
}

/// The limits of a server.
#[cfg_attr(not(feature = "grpc"), allow(dead_code, reason = "there is no server without it"))]
pub(crate) struct Limits {
    /// How long calls may go on after the signal to end.
    pub grace: Duration,
    /// How many objects of their own the clients may have at once.
    pub instances: usize,
}

/// The functions whose features are off.
#[cfg(not(all(feature = "library", feature = "process", feature = "grpc")))]
mod left_out {
    #![allow(unused_imports, reason = "each function needs some of them")]

    use std::path::Path;
    use std::process::ExitCode;

    use plug::{Link, Plugin};

    use super::{Kind, Limits, not_in_build};
    use crate::failure::Failure;
    use crate::inspected::Inspected;

    #[cfg(not(feature = "library"))]
    pub(crate) fn inspect(_: &Path) -> Result<Inspected, Failure> {
        Kind::Library.left_out()
    }

    #[cfg(not(feature = "process"))]
    pub(crate) fn isolated() -> Result<Box<dyn Link>, Failure> {
        Kind::Process.left_out()
    }

    /// This process was not started as a plugin.
    #[cfg(not(feature = "process"))]
    pub(crate) fn serve_isolated() -> Option<ExitCode> {
        None
    }

    #[cfg(not(feature = "process"))]
    pub(crate) fn log() {}

    #[cfg(not(feature = "grpc"))]
    pub(crate) fn serve(
        _: Vec<Plugin>,
        _: &str,
        _: &Limits,
        _: impl FnOnce(&str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        Kind::Grpc.left_out()
    }

    #[cfg(not(any(feature = "process", feature = "grpc")))]
    pub(crate) fn proto() -> Result<String, Failure> {
        Err(not_in_build("this build of app knows nothing of protobuf", &["grpc", "process"]))
    }
}
