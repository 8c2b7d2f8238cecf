//! The plugins in a package's Cargo.toml.
//! It reads only that file: the manifests of dependencies and of the workspace are gone once the
//! package is published.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::nearest::nearest;
use crate::name;

/// The parts of a package that `link!` needs.
pub(super) struct Manifest {
    pub(super) package: String,
    /// The crate name of its library, if it has one that can be linked.
    pub(super) library: Option<String>,
    /// The paths of those `[[example]]`s that have one.
    pub(super) examples: Vec<String>,
    pub(super) plugins: Vec<Dependency>,
    pub(super) catalogue: Vec<Feature>,
    /// The packages of plugins from outside, each with its source.
    pub(super) sources: Vec<(String, String)>,
}

/// A plugin dependency.
pub(super) struct Dependency {
    pub(super) key: String,
    /// The name of the package, or the key if this file has no other name.
    package: String,
    pub(super) is_dev: bool,
    /// The features that turn it on; none if it is not optional.
    pub(super) features: Option<BTreeSet<String>>,
    /// One of these must hold.
    pub(super) conditions: Vec<Condition>,
}

pub(super) enum Condition {
    Always,
    Platform { cfg: String, line: usize },
}

/// A feature that brings plugins.
pub(super) struct Feature {
    pub(super) name: String,
    /// The keys of the dependencies it turns on.
    pub(super) keys: Vec<String>,
    /// Their packages.
    pub(super) packages: Vec<String>,
    pub(super) plugins: Vec<String>,
}

impl Dependency {
    pub(super) fn crate_name(&self) -> String {
        self.key.replace('-', "_")
    }
}

impl Manifest {
    pub(super) fn parse(text: &str) -> Result<Self, Vec<String>> {
        let table = DeTable::parse(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line(text, span.start));
            vec![Mistake { line, message: error.message().to_owned() }.to_string()]
        })?;
        let file = File { text, root: table.get_ref() };
        let mut errors = Vec::new();
        let metadata = Metadata::read(&file, &mut errors);
        let mut plugins = file.plugins(&metadata, &mut errors);
        let features = file.features();
        turn_on(&mut plugins, &features);
        let catalogue = catalogue(&plugins, &features, &metadata, &mut errors);
        if errors.is_empty() {
            let (package, library, examples) = (file.package(), file.library(), file.examples());
            let source_of = |plugin: &Dependency| {
                let (source, _) = metadata.sources.get(&plugin.key)?;
                Some((plugin.package.clone(), source.clone()))
            };
            let sources = plugins.iter().filter_map(source_of).collect();
            Ok(Self { package, library, examples, plugins, catalogue, sources })
        } else {
            errors.sort_by_key(|mistake| mistake.line);
            Err(errors.iter().map(ToString::to_string).collect())
        }
    }
}

/// A mistake in a line of Cargo.toml.
/// A macro cannot make a span in that file, so the text has the line.
struct Mistake {
    line: usize,
    message: String,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cargo.toml:{}: {}", self.line, self.message)
    }
}

type Table<'i> = DeTable<'i>;

struct File<'t, 'i> {
    text: &'t str,
    root: &'t Table<'i>,
}

/// `[package.metadata.plug]`
///
/// ```toml
/// [package.metadata.plug]
/// plugins = ["greeters"]
/// ignore = ["plugin-sdk"]
/// program = "../app"
/// [package.metadata.plug.names]
/// extra = ["x", "y"]
/// [package.metadata.plug.sources]
/// plugin-loud = "crates.io"
/// ```
///
/// `program` is for `cargo plug run`, and `cargo plug build` writes `sources`.
#[derive(Default)]
struct Metadata {
    plugins: Vec<(String, usize)>,
    ignore: Vec<(String, usize)>,
    names: BTreeMap<String, (Vec<String>, usize)>,
    sources: BTreeMap<String, (String, usize)>,
}

impl Metadata {
    fn read(file: &File<'_, '_>, errors: &mut Vec<Mistake>) -> Self {
        let mut metadata = Self::default();
        let Some(value) = file.at(&["package", "metadata", "plug"]) else { return metadata };
        let Some(table) = value.get_ref().as_table() else {
            errors.push(file.error(value, "`[package.metadata.plug]` is a table"));
            return metadata;
        };
        for (key, value) in table.iter() {
            match &key.get_ref()[..] {
                "plugins" => metadata.plugins = file.strings("plugins", value, errors),
                "ignore" => metadata.ignore = file.strings("ignore", value, errors),
                "names" => metadata.names = file.names(value, errors),
                "sources" => metadata.sources = file.sources(value, errors),
                "program" if value.get_ref().as_str().is_some() => {}
                "program" => errors.push(file.error(value, "`program` is a text, such as `program = \"../app\"`")),
                other => {
                    let known = "`plugins`, `ignore`, `names`, `program` and `sources`";
                    let message = format!("unknown key `{other}` in `[package.metadata.plug]`: there are {known}");
                    errors.push(file.error(key, &message));
                }
            }
        }
        metadata
    }
}

impl<'t, 'i> File<'t, 'i> {
    fn at(&self, path: &[&str]) -> Option<&'t Spanned<DeValue<'i>>> {
        let (last, tables) = path.split_last()?;
        let table = tables.iter().try_fold(self.root, |table, key| table.get(*key)?.get_ref().as_table())?;
        table.get(*last)
    }

    fn table(&self, path: &[&str]) -> Option<&'t Table<'i>> {
        self.at(path)?.get_ref().as_table()
    }

    fn error<T>(&self, at: &Spanned<T>, message: &str) -> Mistake {
        Mistake { line: line(self.text, at.span().start), message: message.to_owned() }
    }

    fn strings(&self, key: &str, value: &Spanned<DeValue<'_>>, errors: &mut Vec<Mistake>) -> Vec<(String, usize)> {
        let array = value.get_ref().as_array().into_iter().flat_map(|array| array.iter());
        let strings: Vec<_> = array.filter_map(|item| self.string(item)).collect();
        if value.get_ref().as_array().is_none_or(|array| array.len() != strings.len()) {
            errors.push(self.error(value, &format!("`{key}` is a list of strings, such as `{key} = [\"x\"]`")));
        }
        strings
    }

    fn string(&self, value: &Spanned<DeValue<'_>>) -> Option<(String, usize)> {
        Some((value.get_ref().as_str()?.to_owned(), line(self.text, value.span().start)))
    }

    fn names(&self, value: &Spanned<DeValue<'_>>, errors: &mut Vec<Mistake>) -> BTreeMap<String, (Vec<String>, usize)> {
        let Some(table) = value.get_ref().as_table() else {
            errors.push(self.error(value, "`[package.metadata.plug.names]` is a table"));
            return BTreeMap::new();
        };
        let named = table.iter().map(|(feature, value)| {
            let names = self.strings(feature.get_ref(), value, errors);
            for (name, line) in &names {
                if let Err(why) = name::check(name) {
                    errors.push(Mistake {
                        line: *line,
                        message: format!("`{name}` cannot be the name of a plugin: {why}"),
                    });
                }
            }
            let names = names.into_iter().map(|(name, _)| name).collect();
            (feature.get_ref().to_string(), (names, line(self.text, feature.span().start)))
        });
        named.collect()
    }

    fn sources(&self, value: &Spanned<DeValue<'_>>, errors: &mut Vec<Mistake>) -> BTreeMap<String, (String, usize)> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            errors.push(self.error(value, "`[package.metadata.plug.sources]` is a table"));
        }
        let mut sources = BTreeMap::new();
        for (key, value) in table.into_iter().flat_map(|table| table.iter()) {
            match self.string(value) {
                // The catalogue has a line for each source.
                Some((source, _)) if source.contains(char::is_control) => {
                    let message = format!("the source of `{}` has a control character", key.get_ref());
                    errors.push(self.error(value, &message));
                }
                Some((source, _)) => {
                    sources.insert(key.get_ref().to_string(), (source, line(self.text, key.span().start)));
                }
                None => {
                    let message =
                        format!("the source of `{0}` is a text, such as `{0} = \"crates.io\"`", key.get_ref());
                    errors.push(self.error(value, &message));
                }
            }
        }
        sources
    }

    fn package(&self) -> String {
        let name = self.at(&["package", "name"]).and_then(|name| name.get_ref().as_str());
        name.unwrap_or_default().to_owned()
    }

    /// The package's other targets can link a library only if it is a Rust library.
    fn library(&self) -> Option<String> {
        let is_false = |path: &[&str]| self.at(path).is_some_and(|value| value.get_ref().as_bool() == Some(false));
        let is_true = |path: &[&str]| self.at(path).is_some_and(|value| value.get_ref().as_bool() == Some(true));
        let table = self.table(&["lib"]);
        let is_found = || !is_false(&["package", "autolib"]) && self.has_file("src/lib.rs");
        if (table.is_none() && !is_found()) || is_true(&["lib", "proc-macro"]) {
            return None;
        }
        let kinds = self.at(&["lib", "crate-type"]).or_else(|| self.at(&["lib", "crate_type"]));
        if let Some(kinds) = kinds.and_then(|kinds| kinds.get_ref().as_array()) {
            let links = |kind: &Spanned<DeValue<'_>>| matches!(kind.get_ref().as_str(), Some("lib" | "rlib" | "dylib"));
            if !kinds.iter().any(links) {
                return None;
            }
        }
        let name = self.at(&["lib", "name"]).and_then(|name| Some(name.get_ref().as_str()?.to_owned()));
        Some(name.unwrap_or_else(|| self.package()).replace('-', "_"))
    }

    fn has_file(&self, path: &str) -> bool {
        std::env::var_os("CARGO_MANIFEST_DIR").is_some_and(|folder| std::path::Path::new(&folder).join(path).exists())
    }

    fn examples(&self) -> Vec<String> {
        let examples = self.at(&["example"]).and_then(|examples| examples.get_ref().as_array());
        let path = |example: &Spanned<DeValue<'_>>| {
            Some(example.get_ref().as_table()?.get("path")?.get_ref().as_str()?.to_owned())
        };
        examples.into_iter().flat_map(|examples| examples.iter()).filter_map(path).collect()
    }

    /// The features as they are written.
    /// Implicit features of optional dependencies are not among them.
    fn features(&self) -> BTreeMap<String, Vec<String>> {
        let table = self.table(&["features"]);
        let mut features: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (name, value) in table.into_iter().flat_map(|table| table.iter()) {
            let values = value.get_ref().as_array().into_iter().flat_map(|array| array.iter());
            let values = values.filter_map(|value| value.get_ref().as_str().map(str::to_owned));
            features.insert(name.get_ref().to_string(), values.collect());
        }
        features
    }

    fn plugins(&self, metadata: &Metadata, errors: &mut Vec<Mistake>) -> Vec<Dependency> {
        let mut found = BTreeMap::<(String, bool), Dependency>::new();
        let mut keys = BTreeSet::new();
        for (table, is_dev, condition) in self.dependency_tables() {
            for (key, value) in table.iter() {
                let name = key.get_ref().to_string();
                keys.insert(name.clone());
                let package = value.get_ref().as_table().and_then(|table| table.get("package"));
                let package = package.and_then(|package| package.get_ref().as_str()).unwrap_or(&name).to_owned();
                let named = |list: &[(String, usize)]| list.iter().any(|(listed, _)| *listed == name);
                // Either the package or its new name can begin with `plugin-`.
                let is_called_so = [&name, &package].into_iter().any(|name| without_prefix(name) != name);
                if named(&metadata.ignore) || !(is_called_so || named(&metadata.plugins)) {
                    continue;
                }
                let condition = match &condition {
                    None => Condition::Always,
                    Some(platform) => match platform.strip_prefix("cfg(").and_then(|cfg| cfg.strip_suffix(')')) {
                        Some(cfg) => {
                            Condition::Platform { cfg: cfg.to_owned(), line: line(self.text, key.span().start) }
                        }
                        None => {
                            let message = format!(
                                "`link!()` cannot tell whether `{platform}` is the target: write it as \
                                 `[target.'cfg(…)'.dependencies]`",
                            );
                            errors.push(self.error(key, &message));
                            continue;
                        }
                    },
                };
                let optional = value.get_ref().as_table().and_then(|table| table.get("optional"));
                let is_optional = optional.is_some_and(|optional| optional.get_ref().as_bool() == Some(true));
                let new = || Dependency { key: name.clone(), package, is_dev, features: None, conditions: Vec::new() };
                let dependency = found.entry((name.clone(), is_dev)).or_insert_with(new);
                dependency.conditions.push(condition);
                if is_optional {
                    dependency.features.get_or_insert_default();
                }
            }
        }
        for (name, line) in &metadata.ignore {
            if metadata.plugins.iter().any(|(plugin, _)| plugin == name) {
                errors.push(Mistake { line: *line, message: format!("`{name}` is in both `plugins` and `ignore`") });
            }
        }
        for (list, listed) in [("plugins", &metadata.plugins), ("ignore", &metadata.ignore)] {
            for (name, line) in listed.iter().filter(|(name, _)| !keys.contains(name)) {
                let near = did_you_mean(name, keys.iter().map(String::as_str));
                errors.push(Mistake {
                    line: *line,
                    message: format!("`{list}` names `{name}`, which is no dependency of this package{near}"),
                });
            }
        }
        let found: Vec<_> = found.into_values().collect();
        for (name, (_, line)) in &metadata.sources {
            if !found.iter().any(|dependency| dependency.key == *name) {
                let message = format!("`sources` names `{name}`, which is no plugin dependency of this package");
                errors.push(Mistake { line: *line, message });
            }
        }
        found
    }

    /// Each table of dependencies, whether it has dev-dependencies, and its platform.
    fn dependency_tables(&self) -> Vec<(&'t Table<'i>, bool, Option<String>)> {
        let kinds = [("dependencies", false), ("dev-dependencies", true), ("dev_dependencies", true)];
        let mut tables = Vec::new();
        for (kind, is_dev) in kinds {
            tables.extend(self.table(&[kind]).map(|table| (table, is_dev, None)));
            for (platform, value) in self.table(&["target"]).into_iter().flat_map(|targets| targets.iter()) {
                let table = value.get_ref().as_table().and_then(|target| target.get(kind)?.get_ref().as_table());
                tables.extend(table.map(|table| (table, is_dev, Some(platform.get_ref().to_string()))));
            }
        }
        tables
    }
}

/// An optional dependency is turned on by `dep:x` and `x/feature`, and by the feature `x` if no
/// feature has `dep:x`.
/// `x?/feature` does not turn it on.
fn turn_on(plugins: &mut [Dependency], features: &BTreeMap<String, Vec<String>>) {
    for dependency in plugins {
        let key = dependency.key.clone();
        let Some(on) = &mut dependency.features else { continue };
        for (feature, values) in features {
            let turns_on = |value: &String| {
                value.strip_prefix("dep:") == Some(&key) || value.split_once('/').is_some_and(|(name, _)| name == key)
            };
            if values.iter().any(turns_on) {
                on.insert(feature.clone());
            }
        }
        if has_implicit_feature(&key, features) {
            on.insert(key);
        }
    }
}

/// The part of a key or of a package's name behind `plugin-`.
/// For Cargo, `plugin_` is the same.
fn without_prefix(key: &str) -> &str {
    key.strip_prefix("plugin-").or_else(|| key.strip_prefix("plugin_")).unwrap_or(key)
}

fn has_implicit_feature(key: &str, features: &BTreeMap<String, Vec<String>>) -> bool {
    !features.contains_key(key) && !features.values().flatten().any(|value| value.strip_prefix("dep:") == Some(key))
}

/// The plugins of each feature.
/// `[package.metadata.plug.names]` names them.
/// Without an entry there, a feature brings the plugin of its own name if it turns on one plugin
/// dependency, by `dep:` or as its implicit feature.
/// A feature that turns on several, and `default`, is a bundle, and `x/feature` is a setting of
/// `x`: they bring no plugin of their own name.
/// Nor does a feature whose name is not valid for a plugin.
fn catalogue(
    plugins: &[Dependency],
    features: &BTreeMap<String, Vec<String>>,
    metadata: &Metadata,
    errors: &mut Vec<Mistake>,
) -> Vec<Feature> {
    let mut brought = BTreeMap::<&str, Vec<&Dependency>>::new();
    for dependency in plugins {
        for feature in dependency.features.iter().flatten() {
            brought.entry(feature).or_default().push(dependency);
        }
    }
    for (feature, (_, line)) in &metadata.names {
        if !brought.contains_key(&feature[..]) {
            let why = match features.contains_key(feature) {
                true => "turns no plugin on".to_owned(),
                false => format!("does not exist{}", did_you_mean(feature, brought.keys().copied())),
            };
            errors.push(Mistake { line: *line, message: format!("`names` has the feature `{feature}`, which {why}") });
        }
    }
    let entry = |(feature, dependencies): (&str, Vec<&Dependency>)| {
        let [dependency, others @ ..] = &dependencies[..] else { return None };
        let key = &dependency.key;
        let is_dep = features
            .get(feature)
            .is_some_and(|values| values.iter().any(|value| value.strip_prefix("dep:") == Some(key)));
        let names = match metadata.names.get(feature) {
            Some((names, _)) => names.clone(),
            None if !others.is_empty() || feature == "default" => return None,
            // The feature of the dependency's own name, whether it is written down or implicit.
            None if feature == key => vec![without_prefix(key).to_owned()],
            None if is_dep => vec![feature.to_owned()],
            None => return None,
        };
        if names.iter().any(|name| name::check(name).is_err()) {
            return None;
        }
        let keys = dependencies.iter().map(|dependency| dependency.key.clone()).collect();
        let packages = dependencies.iter().map(|dependency| dependency.package.clone()).collect();
        Some(Feature { name: feature.to_owned(), keys, packages, plugins: names })
    };
    brought.into_iter().filter_map(entry).collect()
}

fn did_you_mean<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    nearest(name, known).map(|near| format!(": did you mean `{near}`?")).unwrap_or_default()
}

fn line(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
