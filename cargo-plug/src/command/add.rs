//! `cargo plug add`: a plugin crate as a dependency and a feature of a program.
//! The formatting of both Cargo.toml stays.

use std::env;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, Package};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value, value};

use crate::cache;
use crate::cargo::Cargo;
use crate::cli::Add;
use crate::failure::{At, Failure};
use crate::fit::{self, Side};
use crate::graph::{Graph, PLUG, folder_of, library_of};
use crate::locate::{Located, check_path};
use crate::package::{Needed, Settings, relative};
use crate::spec::absolute;
use crate::{interrupt, shell, traits};

pub(crate) fn run(arguments: &Add) -> Result<(), Failure> {
    let here = absolute(&env::current_dir().at("find", Path::new("."))?);
    check_path(&here)?;
    let cargo = Cargo::offline(arguments.offline);
    let manifest = here.ancestors().map(|folder| folder.join("Cargo.toml")).find(|file| file.is_file());
    let manifest = manifest.ok_or_else(|| {
        Failure::new("there is no program in this folder").hint("`cargo plug add` is for the folder of a program")
    })?;
    let workspace = cargo.workspace(&manifest)?;
    let program = program(&workspace, &manifest, arguments.package.as_deref())?;
    let plugin = Located::find(&arguments.plugin, &here, &cargo)?;
    let name = &plugin.name;
    if *program.name == *name {
        return Err(Failure::new(format!("`{name}` is the program itself")));
    }
    if let Some(local) = &plugin.local {
        if library_of(&local.package).is_none() {
            return Err(Failure::new(format!("`{name}` is no plugin crate: it has no library")));
        }
        if !local.package.dependencies.iter().any(|dependency| dependency.name == PLUG) {
            return Err(Failure::new(format!("`{name}` is no plugin: it does not depend on `{PLUG}`")));
        }
    }
    let root = workspace.workspace_root.as_std_path();
    if !arguments.dry_run {
        cache::check_writable(root)?;
        cache::check_writable(folder_of(program))?;
    }
    check_fit(program, &workspace, &plugin, &cargo)?;
    let names = plugin.local.as_ref().map(|local| traits::plugins(folder_of(&local.package))).unwrap_or_default();
    let short = name.strip_prefix("plugin-").unwrap_or(name).to_owned();
    let feature = match (&arguments.feature, &names[..]) {
        (Some(feature), _) => feature.clone(),
        (None, [one]) => one.clone(),
        _ => short,
    };
    let mut edits = Edits { of_program: Edited::read(program.manifest_path.as_std_path())?, of_root: None };
    if root.join("Cargo.toml") != edits.of_program.path {
        edits.of_root = Some(Edited::read(&root.join("Cargo.toml"))?);
    }
    edits.add(&Needed::of_spec(&plugin.spec, name), &feature, &names)?;
    for edited in edits.of_root.iter().chain([&edits.of_program]) {
        let path = relative(&edited.path, &here);
        for (table, line) in &edited.lines {
            shell::data(&format!("{path}: [{table}] {line}\n"))?;
        }
    }
    if arguments.dry_run {
        return Ok(());
    }
    for edited in edits.of_root.iter().chain([&edits.of_program]) {
        cache::write(&edited.path, &edited.document.to_string())?;
    }
    shell::status("Added", &format!("`{name}` to `{}`: cargo run --features {feature}", program.name));
    Ok(())
}

/// Refuses a plugin that has nothing for the program.
fn check_fit(program: &Package, workspace: &Metadata, plugin: &Located, cargo: &Cargo) -> Result<(), Failure> {
    let root = workspace.workspace_root.as_std_path();
    let lock = root.join("Cargo.lock");
    let graphs = || {
        let theirs = plugin.alone(cargo, Some(&lock), Settings::read(root, program))?;
        Ok((Graph::new(cargo.look_up(program.manifest_path.as_std_path(), &lock)?), theirs))
    };
    let (ours, theirs) = match graphs() {
        Ok(graphs) => graphs,
        // A folder can be added without the network.
        Err(failure) if plugin.local.is_some() => {
            interrupt::check()?;
            shell::warn(&format!("cannot tell whether `{}` fits `{}`: {failure}", plugin.name, program.name));
            return Ok(());
        }
        Err(failure) => return Err(failure),
    };
    let program = ours.packages().find(|package| package.id == program.id);
    let (Some(program), Some(package)) = (program, theirs.find(&plugin.spec, &plugin.name)) else { return Ok(()) };
    let plugin = Side { graph: &theirs, package };
    fit::check_plugin(plugin)?;
    fit::check_interface(Side { graph: &ours, package: program }, plugin)
}

/// The program of this name, of this folder, or the only one of the workspace.
fn program<'w>(workspace: &'w Metadata, manifest: &Path, name: Option<&str>) -> Result<&'w Package, Failure> {
    let packages = || workspace.packages.iter();
    if let Some(name) = name {
        return packages()
            .find(|package| *package.name == name)
            .ok_or_else(|| Failure::new(format!("there is no package `{name}` in this workspace")));
    }
    if let Some(package) = packages().find(|package| package.manifest_path.as_std_path() == manifest) {
        return Ok(package);
    }
    let is_program = |package: &&Package| {
        package.targets.iter().any(|target| target.is_bin())
            && package.dependencies.iter().any(|dependency| dependency.name == PLUG)
            && !package.name.starts_with("plugin-")
    };
    let programs: Vec<_> = packages().filter(is_program).collect();
    match programs[..] {
        [program] => Ok(program),
        _ => {
            let names = programs.iter().map(|package| format!("`{}`", package.name)).collect::<Vec<_>>().join(", ");
            let has = if names.is_empty() { "none depends on `plug`".to_owned() } else { format!("there are {names}") };
            Err(Failure::new("this workspace has no single program").hint(format!("name one with `--package`: {has}")))
        }
    }
}

/// The Cargo.toml of the program, and that of its workspace if it is another one.
struct Edits {
    of_program: Edited,
    of_root: Option<Edited>,
}

/// A Cargo.toml, and the lines that are new in it, each with its table.
struct Edited {
    path: PathBuf,
    document: DocumentMut,
    lines: Vec<(String, String)>,
}

impl Edits {
    fn add(&mut self, plugin: &Needed, feature: &str, names: &[String]) -> Result<(), Failure> {
        let program = &mut self.of_program;
        let has = |table: &[&str], key: &str| program.table(table).is_some_and(|table| table.contains_key(key));
        for (table, key) in [("dependencies", &*plugin.key), ("features", feature)] {
            if has(&[table], key) {
                let what = if table == "features" { "feature" } else { "dependency" };
                let failure = Failure::new(format!("{} has a {what} `{key}`", program.path.display()));
                return Err(if what == "feature" { failure.hint("choose another with `--feature`") } else { failure });
            }
        }
        let is_shared = match &mut self.of_root {
            Some(root) => root.table(&["workspace", "dependencies"]).is_some(),
            None => program.table(&["workspace", "dependencies"]).is_some(),
        };
        let mut own = InlineTable::new();
        if is_shared {
            let root = self.of_root.as_mut().unwrap_or(program);
            let table = &["workspace", "dependencies"][..];
            // One that is there is used, as other members do.
            if root.table(table).is_none_or(|table| !table.contains_key(&plugin.key)) {
                let folder = root.path.with_file_name("");
                let dependency = plugin.clone().relative_to(&absolute(&folder)).value();
                root.insert(table, &plugin.key, dependency);
            }
            own.insert("workspace", true.into());
        } else {
            let folder = absolute(&program.path.with_file_name(""));
            let dependency = plugin.clone().relative_to(&folder).value();
            own = dependency.as_inline_table().cloned().unwrap_or_default();
        }
        own.insert("optional", true.into());
        own.fmt();
        let program = &mut self.of_program;
        let turns_on: Array = [format!("dep:{}", plugin.key)].into_iter().collect();
        program.insert(&["features"], feature, turns_on.into());
        if !names.is_empty() && names != [feature] {
            let names: Array = names.iter().map(String::as_str).collect();
            program.insert(&["package", "metadata", "plug", "names"], feature, names.into());
        }
        program.insert(&["dependencies"], &plugin.key, own.into());
        Ok(())
    }
}

impl Edited {
    fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).at("read", path)?;
        let document = text.parse::<DocumentMut>();
        let document = document.map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
        Ok(Self { path: path.to_owned(), document, lines: Vec::new() })
    }

    fn table(&self, path: &[&str]) -> Option<&dyn toml_edit::TableLike> {
        let first: &dyn toml_edit::TableLike = self.document.as_table();
        path.iter().try_fold(first, |table, key| table.get(key)?.as_table_like())
    }

    /// Adds a line to a table: in its place if the table is sorted, or else at the end.
    fn insert(&mut self, path: &[&str], key: &str, new: Value) {
        self.lines.push((path.join("."), format!("{key} = {new}")));
        let (parents, mut table) =
            (&path[..path.len() - 1], self.document.as_table_mut() as &mut dyn toml_edit::TableLike);
        for parent in parents.iter().chain(path.last()) {
            let is_new = table.get(parent).is_none();
            let item = table.entry(parent).or_insert(Item::Table(Table::new()));
            if is_new
                && parents.contains(parent)
                && let Some(table) = item.as_table_mut()
            {
                table.set_implicit(true);
            }
            let Some(next) = item.as_table_like_mut() else { return };
            table = next;
        }
        let is_sorted = table.iter().map(|(key, _)| key).is_sorted();
        table.insert(key, value(new));
        if is_sorted {
            // The key is the last one, and goes where it belongs. The others stay.
            table.sort_values();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(text: &str) -> Edited {
        Edited { path: "/w/Cargo.toml".into(), document: text.parse().unwrap(), lines: Vec::new() }
    }

    #[test]
    fn formatting_stays() {
        let program = "# mine\n[package]\nname = \"app\"\n\n[features] # all of them\na = [\"dep:plugin-a\"]\nz   =   []\n\n[dependencies]\nserde = \"1\"\n# ours\nplug = { workspace = true }\n";
        let root = "[workspace]\nmembers = [\n  \"app\",\n]\n\n[workspace.dependencies]\nplug = { path = \"plug\" }\n";
        let mut edits = Edits { of_program: edited(program), of_root: Some(edited(root)) };
        let spec = crate::spec::Spec::read("plugin-loud@0.3", Path::new("/w")).unwrap();
        edits.add(&Needed::of_spec(&spec, "plugin-loud"), "loud", &["loud".to_owned()]).unwrap();
        assert_eq!(
            edits.of_program.document.to_string(),
            "# mine\n[package]\nname = \"app\"\n\n[features] # all of them\na = [\"dep:plugin-a\"]\nloud = [\"dep:plugin-loud\"]\nz   =   []\n\n[dependencies]\nserde = \"1\"\n# ours\nplug = { workspace = true }\nplugin-loud = { workspace = true, optional = true }\n"
        );
        let root = edits.of_root.unwrap();
        assert!(
            root.document.to_string().ends_with("plug = { path = \"plug\" }\nplugin-loud = { version = \"0.3\" }\n")
        );
        assert_eq!(
            root.lines,
            [("workspace.dependencies".to_owned(), "plugin-loud = { version = \"0.3\" }".to_owned())]
        );
    }

    #[test]
    fn names_that_are_not_the_feature_are_written_down() {
        let mut edits = Edits { of_program: edited("[package]\nname = \"app\"\n"), of_root: None };
        let spec = crate::spec::Spec::read("plugin-x", Path::new("/w")).unwrap();
        edits.add(&Needed::of_spec(&spec, "plugin-x"), "x", &["one".to_owned(), "two".to_owned()]).unwrap();
        assert_eq!(
            edits.of_program.document.to_string(),
            "[package]\nname = \"app\"\n\n[package.metadata.plug.names]\nx = [\"one\", \"two\"]\n\n[features]\nx = [\"dep:plugin-x\"]\n\n[dependencies]\nplugin-x = { version = \"*\", optional = true }\n"
        );
        let again = edits.add(&Needed::of_spec(&spec, "plugin-x"), "y", &[]).unwrap_err();
        assert_eq!(again.to_string(), "/w/Cargo.toml has a dependency `plugin-x`");
    }
}
