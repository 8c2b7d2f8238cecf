//! Explains why a lookup found no plugin, and suggests remedies.
//!
//! `Registry::plugin` calls it. `error/kind.rs` has the texts of the kinds that it chooses.

use crate::error::Error;
use crate::error::kind::{ErrorKind, NameList};
use crate::error::nearest::nearest;
use crate::error::problem::{Problem, entry_of_names};
use crate::interface::Identity;
use crate::plugin::{Plugin, name};
use crate::registry::Registry;
use crate::registry::catalogue::Feature;

/// The error of a lookup without a result.
#[cold]
pub(crate) fn explain(registry: &Registry, interface: &'static Identity, name: &str) -> Error {
    if let Err(error) = name::check(name) {
        return error;
    }
    let is_it = |problem: &&Problem| matches!(problem, Problem::NotRegistered { name: missing, .. } if missing == name);
    if let Some(problem) = registry.problems().iter().find(is_it) {
        return ErrorKind::Problem(problem.clone()).into();
    }
    let candidates = Candidates::new(registry, interface);
    let (elsewhere, features) = (candidates.elsewhere(name), candidates.features(name));
    let (name, interface) = (name.to_owned(), interface.name());
    if elsewhere.is_empty() && !features.is_empty() {
        return ErrorKind::NotInBuild { name, interface, features }.into();
    }
    let nearest = if elsewhere.is_empty() { candidates.nearest(&name) } else { None };
    let mut hints = Vec::new();
    if !elsewhere.is_empty() {
        hints.push(format!("there is one of this name for {}", NameList(&elsewhere)));
    }
    // The catalogue has no interfaces, so the plugin of the feature may be one that is listed
    // above.
    if !features.is_empty() {
        hints.push(format!("one of this name comes with the feature {}, which is off", NameList(&features)));
    }
    if let Some(nearest) = nearest {
        let features = candidates.features(nearest);
        let way = if features.is_empty() || candidates.has(nearest) {
            String::new()
        } else {
            format!(" it is not in this build: rebuild with `--features {}`", features.join(" "))
        };
        hints.push(format!("did you mean `{nearest}`?{way}"));
    }
    hints.extend(candidates.foreign(&name));
    if elsewhere.is_empty() {
        hints.extend(candidates.misnamed(&name));
    }
    hints.push(candidates.available());
    let nearest = nearest.map(str::to_owned);
    ErrorKind::Unknown { name, interface, nearest, names: candidates.names(), elsewhere, hints }.into()
}

/// The names that a suggestion can draw on.
struct Candidates<'r> {
    registry: &'r Registry,
    interface: &'static Identity,
    of_interface: Vec<&'r Plugin>,
    elsewhere: Vec<&'r Plugin>,
    off: Vec<Feature>,
}

impl<'r> Candidates<'r> {
    fn new(registry: &'r Registry, interface: &'static Identity) -> Self {
        let is_of_interface = |plugin: &&Plugin| plugin.identity() == interface;
        let (of_interface, elsewhere) = registry.plugins().partition(is_of_interface);
        let off = registry.catalogue().features().into_iter().filter(|feature| !feature.on).collect();
        Self { registry, interface, of_interface, elsewhere, off }
    }

    fn names(&self) -> Vec<String> {
        self.of_interface.iter().map(|plugin| plugin.name().to_owned()).collect()
    }

    /// Whether a plugin of the interface has this name or alias.
    fn has(&self, name: &str) -> bool {
        self.of_interface.iter().any(|plugin| plugin.is_called(name))
    }

    /// The other interfaces that have a plugin of this name.
    fn elsewhere(&self, name: &str) -> Vec<String> {
        let path = |plugin: &&Plugin| match plugin.interface() {
            // The same interface, in another version of its crate.
            path if path == self.interface.name() => {
                format!("{path} {}", plugin.identity().version()).trim_end().to_owned()
            }
            path => path.to_owned(),
        };
        self.elsewhere.iter().filter(|plugin| plugin.is_called(name)).map(path).collect()
    }

    /// Explains that a library has a plugin of this name and interface path.
    /// It matches only if the interface is portable.
    fn foreign(&self, name: &str) -> Option<String> {
        let is_foreign = |plugin: &&&Plugin| plugin.is_called(name) && plugin.interface() == self.interface.name();
        let origin = self.elsewhere.iter().find(is_foreign)?.origin()?;
        let trait_ = self.interface.name().rsplit("::").next().unwrap_or_default();
        Some(format!("to open the one of `{origin}`, write `#[plug::interface(portable)]` above `trait {trait_}`"))
    }

    /// The features that are off and would bring a plugin of this name.
    fn features(&self, name: &str) -> Vec<String> {
        let brings = |feature: &&Feature| feature.plugins.iter().any(|plugin| plugin == name);
        self.arguments(self.off.iter().filter(brings))
    }

    /// The features that may bring the name although the catalogue lists other names for them.
    fn misnamed(&self, name: &str) -> Vec<String> {
        let is_unregistered = |problem: &&Problem| matches!(problem, Problem::NotRegistered { .. });
        let on = self.registry.problems().iter().filter(is_unregistered);
        let on = on.map(|problem| problem.to_string().replace("\nhint: ", "; "));
        let is_named_so = |feature: &&Feature| {
            let is_it = |dependency: &str| {
                ["plugin-", "plugin_"].iter().any(|prefix| dependency.strip_prefix(prefix) == Some(name))
            };
            feature.dependency.split(',').any(is_it) && !feature.plugins.iter().any(|plugin| plugin == name)
        };
        let off = self.off.iter().filter(is_named_so).map(|feature| {
            let (dependency, feature) = (&feature.dependency, self.registry.catalogue().argument(feature));
            let entry = entry_of_names(&feature, &[name.to_owned()]);
            format!("feature `{feature}`, which is off, links {dependency}: if that is the plugin, rebuild with `--features {feature}` and add {entry}")
        });
        on.chain(off).collect()
    }

    fn arguments<'f>(&self, features: impl Iterator<Item = &'f Feature>) -> Vec<String> {
        features.map(|feature| self.registry.catalogue().argument(feature)).collect()
    }

    /// The most similar name.
    fn nearest(&self, name: &str) -> Option<&str> {
        let of_interface = self.of_interface.iter().flat_map(|plugin| plugin.aliases().chain([plugin.name()]));
        let off = self.off.iter().flat_map(|feature| feature.plugins.iter().map(String::as_str));
        nearest(name, of_interface.chain(off))
    }

    /// The available names, or the reason why none is.
    fn available(&self) -> String {
        let off = self.arguments(self.off.iter());
        let nothing = "no plugin of this interface is linked";
        if !self.of_interface.is_empty() {
            format!("available: {}", NameList(&self.names()))
        } else if self.elsewhere.iter().any(|plugin| plugin.origin().is_some()) {
            // A registry of libraries may have nothing to do with the linked plugins.
            "there is no plugin of this interface".to_owned()
        } else if self.registry.catalogue().is_empty() {
            format!(
                "{nothing}, and no `plug::link!()` is in this program: add it at the root of this target (binary, test, example)"
            )
        } else if off.is_empty() {
            format!(
                "{nothing}: a plugin dependency's key or package begins with `plugin-`, or its key stands in `plugins` below \
                 `[package.metadata.plug]`"
            )
        } else {
            format!("{nothing}, and these features, which bring plugins, are off: {}", NameList(&off))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::submissions::Linked;
    use crate::interface::Interface;

    trait Greeter {}
    impl Interface for dyn Greeter {
        const DECLARATION: crate::interface::Declaration =
            crate::interface::Declaration { path: "here::Greeter", version: "1.0.0", place: "", is_generic: false };
    }
    struct Any;
    impl Greeter for Any {}

    /// A link without plugins, but with a catalogue.
    struct CatalogueLink(&'static [Linked]);

    impl crate::registry::link::Link for CatalogueLink {
        fn plugins(&self) -> Result<Vec<Plugin>, Error> {
            Ok(Vec::new())
        }

        fn catalogue(&self) -> crate::registry::catalogue::Catalogue {
            self.0.iter().collect()
        }
    }

    /// A registry of these plugins and this catalogue. Each plugin's package is named after it.
    fn registry(plugins: &[&str], catalogue: &'static [Linked]) -> Registry {
        let plugin = |name: &&str| {
            let plugin = Plugin::builder::<dyn Greeter>(name, || Ok(Box::new(Any)));
            plugin.package(&format!("plugin-{name}"), "1.0.0").build().expect("the name is right")
        };
        let mut registry: Registry = plugins.iter().map(plugin).collect();
        registry.add(&CatalogueLink(catalogue)).expect("there is nothing to fail");
        registry
    }

    fn open(registry: &Registry, name: &str) -> String {
        registry.open::<dyn Greeter>(name).err().expect("it does not open").to_string()
    }

    #[test]
    fn a_plugin_that_is_not_in_the_build() {
        static ONE: [Linked; 1] =
            [Linked("app\nall plugin-b b,c false true\nb plugin-b b false true\nd plugin-d d false true\n")];
        let one = registry(&["a"], &ONE);
        assert_eq!(open(&one, "d"), "plugin `d` is known but not in this build\nhint: rebuild with `--features d`");
        assert_eq!(
            open(&one, "b"),
            "plugin `b` is known but not in this build\nhint: rebuild with one of the features `all`, `b`"
        );
        assert!(one.problems().is_empty());
        static TWO: [Linked; 2] = [Linked("app\nd plugin-d d false true\n"), Linked("wrapper\n")];
        let two = registry(&["a"], &TWO);
        assert_eq!(open(&two, "d"), "plugin `d` is known but not in this build\nhint: rebuild with `--features app/d`");
    }

    #[test]
    fn a_near_miss_of_a_plugin_that_is_not_in_the_build() {
        static LINKED: [Linked; 1] = [Linked("app\nloud plugin-loud loud false true\n")];
        assert_eq!(
            open(&registry(&["a"], &LINKED), "loudd"),
            "unknown plugin `loudd` of interface `here::Greeter`\nhint: did you mean `loud`? it is not in this build: rebuild with `--features loud`\nhint: available: `a`"
        );
    }

    #[test]
    fn a_near_miss_of_a_plugin_that_another_feature_brings_too() {
        static LINKED: [Linked; 1] = [Linked("app\nall plugin-b b,c false true\nb plugin-b b true true\n")];
        assert_eq!(
            open(&registry(&["b"], &LINKED), "bb"),
            "unknown plugin `bb` of interface `here::Greeter`\nhint: did you mean `b`?\nhint: available: `b`"
        );
    }

    trait Other {}
    impl Interface for dyn Other {
        const DECLARATION: crate::interface::Declaration =
            crate::interface::Declaration { path: "here::Other", version: "1.0.0", place: "", is_generic: false };
    }
    impl Other for Any {}

    #[test]
    fn nothing_is_linked() {
        let unknown = |catalogue, name| {
            let registry = registry(&[], catalogue);
            open(&registry, name)
        };
        let fact = "unknown plugin `x` of interface `here::Greeter`\nhint: no plugin of this interface is linked";
        assert_eq!(
            unknown(&[], "x"),
            format!(
                "{fact}, and no `plug::link!()` is in this program: add it at the root of this target (binary, test, example)"
            )
        );
        static NONE: [Linked; 1] = [Linked("app\n")];
        assert_eq!(
            unknown(&NONE, "x"),
            format!(
                "{fact}: a plugin dependency's key or package begins with `plugin-`, or its key stands in `plugins` below \
                 `[package.metadata.plug]`"
            )
        );
        static OFF: [Linked; 1] = [Linked("app\nb plugin-b b false true\nc plugin-c c false true\n")];
        assert_eq!(unknown(&OFF, "x"), format!("{fact}, and these features, which bring plugins, are off: `b`, `c`"));
    }

    #[test]
    fn a_name_of_another_interface_and_of_a_feature() {
        static OFF: [Linked; 1] = [Linked("app\nb plugin-b b false true\n")];
        let error = registry(&["b"], &OFF).open::<dyn Other>("b").err().expect("it does not open");
        assert_eq!(
            error.to_string(),
            "unknown plugin `b` of interface `here::Other`\n\
             hint: there is one of this name for `here::Greeter`\n\
             hint: one of this name comes with the feature `b`, which is off\n\
             hint: no plugin of this interface is linked, and these features, which bring plugins, are off: `b`"
        );
    }

    #[test]
    fn a_feature_that_brought_nothing() {
        static LINKED: [Linked; 1] = [Linked("app\nb plugin-b b true true\na plugin-a alpha true true\n")];
        let registry = registry(&["a"], &LINKED);
        let texts: Vec<_> = registry.problems().iter().map(ToString::to_string).collect();
        let others = "feature `a` is on, but plugin-a registered nothing as `alpha`\n\
             hint: it registered other names: add `a = [\"a\"]` under `[package.metadata.plug.names]`";
        let none = "feature `b` is on, but plugin-b registered nothing as `b`\n\
             hint: its `#[plug(\"b\")]` is missing or compiled out; if the plugin has another name, add \
             `b = [\"the-name\"]` under `[package.metadata.plug.names]`";
        assert_eq!(texts, [others, none]);
        assert_eq!(open(&registry, "b"), none);
        assert_eq!(open(&registry, "alpha"), others);
        assert!(registry.open::<dyn Greeter>("a").is_ok());
    }

    #[test]
    fn a_name_of_two_interfaces_is_suggested_once() {
        static LINKED: [Linked; 1] = [Linked("app\na plugin-x a true true\n")];
        let of_greeter = |name| Plugin::builder::<dyn Greeter>(name, || Ok(Box::new(Any))).package("plugin-x", "1.0.0");
        let of_other = Plugin::builder::<dyn Other>("c", || Ok(Box::new(Any))).package("plugin-x", "1.0.0");
        let plugins = [of_greeter("sub2").build(), of_greeter("c").build(), of_other.build()];
        let mut registry: Registry = plugins.map(|plugin| plugin.expect("the name is right")).into_iter().collect();
        registry.add(&CatalogueLink(&LINKED)).expect("there is nothing to fail");
        assert_eq!(
            registry.problems().iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["feature `a` is on, but plugin-x registered nothing as `a`\n\
              hint: it registered other names: add `a = [\"c\", \"sub2\"]` under `[package.metadata.plug.names]`"]
        );
    }

    #[test]
    fn an_unknown_name_and_a_feature_whose_plugin_has_another_name() {
        static ON: [Linked; 1] = [Linked("app\nsource-file plugin-file source-file true true\n")];
        assert_eq!(
            open(&registry(&["file"], &ON), "reader"),
            "unknown plugin `reader` of interface `here::Greeter`\n\
             hint: feature `source-file` is on, but plugin-file registered nothing as `source-file`; \
             it registered other names: add `source-file = [\"file\"]` under `[package.metadata.plug.names]`\n\
             hint: available: `file`"
        );
        assert_eq!(
            open(&registry(&[], &ON), "file"),
            "unknown plugin `file` of interface `here::Greeter`\n\
             hint: feature `source-file` is on, but plugin-file registered nothing as `source-file`; \
             its `#[plug(\"source-file\")]` is missing or compiled out; \
             if the plugin has another name, add `source-file = [\"the-name\"]` under \
             `[package.metadata.plug.names]`\n\
             hint: no plugin of this interface is linked: a plugin dependency's key or package begins with `plugin-`, \
             or its key stands in `plugins` below `[package.metadata.plug]`"
        );
        static OFF: [Linked; 1] = [Linked("app\nsource-file plugin-file source-file false true\n")];
        assert_eq!(
            open(&registry(&["lines"], &OFF), "file"),
            "unknown plugin `file` of interface `here::Greeter`\n\
             hint: feature `source-file`, which is off, links plugin-file: if that is the plugin, rebuild with \
             `--features source-file` and add `source-file = [\"file\"]` under `[package.metadata.plug.names]`\n\
             hint: available: `lines`"
        );
    }
}
