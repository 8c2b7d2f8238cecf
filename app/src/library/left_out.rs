//! What stands in for `library.rs` where its feature is off: the same functions, which say how to turn it on.

use std::path::Path;

use plug::{Feature, Link, Plugin, Registry};

use crate::available::rebuild;
use crate::failure::{Exit, Failure};
use crate::inspected::Inspected;

/// There is none.
#[derive(Debug)]
pub(crate) enum Library {}

pub(crate) fn way_in() -> Option<String> {
    Some(format!("{LEFT_OUT}: {}", rebuilt()))
}

pub(crate) fn open(_: &Path) -> Result<Library, Failure> {
    Err(left_out())
}

pub(crate) fn inspect(_: &Path) -> Result<Inspected, Failure> {
    Err(left_out())
}

const LEFT_OUT: &str = "this build of app opens no libraries";

fn left_out() -> Failure {
    Failure::new(LEFT_OUT, Exit::NotInBuild).hint(&rebuilt())
}

fn rebuilt() -> String {
    rebuild(&[own_feature(Registry::builtin(), "library")])
}

/// A feature of this package, as it is given to Cargo.
fn own_feature(registry: &Registry, name: &str) -> String {
    let (package, catalogue) = (env!("CARGO_PKG_NAME"), registry.catalogue());
    let is_alone = |feature: &Feature| catalogue.argument(feature) == feature.name;
    match catalogue.features().iter().find(|feature| feature.package == package) {
        Some(feature) if !is_alone(feature) => format!("{package}/{name}"),
        _ => name.to_owned(),
    }
}

impl Library {
    pub(crate) fn aborts_on_panic(&self) -> bool {
        match *self {}
    }
}

impl Link for Library {
    fn plugins(&self) -> Result<Vec<Plugin>, plug::Error> {
        match *self {}
    }
}
