//! The features of the program and its plugins.

use crate::failure::Failure;
use crate::locate::Located;
use crate::package::Blueprint;

/// Gives the program and the plugins their features.
pub(crate) fn choose(
    blueprint: &mut Blueprint,
    program: Option<&Located>,
    plugins: &[Located],
    features: &[String],
) -> Result<(), Failure> {
    for text in features.iter().flat_map(|features| features.split([',', ' '])).filter(|text| !text.is_empty()) {
        let (package, feature) = match text.split_once('/') {
            Some((package, feature)) => (Some(package), feature),
            None => (None, text),
        };
        let of_program = blueprint.program.iter_mut().zip(program);
        let mut needed = of_program.chain(blueprint.plugins.iter_mut().zip(plugins));
        let found = match package {
            Some(package) => needed.find(|(needed, _)| needed.name == package),
            None => blueprint.program.as_mut().zip(program),
        };
        match found {
            Some((needed, located)) => {
                check(located, feature)?;
                needed.features.push(feature.to_owned());
            }
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

/// Refuses a feature that the package of a folder does not have.
fn check(located: &Located, feature: &str) -> Result<(), Failure> {
    let Some(local) = &located.local else { return Ok(()) };
    // One of a dependency is for Cargo to find.
    if feature.contains('/') || local.package.features.contains_key(feature) {
        return Ok(());
    }
    Err(none(&located.name, feature, local.package.features.keys().map(String::as_str)))
}

/// The failure for Cargo's message that a package does not have a feature.
///
/// ```text
/// package `x` depends on `plugin-loud` with feature `nope` but `plugin-loud` does not have that feature.
///  available features: calm, fast
/// ```
pub(crate) fn missing(message: &str) -> Option<Failure> {
    let (_, rest) = message.split_once(" depends on `")?;
    let (package, rest) = rest.split_once("` with feature `")?;
    let (feature, rest) = rest.split_once('`')?;
    rest.starts_with(&format!(" but `{package}` does not have that feature")).then_some(())?;
    let available = rest.lines().find_map(|line| line.trim_start().strip_prefix("available features: "));
    Some(match available {
        Some(available) => none(package, feature, available.split(", ")),
        // Cargo names the one that is most like it, or none.
        None => match rest.split_once(" does have feature `").and_then(|(_, rest)| rest.split_once('`')) {
            Some((like, _)) => {
                Failure::new(format!("`{package}` has no feature `{feature}`")).hint(format!("it has `{like}`"))
            }
            None => Failure::new(format!("`{package}` has no feature `{feature}`")),
        },
    })
}

fn none<'a>(package: &str, feature: &str, available: impl Iterator<Item = &'a str>) -> Failure {
    let available = available.filter(|name| *name != "default").map(|name| format!("`{name}`"));
    let available = available.collect::<Vec<_>>().join(", ");
    let has = if available.is_empty() { "it has none".to_owned() } else { format!("it has {available}") };
    Failure::new(format!("`{package}` has no feature `{feature}`")).hint(has)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_that_a_package_of_a_registry_does_not_have() {
        let text = |after: &str| {
            let message = format!(
                "failed to select a version for `x`.\n\npackage `mine` depends on `x` with feature `nope` but `x` does not have that feature.\n{after}\n\n"
            );
            missing(&message).map(|failure| failure.to_string())
        };
        let is = |hint: &str| Some(format!("`x` has no feature `nope`{hint}"));
        assert_eq!(text(" available features: calm, default, fast"), is("\nhint: it has `calm`, `fast`"));
        assert_eq!(text(" package `x` does have feature `rope`"), is("\nhint: it has `rope`"));
        assert_eq!(text(""), is(""));
        assert!(missing("package `mine` depends on `x`, which has no versions").is_none());
    }
}
