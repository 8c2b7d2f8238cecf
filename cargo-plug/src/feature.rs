//! The features of the program and its plugins.

use cargo_metadata::Package;

use crate::failure::Failure;
use crate::package::Blueprint;

/// Gives the program and the plugins their features. Cargo knows which they have.
pub(crate) fn choose(blueprint: &mut Blueprint, features: &[String]) -> Result<(), Failure> {
    for text in features.iter().flat_map(|features| features.split([',', ' '])).filter(|text| !text.is_empty()) {
        let (package, feature) = match text.split_once('/') {
            Some((package, feature)) => (Some(package), feature),
            None => (None, text),
        };
        let found = match package {
            Some(package) => {
                blueprint.program.iter_mut().chain(&mut blueprint.plugins).find(|needed| needed.name == package)
            }
            None => blueprint.program.as_mut(),
        };
        match found {
            Some(needed) => needed.features.push(feature.to_owned()),
            None => {
                let names =
                    blueprint.program.iter().chain(&blueprint.plugins).map(|needed| format!("`{}`", needed.name));
                let names = names.collect::<Vec<_>>().join(", ");
                return Err(Failure::new(format!("the feature `{text}` is of no package that is built"))
                    .hint(format!("a feature of a plugin is `PLUGIN/FEATURE`; the packages are {names}")));
            }
        }
    }
    Ok(())
}

/// The package and the feature in Cargo's message that the one does not have the other.
///
/// ```text
/// package `x` depends on `plugin-loud` with feature `nope` but `plugin-loud` does not have that feature.
/// ```
pub(crate) fn missing(message: &str) -> Option<(&str, &str)> {
    let (_, rest) = message.split_once(" depends on `")?;
    let (package, rest) = rest.split_once("` with feature `")?;
    let (feature, rest) = rest.split_once('`')?;
    rest.starts_with(&format!(" but `{package}` does not have that feature")).then_some((package, feature))
}

/// The failure for a feature that a package does not have.
pub(crate) fn none(package: &Package, feature: &str) -> Failure {
    let available = package.features.keys().filter(|name| *name != "default").map(|name| format!("`{name}`"));
    let available = available.collect::<Vec<_>>().join(", ");
    let has = if available.is_empty() { "it has none".to_owned() } else { format!("it has {available}") };
    Failure::new(format!("`{}` has no feature `{feature}`", package.name)).hint(has)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_that_a_package_of_a_registry_does_not_have() {
        let message = "failed to select a version for `x`.\n\npackage `mine` depends on `x` with feature `nope` but `x` does not have that feature.\n";
        assert_eq!(missing(message), Some(("x", "nope")));
        assert_eq!(missing("package `mine` depends on `x`, which has no versions"), None);
    }
}
