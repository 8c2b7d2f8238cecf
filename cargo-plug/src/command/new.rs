//! `cargo plug new`: a crate with a plugin in it, which says that it does nothing yet.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use cargo_metadata::Package;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, value};

use crate::cargo::Cargo;
use crate::cli::New;
use crate::command::run::named_program;
use crate::failure::{At, Failure};
use crate::graph::{Graph, PLUG, folder_of, library_of};
use crate::locate::{Local, Located, check_path};
use crate::package::{Needed, Settings, relative};
use crate::spec::{Origin, Spec, absolute};
use crate::traits::{self, Interface, Kind, Method};
use crate::{cache, interrupt, shell};

pub(crate) fn run(arguments: &New) -> Result<(), Failure> {
    let here = absolute(&env::current_dir().at("find", Path::new("."))?);
    check_path(&here)?;
    let name = arguments.name.strip_prefix("plugin-").unwrap_or(&arguments.name);
    check_name(name)?;
    let package = format!("plugin-{name}");
    let folder = here.join(&package);
    if folder.exists() {
        return Err(Failure::new(format!("there is a `{package}` in this folder"))
            .hint("`cargo plug new` never writes over anything: choose another name, or move it away"));
    }
    let cargo = Cargo::offline(arguments.offline);
    let located = Located::find(&arguments.interface, &here, &cargo)?;
    let (interface_package, plug) = interface_package(&located, &cargo)?;
    let interface = choose(&interface_package, arguments.trait_name.as_deref())?;
    let program = program_of(arguments, &interface_package, &located, &cargo, &here, &folder)?;

    let crate_ = NewCrate { name, interface: &interface, has_settings: arguments.settings };
    let dependency = Needed::of_spec(&located.spec, &located.name);
    let manifest = crate_.manifest(&dependency.relative_to(&folder), &plug.relative_to(&folder), program.as_deref());
    // A crate that is not finished is in a folder that nobody looks for.
    let made = tempfile::Builder::new().prefix(".plug-").tempdir_in(&here).at("write to", &here)?;
    let test = format!("tests/{}.rs", name.replace('-', "_"));
    for (file, text) in [
        ("Cargo.toml", &manifest),
        ("src/lib.rs", &crate_.source()),
        (&test, &crate_.test()),
        ("README.md", &crate_.readme(&interface_package)),
        (".gitignore", &"/target\n".to_owned()),
    ] {
        cache::write(&made.path().join(file), text)?;
    }
    // Lines are as long as the user's configuration has them. Without rustfmt, some are longer.
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024", "--quiet", "src/lib.rs", &test]).current_dir(made.path());
    let _ = rustfmt.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let _ = fs::set_permissions(made.path(), fs::Permissions::from_mode(0o755));
    }
    fs::rename(made.path(), &folder).at("make the folder", &folder)?;
    let _ = made.keep();
    stand_alone(&folder, &cargo)?;
    // Cargo says nothing after a signal.
    interrupt::check().inspect_err(|_| _ = fs::remove_dir_all(&folder))?;
    shell::status("Created", &format!("`{package}`, a plugin for `{}`", interface.path));
    if program.is_some() {
        shell::status("Next", &format!("cd {package} && cargo plug run"));
    }
    Ok(())
}

/// Refuses a name that `#[plug]` would refuse.
fn check_name(name: &str) -> Result<(), Failure> {
    let is_part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if name.split(['-', '_']).all(is_part) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(());
    }
    Err(Failure::new(format!("`{name}` cannot be the name of a plugin"))
        .hint("a name starts with a letter: it is lower-case letters and digits, in parts joined by `-` or `_`, such as `very-loud`"))
}

/// The package of the interface, and its `plug`.
fn interface_package(located: &Located, cargo: &Cargo) -> Result<(Package, Needed), Failure> {
    let not_on_plug = |package: &Package| {
        Failure::new(format!("`{}` has no interface: it does not depend on `{PLUG}`", package.name))
            .hint("name the crate with the trait, as in `--for ../app/interface`")
    };
    if let Some(Local { package, workspace }) = &located.local {
        let graph = Graph::new(workspace.clone());
        let dependency = graph.dependency_on(package, PLUG).ok_or_else(|| not_on_plug(package))?;
        return Ok((package.clone(), Needed::plug(dependency, &["inventory"])));
    }
    let graph = located.alone(cargo, None, Settings::default())?;
    let package = graph.find(&located.spec, &located.name);
    let package = package.ok_or_else(|| Failure::new(format!("there is no package in `{}`", located.spec)))?;
    let dependency = graph.dependency_on(package, PLUG).ok_or_else(|| not_on_plug(package))?.clone();
    // In a repository, a path leads to the same repository.
    let plug = match (&dependency.path, &located.spec.origin) {
        (Some(_), Origin::Git { .. }) => {
            let origin = located.spec.origin.clone();
            let mut spec = Spec::read(PLUG, Path::new("."))?;
            spec.origin = origin;
            let mut plug = Needed::of_spec(&spec, PLUG);
            (plug.features, plug.has_default_features) = (vec!["inventory".to_owned()], false);
            plug
        }
        _ => Needed::plug(&dependency, &["inventory"]),
    };
    Ok((package.clone(), plug))
}

/// The interface of this name, or the only one.
fn choose(package: &Package, name: Option<&str>) -> Result<Interface, Failure> {
    let (crate_name, root) = match (library_of(package), package.targets.iter().find(|target| target.is_lib())) {
        (Some(name), Some(target)) => (name.replace('-', "_"), target.src_path.as_std_path()),
        _ => return Err(Failure::new(format!("`{}` has no interface: it has no library", package.name))),
    };
    let interfaces = traits::interfaces(root, &crate_name).map_err(Failure::new)?;
    let names = interfaces.iter().map(|interface| format!("`{}`", interface.name)).collect::<Vec<_>>().join(", ");
    let mut fitting: Vec<_> =
        interfaces.into_iter().filter(|interface| name.is_none_or(|name| interface.name == name)).collect();
    match (fitting.pop(), fitting.is_empty(), name) {
        (Some(interface), true, _) if interface.is_generic => Err(Failure::new(format!(
            "the trait `{}` has parameters, so a plugin of it has to be written by hand",
            interface.path
        ))),
        (Some(interface), true, _) => Ok(interface),
        (Some(_), false, _) => Err(Failure::new(format!("`{}` has several interfaces", package.name))
            .hint(format!("choose one with `--trait NAME`: {names}"))),
        (None, _, Some(name)) if !names.is_empty() => {
            Err(Failure::new(format!("`{}` has no interface `{name}`", package.name)).hint(format!("it has {names}")))
        }
        (None, ..) => Err(Failure::new(format!("`{}` has no interface", package.name))
            .hint("an interface is a `pub trait` below `#[plug::interface]`")),
    }
}

/// The program for `cargo plug run`, as the new Cargo.toml names it.
fn program_of(
    arguments: &New,
    package: &Package,
    located: &Located,
    cargo: &Cargo,
    here: &Path,
    folder: &Path,
) -> Result<Option<String>, Failure> {
    let written = |text: &str| match Spec::read(text, here)?.origin {
        Origin::Path(path) => Ok(relative(&path, folder)),
        _ => Ok(text.to_owned()),
    };
    if let Some(program) = &arguments.program {
        return written(program).map(Some);
    }
    if let Some(program) = named_program(package) {
        return match &located.spec.origin {
            // A folder of a repository is a package of the same repository.
            Origin::Git { .. } if Path::new(&program).is_absolute() => {
                let local = Local::find(Path::new(&program), None, cargo)?;
                let text = located.spec.to_string();
                let repository = text.split_once('#').map_or(&*text, |(repository, _)| repository);
                Ok(Some(format!("{repository}#{}", local.package.name)))
            }
            _ => written(&program).map(Some),
        };
    }
    // The only program of the interface's workspace that depends on it.
    let packages = located.local.iter().flat_map(|local| &local.workspace.packages);
    let is_program = |other: &&Package| {
        let has_interface = other.dependencies.iter().any(|dependency| dependency.name == *package.name);
        let is_bin = other.targets.iter().any(|target| target.is_bin());
        has_interface && is_bin && library_of(other).is_some() && !other.name.starts_with("plugin-")
    };
    let programs: Vec<_> = packages.filter(is_program).collect();
    Ok(match programs[..] {
        [program] => Some(relative(&absolute(folder_of(program)), folder)),
        _ => None,
    })
}

/// Keeps the crate apart from a workspace around it that does not take it.
fn stand_alone(folder: &Path, cargo: &Cargo) -> Result<(), Failure> {
    let manifest = folder.join("Cargo.toml");
    match cargo.workspace(&manifest) {
        Err(error) if error.0.contains("believes it's in a workspace") => {
            let text = fs::read_to_string(&manifest).at("read", &manifest)?;
            cache::write(&manifest, &(text + "\n[workspace]\n"))
        }
        _ => Ok(()),
    }
}

/// What a test of an asynchronous method needs beside it, since it has no executor.
const READY: &str = "
/// The value of a future that does not wait.
fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => {
            panic!(\"the plugin waits: an executor such as `pollster` can run it, see docs/testing.md of plug\")
        }
    }
}
";

/// The texts of a new crate.
struct NewCrate<'a> {
    name: &'a str,
    interface: &'a Interface,
    has_settings: bool,
}

impl NewCrate<'_> {
    fn manifest(&self, interface: &Needed, plug: &Needed, program: Option<&str>) -> String {
        let mut package = Table::new();
        package["name"] = value(format!("plugin-{}", self.name));
        package["description"] = value(format!("The plugin `{}` for `{}`", self.name, self.interface.path));
        package["version"] = value("0.1.0");
        package["edition"] = value("2024");
        package["license"] = value("MIT OR Apache-2.0");
        package["readme"] = value("README.md");
        if let Some(program) = program {
            let (mut metadata, mut plug) = (Table::new(), Table::new());
            metadata.set_implicit(true);
            plug["program"] = value(program);
            metadata["plug"] = Item::Table(plug);
            package["metadata"] = Item::Table(metadata);
        }
        let with = |plug: &Needed, features: &[&str]| {
            let mut plug = plug.clone();
            plug.features = features.iter().map(|feature| (*feature).to_owned()).collect();
            Item::Value(plug.value())
        };
        let (own, tests): (&[_], &[_]) =
            if self.has_settings { (&["inventory", "config"], &["host", "toml"]) } else { (&["inventory"], &["host"]) };
        let mut dependencies = Table::new();
        dependencies[&interface.key] = Item::Value(interface.value());
        dependencies[PLUG] = with(plug, own);
        if self.has_settings {
            let mut serde = InlineTable::new();
            serde.insert("version", "1".into());
            serde.insert("features", ["derive"].into_iter().collect::<Array>().into());
            serde.fmt();
            dependencies["serde"] = value(serde);
        }
        let mut document = DocumentMut::new();
        document["package"] = Item::Table(package);
        document["dependencies"] = Item::Table(dependencies);
        document["dev-dependencies"] = Item::Table([(PLUG, with(plug, tests))].into_iter().collect());
        document.to_string()
    }

    /// The name of the type.
    fn type_name(&self) -> String {
        let part = |part: &str| part[..1].to_ascii_uppercase() + &part[1..];
        let name: String = self.name.split(['-', '_']).map(part).collect();
        let Interface { name: trait_name, methods, imports, types, .. } = self.interface;
        let texts = methods.iter().map(|method| &method.signature).chain(imports).chain(types).chain([trait_name]);
        // A name of the interface, or of the new file, would mean the type instead.
        let mut words = texts.flat_map(|text| text.split(|c: char| !c.is_alphanumeric() && c != '_'));
        let is_taken = ["Self", "Settings", "String", "Default"].contains(&&*name) || words.any(|word| word == name);
        if is_taken { name + "Plugin" } else { name }
    }

    fn source(&self) -> String {
        let (name, type_name, trait_name) = (self.name, self.type_name(), &self.interface.name);
        let imports = self.interface.imports.iter().chain([&self.interface.path]);
        let mut imports: Vec<_> = imports.map(|path| format!("use {path};\n")).collect();
        imports.sort();
        imports.dedup();
        let (settings, new) = if self.has_settings {
            (
                format!(
                    "/// The settings of the plugin. A host reads them from its file.\n#[derive(serde::Deserialize)]\n\
                     #[serde(deny_unknown_fields)]\nstruct Settings {{\n    /// A text, as an example of a setting.\n    \
                     #[serde(default)]\n    example: String,\n}}\n\nstruct {type_name} {{\n    settings: Settings,\n}}\n\n\
                     impl {type_name} {{\n    fn open(settings: Settings) -> Self {{\n        Self {{ settings }}\n    }}\n\n    \
                     /// The error of a method that is not written yet.\n    fn todo(&self, method: &str) -> plug::Error {{\n        \
                     plug::Error::msg(format!(\"`{name}` does not `{{method}}` yet, with the example `{{}}`\", self.settings.example))\n    }}\n}}\n"
                ),
                ", new = Self::open",
            )
        } else {
            (format!("#[derive(Default)]\nstruct {type_name};\n"), "")
        };
        let types =
            self.interface.types.iter().map(|name| format!("    // TODO: choose the type.\n    type {name} = ();\n\n"));
        let types: String = types.collect();
        let methods: Vec<_> = self.interface.methods.iter().map(|method| self.method(method)).collect();
        format!(
            "//! The plugin `{name}`.\n\n#![forbid(unsafe_code)]\n\n{}\n{settings}\n/// Does nothing yet.\n\
             #[plug::plug(\"{name}\"{new})]\nimpl {trait_name} for {type_name} {{\n{types}{}}}\n",
            imports.concat(),
            methods.join("\n"),
        )
    }

    fn method(&self, method: &Method) -> String {
        let (signature, text) = (&method.signature, format!("`{}` does not `{}` yet", self.name, method.name));
        let error = match self.has_settings {
            true => format!("self.todo(\"{}\")", method.name),
            false => format!("plug::Error::msg(\"{text}\")"),
        };
        let body = match method.result {
            Kind::Error => format!("Err({error})"),
            Kind::Other if self.has_settings => format!("todo!(\"{{}}\", {error})"),
            Kind::Other => format!("todo!(\"{text}\")"),
        };
        format!("    {signature} {{\n        // TODO: write it.\n        {body}\n    }}\n")
    }

    fn test(&self) -> String {
        let (name, trait_name, path) = (self.name, &self.interface.name, &self.interface.path);
        let calls = self.interface.methods.iter().filter(|method| method.result != Kind::Other);
        let calls: Vec<_> = calls.filter_map(|method| Some((method, method.examples.as_ref()?))).collect();
        let mutable = if calls.iter().any(|(method, _)| method.is_mutable) { "mut " } else { "" };
        let ready = if calls.iter().any(|(method, _)| method.is_async) { READY } else { "" };
        let calls: String = calls
            .iter()
            .map(|(method, examples)| {
                let text = format!("`{name}` does not `{}` yet", method.name);
                let text = if self.has_settings { format!("{text}, with the example ``") } else { text };
                let call = format!("plugin.{}({})", method.name, examples.join(", "));
                let call = if method.is_async { format!("ready({call})") } else { call };
                format!(
                    "    let error = {call}.err().map(|error| error.to_string());\n    assert_eq!(error.as_deref(), Some(\"{text}\"));\n"
                )
            })
            .collect();
        // A plugin that is only opened is not used.
        let (plugin, what) =
            if calls.is_empty() { ("_plugin", "is_opened") } else { ("plugin", "says_that_it_does_nothing_yet") };
        format!(
            "//! The plugin `{name}`, through the registry, as a host opens it.\n\nuse {path};\n\nplug::link!();\n\n#[test]\n\
             fn {what}() {{\n    let {mutable}{plugin} = plug::Registry::builtin().open::<dyn {trait_name}>(\"{name}\").unwrap();\n{calls}}}\n{ready}"
        )
    }

    fn readme(&self, package: &Package) -> String {
        let (name, interface) = (self.name, &package.name);
        format!(
            "# plugin-{name}\n\nThe plugin `{name}` of the interface `{}` in `{interface}`.\n\n\
             * `cargo test` opens it as a host does.\n* `cargo plug run` builds the program that it is for, with the plugin in it, and runs it.\n\
             * `cargo plug build PROGRAM --with .` makes that program.\n\n## Licence\n\nMIT or Apache-2.0, at your choice.\n",
            self.interface.path
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(result: &str, kind: Kind) -> Interface {
        let method = Method {
            name: "read".to_owned(),
            signature: format!("fn read(&self, _of: Option<Page>) -> {result}"),
            result: kind,
            examples: None,
            is_mutable: false,
            is_async: false,
        };
        let imports = vec!["api::Page".to_owned()];
        Interface {
            name: "Read".to_owned(),
            path: "api::Read".to_owned(),
            methods: vec![method],
            types: Vec::new(),
            is_generic: false,
            imports,
        }
    }

    #[test]
    fn a_type_has_no_name_that_the_source_uses() {
        let interface = interface("Result<String, plug::Error>", Kind::Error);
        let type_name = |name: &str| NewCrate { name, interface: &interface, has_settings: false }.type_name();
        for name in ["self", "result", "string", "option", "page", "read", "settings", "default"] {
            let (first, rest) = name.split_at(1);
            assert_eq!(type_name(name), format!("{}{rest}Plugin", first.to_uppercase()));
        }
        assert_eq!(["very-loud", "pages", "gen"].map(type_name), ["VeryLoud", "Pages", "Gen"]);
    }
}
