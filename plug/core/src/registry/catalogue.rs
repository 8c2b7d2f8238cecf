//! The plugin features, on and off, of the packages that call `link!`.

use std::borrow::Cow;

use crate::entry::submissions::Linked;
use crate::plugin::Plugin;

/// The known plugin features, on and off, as `link!` read them from Cargo.toml.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    // One text for each `link!`, parsed on demand, so that it costs one relocation at start-up.
    parts: Vec<Cow<'static, str>>,
    // Whether a `link!` in this program would be among the parts.
    is_of_program: bool,
}

/// A Cargo feature that brings plugins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Feature {
    /// The package that declares the feature.
    pub package: String,
    /// The feature's name.
    pub name: String,
    /// The package that it turns on, or several with commas between.
    /// A package is named by its key in Cargo.toml if that gives no other name.
    pub dependency: String,
    /// The plugins it brings.
    pub plugins: Vec<String>,
    /// Whether it is on in this build.
    pub on: bool,
}

impl Catalogue {
    /// The features, by package and name.
    pub fn features(&self) -> Vec<Feature> {
        let mut features: Vec<_> = self.parts.iter().flat_map(|part| parse(part)).collect();
        // A package's library and its tests both call `link!`. A feature of both is one, and on if
        // either is on.
        features.sort_by(|one, two| one.key().cmp(&two.key()).then(two.on.cmp(&one.on)));
        features.dedup_by(|later, earlier| later.key() == earlier.key());
        features
    }

    /// The argument that turns on the feature in Cargo. It names the package if several packages
    /// have features.
    pub fn argument(&self, feature: &Feature) -> String {
        let is_one_package = self.parts.iter().all(|part| package_of(part) == feature.package);
        if is_one_package { feature.name.clone() } else { format!("{}/{}", feature.package, feature.name) }
    }

    /// The source of a plugin's package, if `cargo plug` added the package to this program:
    /// `crates.io`, `registry NAME`, `git URL#REVISION` or `path PATH`.
    pub fn source(&self, plugin: &Plugin) -> Option<&str> {
        // A library may have been built from a package of the same name.
        let package = plugin.package().filter(|_| plugin.origin().is_none())?;
        self.sources().find(|(of, _)| *of == package).map(|(_, source)| source)
    }

    /// The packages that `cargo plug` added to this program, each with its source.
    /// A package may have brought no plugin.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parts.iter().flat_map(|part| sources(part)).filter_map(|line| line.split_once(' '))
    }

    /// Whether no package of this program calls `link!`.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether the builtin link was read, and found no `link!`.
    pub(crate) fn lacks_link(&self) -> bool {
        self.is_of_program && self.is_empty()
    }

    pub(crate) fn of_program(self) -> Self {
        Self { is_of_program: true, ..self }
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.parts.extend(other.parts);
        self.is_of_program |= other.is_of_program;
    }
}

impl Feature {
    fn key(&self) -> (&str, &str, &str) {
        (&self.package, &self.name, &self.dependency)
    }
}

impl FromIterator<&'static Linked> for Catalogue {
    fn from_iter<T: IntoIterator<Item = &'static Linked>>(linked: T) -> Self {
        Self { parts: linked.into_iter().map(|linked| Cow::Borrowed(linked.0)).collect(), is_of_program: false }
    }
}

fn package_of(part: &str) -> &str {
    part.lines().next().unwrap_or_default()
}

/// Parses the text of one `link!`.
/// Its first line is the package.
/// Each further line is a feature: name, packages, plugins, whether it is on, and whether the
/// packages support this platform.
/// A feature for other platforms is skipped.
/// A line that begins with a space has a package and its source.
///
/// ```text
/// app
/// a plugin-a a true true
/// extra plugin-extra x,y false true
///  plugin-loud path /home/x/loud
/// ```
fn parse(part: &str) -> impl Iterator<Item = Feature> {
    let package = package_of(part);
    let is_feature = |line: &&str| line.ends_with(" true") && !line.starts_with(' ');
    part.lines().skip(1).filter(is_feature).map(move |line| {
        let mut fields = line.split(' ');
        let mut next = || fields.next().unwrap_or_default();
        Feature {
            package: package.to_owned(),
            name: next().to_owned(),
            dependency: next().to_owned(),
            plugins: next().split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            on: next() == "true",
        }
    })
}

/// The packages with their sources, in the text of one `link!`.
fn sources(part: &str) -> impl Iterator<Item = &str> {
    part.lines().filter_map(|line| line.strip_prefix(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue(parts: &[&'static str]) -> Catalogue {
        Catalogue { parts: parts.iter().map(|part| Cow::Borrowed(*part)).collect(), is_of_program: false }
    }

    #[test]
    fn reads_what_link_writes() {
        let features = catalogue(&[
            "app\nextra plugin-extra x,y false true\na plugin-a a true true\nwin plugin-win win true false\n",
        ])
        .features();
        let expected = |name: &str, plugins: &[&str], on| Feature {
            package: "app".into(),
            name: name.into(),
            dependency: format!("plugin-{name}"),
            plugins: plugins.iter().map(|name| (*name).to_owned()).collect(),
            on,
        };
        assert_eq!(features, [expected("a", &["a"], true), expected("extra", &["x", "y"], false)]);
    }

    #[test]
    fn a_source_is_of_a_package_of_this_program() {
        trait One {}
        impl crate::interface::Interface for dyn One {
            const DECLARATION: crate::interface::Declaration =
                crate::interface::Declaration { path: "One", version: "1.0.0", place: "", is_generic: false };
        }
        impl One for () {}
        let catalogue =
            catalogue(&["app\na plugin-a a true true\n", "mine\n plugin-b path /a true\n plugin-b-c crates.io\n"]);
        let source = |package: &str| {
            let plugin = Plugin::builder::<dyn One>("x", || Ok(Box::new(()))).package(package, "1.0.0").build();
            catalogue.source(&plugin.unwrap()).map(str::to_owned)
        };
        assert_eq!(source("plugin-b").as_deref(), Some("path /a true"));
        assert_eq!(source("plugin-b-c").as_deref(), Some("crates.io"));
        assert_eq!((source("plugin-a"), source("plugin")), (None, None));
        let sources: Vec<_> = catalogue.sources().collect();
        assert_eq!(sources, [("plugin-b", "path /a true"), ("plugin-b-c", "crates.io")]);
        assert_eq!(catalogue.features().len(), 1);
    }

    #[test]
    fn a_feature_that_two_targets_of_a_package_list_is_one() {
        let features = catalogue(&["app\na plugin-a a false true\n", "app\na plugin-a a true true\n"]).features();
        assert_eq!(features.len(), 1);
        assert!(features[0].on);
    }

    #[test]
    fn a_feature_is_named_with_its_package_where_there_are_several() {
        let one = catalogue(&["app\na plugin-a a true true\n", "empty\n"]);
        assert_eq!(one.argument(&one.features()[0]), "app/a");
        let one = catalogue(&["app\na plugin-a a true true\n", "app\n"]);
        assert_eq!(one.argument(&one.features()[0]), "a");
    }
}
