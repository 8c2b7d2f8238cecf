//! What those have in common that stand in for a way that is not in this build: they say how to get it.

use plug::{Feature, Registry};

use crate::available::rebuild;
use crate::failure::{Exit, Failure};

/// Something that this build does not do.
pub(crate) struct LeftOut {
    pub text: &'static str,
    /// The features of this package, each of which brings it.
    pub features: &'static [&'static str],
}

impl LeftOut {
    /// The failure to do it.
    pub(crate) fn failure(&self) -> Failure {
        Failure::new(self.text, Exit::NotInBuild).hint(&self.rebuilt())
    }

    /// The same as a hint.
    pub(crate) fn way_in(&self) -> String {
        format!("{}: {}", self.text, self.rebuilt())
    }

    fn rebuilt(&self) -> String {
        let features = self.features.iter().map(|name| own_feature(Registry::builtin(), name));
        rebuild(&features.collect::<Vec<_>>())
    }
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
