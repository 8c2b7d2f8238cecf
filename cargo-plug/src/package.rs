//! The package that is built: its Cargo.toml, and its source, which has three lines.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cargo_metadata::Dependency;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value, value};

use crate::cache;
use crate::cli::Kind;
use crate::failure::Failure;
use crate::graph::{PLUG, is_crates_io};
use crate::spec::{Origin, Reference, Spec};

/// A dependency of the package.
#[derive(Debug, Clone, Default)]
pub(crate) struct Needed {
    /// The name of the package.
    pub name: String,
    /// The key in Cargo.toml, which is the crate's name too if it is not the package's.
    pub key: String,
    source: InlineTable,
    pub features: Vec<String>,
    pub has_default_features: bool,
}

impl Needed {
    pub(crate) fn of_spec(spec: &Spec, name: &str) -> Self {
        let mut source = InlineTable::new();
        let mut insert = |key: &str, text: &str| _ = source.insert(key, text.into());
        match &spec.origin {
            Origin::Registry { version, registry, .. } => {
                insert("version", version.as_deref().unwrap_or("*"));
                registry.iter().for_each(|name| insert("registry", name));
            }
            Origin::Path(path) => insert("path", &path.to_string_lossy()),
            Origin::Git { url, reference } => {
                insert("git", url);
                reference.iter().for_each(|(kind, name)| insert(kind.key(), name));
            }
        }
        Self { name: name.to_owned(), key: name.to_owned(), source, features: Vec::new(), has_default_features: true }
    }

    /// `plug`, as another package depends on it.
    pub(crate) fn plug(dependency: &Dependency, features: &[&str]) -> Self {
        let mut source = InlineTable::new();
        let declared = dependency.source.as_ref().map(|source| source.repr.as_str());
        if let Some(path) = &dependency.path {
            source.insert("path", path.as_str().into());
        } else if let Some(git) = declared.and_then(|source| source.strip_prefix("git+")) {
            let git = git.split_once('#').map_or(git, |(git, _)| git);
            let (url, query) = git.split_once('?').unwrap_or((git, ""));
            source.insert("git", url.into());
            if let Some((key, name)) = query.split_once('=')
                && let Some(reference) = Reference::of_key(key)
            {
                source.insert(reference.key(), decoded(name).into());
            }
        } else {
            source.insert("version", dependency.req.to_string().into());
            let registry = dependency.registry.as_deref().filter(|url| !is_crates_io(url));
            registry.into_iter().for_each(|url| _ = source.insert("registry-index", url.into()));
        }
        let features = features.iter().map(|feature| (*feature).to_owned()).collect();
        Self { name: PLUG.to_owned(), key: PLUG.to_owned(), source, features, has_default_features: false }
    }

    /// The same with paths relative to a folder.
    pub(crate) fn relative_to(mut self, folder: &Path) -> Self {
        if let Some(path) = self.source.get("path").and_then(Value::as_str).map(PathBuf::from) {
            self.source.insert("path", relative(&path, folder).into());
        }
        self
    }

    /// The value in Cargo.toml.
    pub(crate) fn value(&self) -> Value {
        let mut table = self.source.clone();
        if self.key != self.name {
            table.insert("package", self.name.as_str().into());
        }
        if !self.has_default_features {
            table.insert("default-features", false.into());
        }
        if !self.features.is_empty() {
            table.insert("features", self.features.iter().map(String::as_str).collect::<Array>().into());
        }
        table.fmt();
        table.into()
    }

    fn crate_name(&self) -> String {
        self.key.replace('-', "_")
    }
}

/// The path as it is written in a file of this folder. Windows takes slashes too.
pub(crate) fn relative(path: &Path, folder: &Path) -> String {
    let (path, folder): (Vec<_>, Vec<_>) = (path.components().collect(), folder.components().collect());
    let same = path.iter().zip(&folder).take_while(|(one, other)| one == other).count();
    if same <= 1 {
        return path.iter().collect::<PathBuf>().to_string_lossy().into_owned();
    }
    let up = folder[same..].iter().map(|_| "..".into());
    let down = path[same..].iter().map(|part| part.as_os_str().to_string_lossy());
    let parts: Vec<_> = up.chain(down).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// Undoes the escapes of a query, which Cargo writes for the `/` of a branch.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hexadecimal = tail.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match hexadecimal.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The parts of a program's workspace that its own build obeys.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    profiles: Option<Item>,
    patches: Option<Item>,
    resolver: Option<String>,
    rust_version: Option<String>,
}

impl Settings {
    /// Reads the manifest of the workspace's root.
    pub(crate) fn read(root: &Path, package: &cargo_metadata::Package) -> Self {
        let text = std::fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
        // Cargo has read the file already.
        let Ok(document) = text.parse::<DocumentMut>() else { return Self::default() };
        let text = |table: &str, key: &str| Some(document.get(table)?.get(key)?.as_str()?.to_owned());
        let edition = match text("package", "edition").unwrap_or_else(|| package.edition.to_string()).as_str() {
            "2015" | "2018" => "1",
            "2021" => "2",
            _ => "3",
        };
        let mut patches = document.get("patch").cloned();
        for (_, source) in patches.iter_mut().filter_map(Item::as_table_like_mut).flat_map(|table| table.iter_mut()) {
            for (_, patch) in source.as_table_like_mut().into_iter().flat_map(|source| source.iter_mut()) {
                let Some(path) = patch.as_table_like_mut().and_then(|patch| patch.get_mut("path")) else { continue };
                if let Some(relative) = path.as_str().map(|path| root.join(path)) {
                    *path = value(relative.to_string_lossy().into_owned());
                }
            }
        }
        Self {
            profiles: document.get("profile").cloned(),
            patches,
            resolver: text("workspace", "resolver")
                .or_else(|| text("package", "resolver"))
                .or(Some(edition.to_owned())),
            rust_version: package.rust_version.as_ref().map(ToString::to_string),
        }
    }
}

impl Settings {
    /// Leaves out the profiles of packages that the build does not have, for which Cargo would warn.
    pub(crate) fn prune(&mut self, is_there: impl Fn(&str) -> bool) {
        let profiles = self.profiles.iter_mut().filter_map(Item::as_table_like_mut).flat_map(|table| table.iter_mut());
        for (_, profile) in profiles {
            let Some(packages) = profile.as_table_like_mut().and_then(|profile| profile.get_mut("package")) else {
                continue;
            };
            let Some(packages) = packages.as_table_like_mut() else { continue };
            let is_gone = |spec: &&str| *spec != "*" && !is_there(spec.split(['@', ':']).next().unwrap_or(spec));
            let gone: Vec<_> = packages.iter().map(|(spec, _)| spec).filter(is_gone).map(str::to_owned).collect();
            gone.iter().for_each(|spec| _ = packages.remove(spec));
        }
    }
}

/// The packages that replace those of another source, by their folders.
pub(crate) type Patches = BTreeMap<String, BTreeMap<String, PathBuf>>;

/// All that makes the package.
#[derive(Debug, Clone, Default)]
pub(crate) struct Blueprint {
    pub kind: Kind,
    /// The name of the program or the library.
    pub target: String,
    pub program: Option<Needed>,
    pub plug: Option<Needed>,
    pub plugins: Vec<Needed>,
    pub settings: Settings,
    pub patches: Patches,
    /// The source of each plugin's package, by key.
    pub sources: BTreeMap<String, String>,
}

impl Blueprint {
    pub(crate) fn package_name(&self) -> String {
        match self.kind {
            Kind::Program => format!("{}-with-plugins", self.target),
            Kind::Library | Kind::Process => format!("{}-alone", self.target),
        }
    }

    /// Gives each dependency a key of its own.
    pub(crate) fn choose_keys(&mut self) {
        let mut taken = vec![PLUG.to_owned()];
        for needed in self.program.iter_mut().chain(&mut self.plugins) {
            let (first, mut number) = (needed.key.clone(), 2);
            while taken.contains(&needed.crate_name()) {
                needed.key = format!("{first}-{number}");
                number += 1;
            }
            taken.push(needed.crate_name());
        }
    }

    fn manifest(&self) -> String {
        let mut package = Table::new();
        package["name"] = value(self.package_name());
        package["version"] = value("0.1.0");
        package["edition"] = value("2024");
        package["publish"] = value(false);
        if let Some(version) = &self.settings.rust_version {
            package["rust-version"] = value(version);
        }
        let mut plug = Table::new();
        let is_odd = |needed: &&Needed| {
            ![&needed.key, &needed.name].iter().any(|name| name.starts_with("plugin-") || name.starts_with("plugin_"))
        };
        let odd: Array = self.plugins.iter().filter(is_odd).map(|needed| needed.key.as_str()).collect();
        if !odd.is_empty() {
            plug["plugins"] = value(odd);
        }
        // The program's own plugins are for its own `link!`.
        if let Some(program) = self.program.as_ref().filter(|program| program.name.starts_with("plugin")) {
            plug["ignore"] = value([program.key.as_str()].into_iter().collect::<Array>());
        }
        if !self.sources.is_empty() {
            plug["sources"] = Item::Table(self.sources.iter().map(|(key, source)| (key, value(source))).collect());
        }
        // A header alone would be left of a table with nothing but another table.
        plug.set_implicit(true);
        if !plug.is_empty() {
            let mut metadata = Table::new();
            metadata.set_implicit(true);
            metadata["plug"] = Item::Table(plug);
            package["metadata"] = Item::Table(metadata);
        }
        let mut target = Table::new();
        target["name"] = value(&self.target);
        target["path"] = value(self.file());
        let mut document = DocumentMut::new();
        document["package"] = Item::Table(package);
        if self.kind == Kind::Library {
            target["crate-type"] = value(["cdylib"].into_iter().collect::<Array>());
            document["lib"] = Item::Table(target);
        } else {
            document["bin"] = Item::ArrayOfTables([target].into_iter().collect());
        }
        let needed = self.program.iter().chain(&self.plug).chain(&self.plugins);
        document["dependencies"] =
            Item::Table(needed.map(|needed| (&needed.key, Item::Value(needed.value()))).collect());
        let mut workspace = Table::new();
        if let Some(resolver) = &self.settings.resolver {
            workspace["resolver"] = value(resolver);
        }
        document["workspace"] = Item::Table(workspace);
        if let Some(profiles) = &self.settings.profiles {
            document["profile"] = profiles.clone();
        }
        if let Some(patches) = self.patches() {
            document["patch"] = patches;
        }
        unplaced(document.as_table_mut());
        document.to_string()
    }

    /// The patches of the program's workspace, and those that unite sources.
    fn patches(&self) -> Option<Item> {
        let mut all = self.settings.patches.clone();
        for (source, packages) in &self.patches {
            let all = all.get_or_insert_with(|| {
                let mut table = Table::new();
                table.set_implicit(true);
                Item::Table(table)
            });
            if all.get(source).is_none() {
                all[source] = Item::Table(Table::new());
            }
            for (name, folder) in packages {
                let mut patch = InlineTable::new();
                patch.insert("path", folder.to_string_lossy().into_owned().into());
                all[source][name] = value(patch);
            }
        }
        all
    }

    fn file(&self) -> &'static str {
        if self.kind == Kind::Library { "src/lib.rs" } else { "src/main.rs" }
    }

    fn source(&self) -> String {
        let names = self.plugins.iter().map(|plugin| format!("`{}`", plugin.name)).collect::<Vec<_>>().join(", ");
        let names = if names.is_empty() { "no plugin from outside".to_owned() } else { names };
        match (self.kind, &self.program) {
            (Kind::Library, _) => format!("//! A shared library with {names}.\n\nplug::link!();\n"),
            (Kind::Program, Some(program)) => format!(
                "//! `{}` with {names}.\n\nplug::link!();\n\nfn main() -> impl std::process::Termination {{\n    {}::main()\n}}\n",
                program.name,
                program.crate_name(),
            ),
            _ => format!(
                "//! A process with {names}.\n\nplug::link!();\n\nfn main() -> std::process::ExitCode {{\n    plug::serve()\n}}\n"
            ),
        }
    }

    /// Writes the package, each file as a whole. Returns the path of its manifest.
    pub(crate) fn write(&self, folder: &Path) -> Result<PathBuf, Failure> {
        cache::write(&folder.join(self.file()), &self.source())?;
        let manifest = folder.join("Cargo.toml");
        cache::write(&manifest, &self.manifest())?;
        Ok(manifest)
    }
}

/// Forgets the places of tables, which are those of the files that they come from.
fn unplaced(table: &mut Table) {
    table.set_position(None);
    for (_, item) in table.iter_mut() {
        match item {
            Item::Table(table) => unplaced(table),
            Item::ArrayOfTables(tables) => tables.iter_mut().for_each(unplaced),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_relative() {
        let relative = |path: &str, folder: &str| relative(Path::new(path), Path::new(folder));
        assert_eq!(relative("/w/app/interface", "/w/plugin-x"), "../app/interface");
        assert_eq!(relative("/w/app", "/w"), "app");
        assert_eq!(relative("/w", "/w"), ".");
        assert_eq!(relative("/other/app", "/w"), "/other/app");
    }

    #[test]
    fn a_branch_is_decoded() {
        assert_eq!(decoded("a%2Fb"), "a/b");
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%zz%c3%b6"), "%zzö");
    }

    #[test]
    fn a_whole_package() {
        let spec = |text: &str| Spec::read(text, Path::new("/here")).unwrap();
        let mut program = Needed::of_spec(&spec("./app"), "app");
        program.features = vec!["a".to_owned()];
        let plugins = vec![
            Needed::of_spec(&spec("plugin-loud@0.3"), "plugin-loud"),
            Needed::of_spec(&spec("https://e.org/x.git?tag=v1#app"), "app"),
        ];
        let document: DocumentMut = "[profile.release]\nstrip = \"debuginfo\" # short\n".parse().unwrap();
        let settings = Settings {
            profiles: document.get("profile").cloned(),
            resolver: Some("3".to_owned()),
            rust_version: Some("1.91".to_owned()),
            patches: None,
        };
        let mut blueprint = Blueprint {
            target: "app".to_owned(),
            program: Some(program),
            plugins,
            settings,
            sources: [("plugin-loud".to_owned(), "crates.io".to_owned())].into(),
            patches: [("https://e.org/x.git".to_owned(), [(PLUG.to_owned(), PathBuf::from("/p"))].into())].into(),
            ..Blueprint::default()
        };
        blueprint.choose_keys();
        let expected = r#"[package]
name = "app-with-plugins"
version = "0.1.0"
edition = "2024"
publish = false
rust-version = "1.91"

[package.metadata.plug]
plugins = ["app-2"]

[package.metadata.plug.sources]
plugin-loud = "crates.io"

[[bin]]
name = "app"
path = "src/main.rs"

[dependencies]
app = { path = "/here/app", features = ["a"] }
plugin-loud = { version = "0.3" }
app-2 = { git = "https://e.org/x.git", tag = "v1", package = "app" }

[workspace]
resolver = "3"
[profile.release]
strip = "debuginfo" # short

[patch."https://e.org/x.git"]
plug = { path = "/p" }
"#;
        assert_eq!(blueprint.manifest(), expected);
    }
}
