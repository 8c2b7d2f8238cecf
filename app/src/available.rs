//! The plugins that are known, but not in this build.
//! It knows the catalogue, and prints nothing.

use std::collections::BTreeMap;

use plug::Registry;
use serde::Serialize;

/// A plugin whose features are off.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Available {
    pub name: String,
    /// In the form that Cargo takes.
    /// Each of them brings the plugin.
    pub features: Vec<String>,
}

/// The plugins of features that are off, by name.
pub(crate) fn available(registry: &Registry) -> Vec<Available> {
    let catalogue = registry.catalogue();
    let mut features = BTreeMap::<_, Vec<_>>::new();
    for feature in catalogue.features().iter().filter(|feature| !feature.on) {
        for name in feature.plugins.iter().filter(|name| !registry.plugins().any(|plugin| plugin.name() == **name)) {
            features.entry(name.clone()).or_default().push(catalogue.argument(feature));
        }
    }
    let available = features.into_iter().map(|(name, mut features)| {
        // A feature that turns on two dependencies is listed with each.
        features.dedup();
        Available { name, features }
    });
    available.collect()
}

impl Available {
    /// How to get the plugin.
    pub(crate) fn hint(&self) -> String {
        rebuild(&self.features)
    }
}

/// How to get the plugins that one of these features brings.
pub(crate) fn rebuild(features: &[String]) -> String {
    match features {
        [one] => format!("rebuild with `--features {one}`"),
        several => format!("rebuild with one of the features {}", listed(several)),
    }
}

/// `` `a`, `b` ``, up to as many as a person reads.
pub(crate) fn listed(names: &[impl AsRef<str>]) -> String {
    const MAX_LEN: usize = 20;
    let listed: Vec<_> = names.iter().take(MAX_LEN).map(|name| format!("`{}`", name.as_ref())).collect();
    let more = match names.len().saturating_sub(MAX_LEN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    listed.join(", ") + &more
}
