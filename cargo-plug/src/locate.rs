//! Finds the package that a source means.

use std::io::ErrorKind;
use std::path::Path;

use cargo_metadata::{Metadata, Package};

use crate::cargo::Cargo;
use crate::cli::Kind;
use crate::failure::{At, Failure};
use crate::graph::{Graph, PLUG, folder_of};
use crate::package::{Blueprint, Needed, Settings, relative};
use crate::spec::{Origin, Spec, absolute};
use crate::{cache, shell};

/// A package in a folder, and its workspace.
#[derive(Debug, Clone)]
pub(crate) struct Local {
    pub workspace: Metadata,
    pub package: Package,
}

/// The package that a source means: its name, and itself if it is in a folder.
#[derive(Debug, Clone)]
pub(crate) struct Located {
    pub spec: Spec,
    pub name: String,
    pub local: Option<Local>,
}

impl Located {
    /// Finds the package of a source. It reads the network only for a repository without `#NAME`.
    pub(crate) fn find(text: &str, folder: &Path, cargo: &Cargo) -> Result<Self, Failure> {
        let mut spec = Spec::read(text, folder)?;
        if let Origin::Path(path) = &spec.origin {
            let local = Local::find(path, spec.package.as_deref(), cargo)?;
            spec.origin = Origin::Path(absolute(folder_of(&local.package)));
            return Ok(Self { spec, name: local.package.name.to_string(), local: Some(local) });
        }
        if let Some(name) = spec.name() {
            return Ok(Self { name: name.to_owned(), spec, local: None });
        }
        let name = only_package(&spec, cargo)?;
        Ok(Self { spec, name, local: None })
    }

    /// Whether Cargo would find one package for both, or two versions of one.
    fn is_same(&self, other: &Self) -> bool {
        let origins = (&self.spec.origin, &other.spec.origin);
        let are_published = matches!(origins, (Origin::Registry { .. }, Origin::Registry { .. }));
        self.name == other.name && (are_published || origins.0 == origins.1)
    }

    /// The packages below this one, if no other package is built with it.
    /// The versions are those of the lock file, as far as it has them, and the settings have patches.
    pub(crate) fn alone(&self, cargo: &Cargo, lock: Option<&Path>, settings: Settings) -> Result<Graph, Failure> {
        let root = cache::root()?;
        std::fs::create_dir_all(&root).at("make the folder", &root)?;
        let folder = tempfile::tempdir_in(&root).at("make a folder in", &root)?;
        let plugins = vec![Needed::of_spec(&self.spec, &self.name)];
        let (target, kind) = ("probe".to_owned(), Kind::Process);
        let blueprint = Blueprint { target, kind, plugins, settings, ..Blueprint::default() };
        if let Some(lock) = lock {
            cache::copy_lock(lock, folder.path())?;
        }
        let resolved = cargo.unlocked().resolve(&blueprint.write(folder.path())?);
        Ok(Graph::new(resolved.map_err(|error| hint_at_folder(error.into(), &self.spec))?))
    }
}

impl Local {
    /// The package of this folder, or the one of this name in its workspace.
    pub(crate) fn find(folder: &Path, name: Option<&str>, cargo: &Cargo) -> Result<Self, Failure> {
        let manifest = folder.join("Cargo.toml");
        check_path(&absolute(folder))?;
        let metadata = std::fs::metadata(&manifest);
        if metadata.as_ref().is_err_and(|error| error.kind() == ErrorKind::PermissionDenied) {
            metadata.at("read", &manifest)?;
        } else if !metadata.is_ok_and(|metadata| metadata.is_file()) {
            let failure = Failure::new(format!("there is no package in `{}`", folder.display()));
            return Err(match folder.exists() {
                true => failure.hint("it has no Cargo.toml"),
                false => failure.hint("there is no such folder"),
            });
        }
        let workspace = cargo.workspace(&manifest)?;
        let folder = absolute(folder);
        let package = workspace.packages.iter().find(|package| match name {
            Some(name) => *package.name == name,
            None => absolute(folder_of(package)) == folder,
        });
        if let Some(package) = package {
            return Ok(Self { package: package.clone(), workspace });
        }
        let mut names: Vec<_> = workspace.packages.iter().map(|package| format!("`{}`", package.name)).collect();
        names.sort();
        let (place, has) = (folder.display(), format!("it has {}", names.join(", ")));
        Err(match name {
            Some(name) => Failure::new(format!("there is no package `{name}` in `{place}`")).hint(has),
            None => Failure::new(format!("`{place}` has several packages"))
                .hint(format!("name one of them, as `{place}#NAME`: {has}")),
        })
    }
}

/// Refuses a path that Cargo or a file of it cannot have.
pub(crate) fn check_path(path: &Path) -> Result<(), Failure> {
    let why = match path.to_str() {
        None => "Cargo takes no path that is not UTF-8",
        Some(text) if text.contains(char::is_control) => "Cargo takes no path with a control character",
        Some(_) => return Ok(()),
    };
    let shown = path.display().to_string().replace('\n', "\\n");
    Err(Failure::new(format!("there can be no package in `{shown}`: {why}")).hint("rename the folder"))
}

/// The plugins, each once. Refuses those that cannot be dependencies beside each other.
pub(crate) fn distinct(program: Option<&Located>, plugins: Vec<Located>) -> Result<Vec<Located>, Failure> {
    let mut distinct = Vec::<Located>::new();
    for plugin in plugins {
        let name = &plugin.name;
        if name == PLUG {
            return Err(Failure::new(format!("`{PLUG}` is no plugin: it is the crate that plugins are written with")));
        }
        if program.is_some_and(|program| plugin.is_same(program)) {
            return Err(Failure::new(format!("`{name}` is the program, and cannot be a plugin in it too"))
                .hint("the program comes first, and each plugin behind `--with`"));
        }
        match distinct.iter().find(|other| plugin.is_same(other)) {
            None => distinct.push(plugin),
            Some(other) if other.spec.origin == plugin.spec.origin => {}
            Some(other) => {
                let message = format!("`{name}` is named twice: `{}` and `{}`", other.spec, plugin.spec);
                return Err(Failure::new(message).hint("leave one of them out"));
            }
        }
    }
    Ok(distinct)
}

/// A hint for a name that no registry has, if a package of it is here.
pub(crate) fn hint_at_folder(failure: Failure, spec: &Spec) -> Failure {
    match folder_of_name(spec) {
        Some(path) => {
            failure.hint(format!("a name is that of a registry's package, and there is a folder here: write `{path}`"))
        }
        None => failure,
    }
}

/// A warning of a name without more that a registry has, if a package of it is here.
pub(crate) fn warn_of_folder(spec: &Spec) {
    let is_name_alone = matches!(&spec.origin, Origin::Registry { version: None, registry: None, .. });
    // Cargo says where the folder is, so only for such a name.
    if is_name_alone && let Some(path) = folder_of_name(spec) {
        shell::warn(&format!(
            "`{spec}` is taken from crates.io: write `{path}` for the folder, or a version, as `{spec}@1`"
        ));
    }
}

/// The folder here with the package that a name of a registry may mean.
fn folder_of_name(spec: &Spec) -> Option<String> {
    let (Origin::Registry { name, .. }, Ok(here)) = (&spec.origin, std::env::current_dir()) else { return None };
    let here = absolute(&here);
    let manifest = here.ancestors().map(|folder| folder.join("Cargo.toml")).find(|file| file.is_file());
    let workspace = manifest.and_then(|manifest| Cargo::default().workspace(&manifest).ok());
    let packages = workspace.iter().flat_map(|workspace| &workspace.packages);
    let of_workspace = packages.filter(|package| *package.name == *name).map(|package| absolute(folder_of(package)));
    let below = Some(here.join(name)).filter(|folder| folder.join("Cargo.toml").is_file());
    let path = relative(&of_workspace.chain(below).next()?, &here);
    Some(if path.starts_with('.') { path } else { format!("./{path}") })
}

/// The name of the only package of a repository. Cargo finds it, and it is remembered.
fn only_package(spec: &Spec, cargo: &Cargo) -> Result<String, Failure> {
    let root = cache::root()?;
    let (names, identity) = (root.join(cache::NAMES), spec.identity());
    let known = std::fs::read_to_string(&names).unwrap_or_default();
    if let Some((_, name)) = known.lines().filter_map(|line| line.split_once('\t')).find(|(of, _)| *of == identity) {
        return Ok(name.to_owned());
    }
    let Origin::Git { url, reference } = &spec.origin else { return Ok(String::new()) };
    std::fs::create_dir_all(&root).at("make the folder", &root)?;
    let folder = tempfile::tempdir_in(&root).at("make a folder in", &root)?;
    let manifest = folder.path().join("Cargo.toml");
    cache::write(&manifest, "[package]\nname = \"probe\"\nedition = \"2024\"\n\n[workspace]\n")?;
    cache::write(&folder.path().join("src/lib.rs"), "")?;
    let mut arguments = vec!["--git".into(), url.into()];
    if let Some((kind, name)) = reference {
        arguments.extend([format!("--{}", kind.key()).into(), name.into()]);
    }
    cargo.add(&manifest, &arguments).map_err(|error| {
        let is_several = error.0.contains("multiple packages found");
        let failure = Failure::from(error);
        if is_several { failure.hint(format!("name one of them, as `{spec}#NAME`")) } else { failure }
    })?;
    let text = std::fs::read_to_string(&manifest).at("read", &manifest)?;
    let document = text.parse::<toml_edit::DocumentMut>().ok();
    let dependencies = document.as_ref().and_then(|document| document.get("dependencies")?.as_table());
    let name = dependencies.and_then(|dependencies| Some(dependencies.iter().next()?.0.to_owned()));
    let name = name.ok_or_else(|| Failure::new(format!("`{spec}` has no package")))?;
    // A name that is lost is found again.
    let _ = cache::write(&names, &format!("{known}{identity}\t{name}\n"));
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_that_is_named_twice() {
        let located = |text: &str, name: &str| {
            let spec = Spec::read(text, Path::new("/here")).unwrap();
            Located { spec, name: name.to_owned(), local: None }
        };
        let of = |plugins: &[(&str, &str)]| {
            let plugins = plugins.iter().map(|(text, name)| located(text, name)).collect();
            let distinct = distinct(Some(&located("./app", "app")), plugins).map_err(|failure| failure.to_string())?;
            Ok(distinct.iter().map(|plugin| plugin.spec.to_string()).collect::<Vec<_>>())
        };
        assert_eq!(of(&[("./x", "x"), ("./x/", "x"), ("./y", "y")]), Ok(vec!["./x".to_owned(), "./y".to_owned()]));
        assert_eq!(
            of(&[("x@0.3", "x"), ("x@0.4", "x")]),
            Err("`x` is named twice: `x@0.3` and `x@0.4`\nhint: leave one of them out".to_owned())
        );
        assert_eq!(
            of(&[("./app", "app")]),
            Err("`app` is the program, and cannot be a plugin in it too\n\
                 hint: the program comes first, and each plugin behind `--with`"
                .to_owned())
        );
        assert_eq!(
            of(&[("/plug", "plug")]),
            Err("`plug` is no plugin: it is the crate that plugins are written with".to_owned())
        );
        // A fork is another package.
        assert_eq!(of(&[("x", "x"), ("https://e.org/x", "x"), ("./other", "app")]).map(|all| all.len()), Ok(3));
    }
}
