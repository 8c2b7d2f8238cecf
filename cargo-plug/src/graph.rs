//! The packages that Cargo found for a package, and the way from one to another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cargo_metadata::{Dependency, DependencyKind, Metadata, Package, PackageId, TargetKind};

use crate::spec::{Origin, Spec};

/// The package that a program and its plugins share.
pub(crate) const PLUG: &str = "plug";

/// The packages below a package, by their normal dependencies.
#[derive(Debug)]
pub(crate) struct Graph {
    packages: BTreeMap<PackageId, Package>,
    edges: BTreeMap<PackageId, Vec<PackageId>>,
}

impl Graph {
    pub(crate) fn new(metadata: Metadata) -> Self {
        let nodes = metadata.resolve.map(|resolve| resolve.nodes).unwrap_or_default();
        let edges = nodes.into_iter().map(|node| {
            let is_normal = |dependency: &&cargo_metadata::NodeDep| {
                dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal)
            };
            let dependencies = node.deps.iter().filter(is_normal).map(|dependency| dependency.pkg.clone()).collect();
            (node.id, dependencies)
        });
        let packages = metadata.packages.into_iter().map(|package| (package.id.clone(), package));
        Self { edges: edges.collect(), packages: packages.collect() }
    }

    /// The package of this name that the source leads to.
    pub(crate) fn find(&self, spec: &Spec, name: &str) -> Option<&Package> {
        let is_from = |package: &&Package| {
            let source = package.source.as_ref().map(|source| source.repr.as_str());
            match (&spec.origin, source) {
                (Origin::Path(path), None) => {
                    let folder = package.manifest_path.parent().map(|folder| folder.as_std_path());
                    // A name below a workspace is in one of its folders.
                    folder.is_some_and(|folder| folder.starts_with(path) || crate::spec::absolute(folder) == *path)
                }
                (Origin::Git { url, .. }, Some(source)) => {
                    source.strip_prefix("git+").and_then(|source| source.split(['?', '#']).next()) == Some(url)
                }
                (Origin::Registry { .. }, Some(source)) => !source.starts_with("git+"),
                // A patch may lead elsewhere.
                _ => false,
            }
        };
        let named = || self.packages.values().filter(|package| *package.name == name);
        named().find(is_from).or_else(|| named().next())
    }

    pub(crate) fn packages(&self) -> impl Iterator<Item = &Package> {
        self.packages.values()
    }

    /// The package and all that it depends on.
    pub(crate) fn closure<'g>(&'g self, package: &'g Package) -> BTreeSet<&'g PackageId> {
        let (mut seen, mut open) = (BTreeSet::new(), vec![&package.id]);
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(self.edges.get(id).into_iter().flatten());
            }
        }
        seen
    }

    /// The packages of the closure that depend on `plug`, and `plug` itself.
    pub(crate) fn on_plug<'g>(&'g self, package: &'g Package) -> BTreeMap<&'g str, &'g Package> {
        let closure = self.closure(package).into_iter().filter_map(|id| self.packages.get(id));
        let is_plug = |id: &PackageId| self.packages.get(id).is_some_and(|package| *package.name == PLUG);
        let depends = |package: &&Package| self.closure(package).into_iter().any(is_plug);
        closure.filter(depends).map(|package| (package.name.as_str(), package)).collect()
    }

    /// The first declared dependency on a package below this one, the package's own first.
    pub(crate) fn dependency_on<'g>(&'g self, package: &'g Package, name: &str) -> Option<&'g Dependency> {
        let own = own_dependency(package, name);
        let below = || self.closure(package).into_iter().filter_map(|id| own_dependency(self.packages.get(id)?, name));
        own.or_else(|| below().next())
    }

    /// Each requirement of a package below this one on a package of this name.
    pub(crate) fn requirements<'g>(&'g self, package: &'g Package, name: &str) -> Vec<&'g Dependency> {
        let closure = self.closure(package).into_iter().filter_map(|id| self.packages.get(id));
        closure.filter_map(|package| own_dependency(package, name)).collect()
    }
}

fn own_dependency<'p>(package: &'p Package, name: &str) -> Option<&'p Dependency> {
    package.dependencies.iter().find(|dependency| dependency.name == name && dependency.kind == DependencyKind::Normal)
}

/// The name of the library of a package, if other packages can depend on it.
pub(crate) fn library_of(package: &Package) -> Option<&str> {
    let is_library = |kind: &TargetKind| matches!(kind, TargetKind::Lib | TargetKind::RLib | TargetKind::DyLib);
    let target = package.targets.iter().find(|target| target.kind.iter().any(is_library));
    target.map(|target| target.name.as_str())
}

/// The name of the program of a package.
pub(crate) fn program_of(package: &Package) -> String {
    let binaries: Vec<_> = package.targets.iter().filter(|target| target.is_bin()).collect();
    let default = package.default_run.clone().or_else(|| match &binaries[..] {
        [one] => Some(one.name.clone()),
        _ => None,
    });
    default.unwrap_or_else(|| package.name.to_string())
}

/// The folder of a package.
pub(crate) fn folder_of(package: &Package) -> &Path {
    package.manifest_path.parent().map_or(Path::new("."), |folder| folder.as_std_path())
}

/// The source of a package as a built program shows it.
pub(crate) fn source_text(package: &Package) -> String {
    let Some(source) = &package.source else { return format!("path {}", folder_of(package).display()) };
    let source = source.repr.as_str();
    if let Some(git) = source.strip_prefix("git+") {
        let (url, revision) = git.split_once('#').unwrap_or((git, ""));
        let short = revision.get(..12).unwrap_or(revision);
        return format!("git {url}#{short}");
    }
    match source.split_once('+') {
        Some(("registry" | "sparse", url)) if is_crates_io(url) => "crates.io".to_owned(),
        Some((_, url)) => format!("registry {url}"),
        None => format!("registry {source}"),
    }
}

pub(crate) fn is_crates_io(url: &str) -> bool {
    matches!(url, "https://github.com/rust-lang/crates.io-index" | "https://index.crates.io/")
}
