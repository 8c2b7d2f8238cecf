//! Makes the package of an order, finds its versions, and builds it.
//! It does not know where the result goes.

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::camino::Utf8PathBuf;
use cargo_metadata::{Artifact, Package};

use crate::cache::{self, Entry};
use crate::cargo::{self, Cargo, Outcome, Unresolved};
use crate::cli::{Flags, Kind, Selection};
use crate::failure::{At, Failure};
use crate::fit::{self, Side};
use crate::graph::{Graph, PLUG, folder_of, program_of, source_text};
use crate::locate::{Located, distinct, hint_at_folder, warn_of_folder};
use crate::package::{Blueprint, Needed, Settings};
use crate::records;
use crate::spec::Origin;
use crate::{explain, feature, shell, traits};

/// What to build.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub kind: Kind,
    pub selection: Selection,
    /// The folder that paths are relative to.
    pub folder: PathBuf,
    /// The lock file of the project, which the build starts from.
    pub lock: Option<PathBuf>,
}

/// A package that is ready to be built.
pub(crate) struct Builder {
    cargo: Cargo,
    entry: Entry,
    blueprint: Blueprint,
    program: Option<Located>,
    plugins: Vec<Located>,
    lock: Option<PathBuf>,
    graph: Option<Graph>,
}

/// The result of a build.
pub(crate) struct Built {
    pub file: PathBuf,
}

impl Builder {
    /// Finds the packages of an order, and takes their folder in the cache.
    pub(crate) fn new(order: &Order, flags: &Flags) -> Result<Self, Failure> {
        let cargo = Cargo::new(flags);
        match &order.lock {
            None if flags.is_locked() => {
                return Err(Failure::new(
                    "`--locked` is for the program of a plug.toml, which has its versions in plug.lock",
                )
                .hint(
                    "`cargo plug build PROGRAM --with SOURCE --save` writes both, and `cargo plug build` reads them",
                ));
            }
            Some(lock) if flags.is_locked() && !lock.exists() => {
                return Err(Failure::new("`--locked` wants a plug.lock, and there is none")
                    .hint("a build from a plug.toml, without `--locked`, writes it"));
            }
            _ => {}
        }
        let find = |text: &String| Located::find(text, &order.folder, &cargo);
        let program = match order.kind {
            Kind::Program => Some(find(order.selection.program.as_ref().ok_or_else(no_program)?)?),
            Kind::Library | Kind::Process => None,
        };
        let plugins = order.selection.with.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        let plugins = distinct(program.as_ref(), plugins)?;
        let Some(first) = program.as_ref().or(plugins.first()) else {
            return Err(Failure::new("there is no plugin to build").hint("name one with `--with SOURCE`"));
        };
        let target = match (order.kind, &first.local) {
            // The crate of the plugin has its own name.
            (Kind::Library, _) => "plugins".to_owned(),
            (Kind::Program, Some(local)) => program_of(&local.package),
            _ => first.name.clone(),
        };
        let mut blueprint = Blueprint { kind: order.kind, target, ..Blueprint::default() };
        blueprint.program = program.as_ref().map(|program| Needed::of_spec(&program.spec, &program.name));
        blueprint.plugins = plugins.iter().map(|plugin| Needed::of_spec(&plugin.spec, &plugin.name)).collect();
        if let Some(program) = &mut blueprint.program {
            program.has_default_features = !order.selection.no_default_features;
        }
        feature::choose(&mut blueprint, &order.selection.features)?;
        blueprint.choose_keys();
        let identity = format!("{:?} {}", order.kind, first.spec.identity());
        let entry = Entry::take(&first.name, &identity)?;
        Ok(Self { cargo, entry, blueprint, program, plugins, lock: order.lock.clone(), graph: None })
    }

    /// The folder of the package. It changes only if the package does, or Cargo would build it again.
    fn folder(&self) -> PathBuf {
        self.entry.folder.join("package")
    }

    /// The folder in which the versions are found.
    fn resolved(&self) -> PathBuf {
        self.entry.folder.join("resolved")
    }

    /// The lock file of the package.
    pub(crate) fn lock_file(&self) -> PathBuf {
        self.resolved().join("Cargo.lock")
    }

    /// Forgets the versions of earlier builds.
    pub(crate) fn forget(&self) -> Result<(), Failure> {
        for file in [self.lock_file(), self.entry.folder.join("seed.lock")] {
            if file.exists() {
                fs::remove_file(&file).at("remove", &file)?;
            }
        }
        Ok(())
    }

    /// The name of the program or the plugin.
    pub(crate) fn target(&self) -> &str {
        &self.blueprint.target
    }

    /// The name of the first plugin.
    pub(crate) fn first_plugin(&self) -> &str {
        self.plugins.first().map(|plugin| plugin.name.as_str()).unwrap_or_default()
    }

    /// Finds the versions of all packages, checks that they fit, and writes the package.
    pub(crate) fn resolve(&mut self) -> Result<(), Failure> {
        let (host, local) = match self.program.as_ref().or(self.plugins.first()) {
            Some(host) => (host.clone(), host.local.clone()),
            None => return Ok(()),
        };
        // Before Cargo, which would leave these packages out with a warning.
        for (is_plugin, located) in
            self.program.iter().map(|program| (false, program)).chain(self.plugins.iter().map(|p| (true, p)))
        {
            let Some(local) = &located.local else { continue };
            if crate::graph::library_of(&local.package).is_none() {
                let graph = Graph::new(local.workspace.clone());
                let side = Side { graph: &graph, package: &local.package };
                if is_plugin { fit::check_plugin(side)? } else { fit::check_program(side)? }
            }
        }
        match local {
            Some(local) => {
                let root = local.workspace.workspace_root.as_std_path().to_owned();
                let graph = Graph::new(local.workspace);
                self.take_over(&graph, &local.package, &root)?;
            }
            None => {
                self.seed(None)?;
                let folder = self.entry.folder.join("probe");
                let lock = self.lock.clone().filter(|lock| lock.exists()).unwrap_or_else(|| self.lock_file());
                cache::copy_lock(&lock, &folder)?;
                let cargo = self.cargo.unlocked();
                let graph = self.find_versions(&cargo, &folder)?;
                let package = graph.find(&host.spec, &host.name).ok_or_else(|| not_found(&host))?.clone();
                let root = match host.spec.origin {
                    // A published package is in no workspace.
                    Origin::Registry { .. } => folder_of(&package).to_owned(),
                    _ => cargo.workspace(package.manifest_path.as_std_path())?.workspace_root.into_std_path_buf(),
                };
                if self.program.is_some() {
                    self.blueprint.target = program_of(&package);
                }
                self.take_over(&graph, &package, &root)?;
            }
        }
        let cargo = self.cargo.clone();
        let graph = self.find_versions(&cargo, &self.resolved())?;
        self.check(&graph)?;
        self.blueprint.sources = self.sources(&graph);
        self.blueprint.settings.prune(|name| graph.packages().any(|package| *package.name == name));
        self.graph = Some(graph);
        self.write()
    }

    /// Writes the package as it is built.
    fn write(&self) -> Result<(), Failure> {
        let folder = self.folder();
        self.blueprint.write(&folder)?;
        let lock = fs::read_to_string(self.lock_file()).at("read", &self.lock_file())?;
        cache::write(&folder.join("Cargo.lock"), &lock)
    }

    /// Takes over what the build of the program, or of the first plugin, obeys.
    fn take_over(&mut self, graph: &Graph, package: &Package, root: &Path) -> Result<(), Failure> {
        let features: &[&str] = match self.blueprint.kind {
            Kind::Program | Kind::Library => &["host"],
            // An interface may declare a version for the older protocol.
            Kind::Process => &["host", "netrpc"],
        };
        let Some(dependency) = graph.dependency_on(package, PLUG) else {
            let side = Side { graph, package };
            let failure = match self.program {
                Some(_) => fit::check_program(side).err(),
                None => fit::check_plugin(side).err(),
            };
            let failure =
                failure.unwrap_or_else(|| Failure::new(format!("`{}` does not depend on `{PLUG}`", package.name)));
            // A stranger's package may have the name of a folder.
            let host = self.program.as_ref().or(self.plugins.first());
            return Err(host.into_iter().fold(failure, |failure, host| hint_at_folder(failure, &host.spec)));
        };
        self.blueprint.plug = Some(Needed::plug(dependency, features));
        self.blueprint.settings = Settings::read(root, package);
        self.cargo.obey_toolchain(folder_of(package));
        let locks = [root.join("Cargo.lock"), folder_of(package).join("Cargo.lock")];
        self.seed(locks.iter().find(|lock| lock.exists()).map(PathBuf::as_path))
    }

    /// Takes over the lock file of the project, or of the program if that has changed.
    fn seed(&self, of_program: Option<&Path>) -> Result<(), Failure> {
        let (own, seed) = (self.lock_file(), self.entry.folder.join("seed.lock"));
        if let Some(lock) = &self.lock
            && lock.exists()
        {
            let text = fs::read_to_string(lock).at("read", lock)?;
            if text.trim().is_empty() {
                return Err(explain::no_lock("it is empty", Some(lock)));
            }
            return cache::write(&own, &text);
        }
        let Some(of_program) = of_program else { return Ok(()) };
        let text = fs::read_to_string(of_program).at("read", of_program)?;
        let is_same = fs::read_to_string(&seed).is_ok_and(|old| old == text);
        // A project without a lock file takes the newest versions of its plugins.
        if is_same && own.exists() && self.lock.is_none() {
            return Ok(());
        }
        cache::write(&own, &text)?;
        cache::write(&seed, &text)
    }

    /// Writes the package to a folder, and finds its versions there.
    /// If a plugin shares no package with the program, it adds patches and tries again.
    fn find_versions(&mut self, cargo: &Cargo, folder: &Path) -> Result<Graph, Failure> {
        let manifest = self.blueprint.write(folder)?;
        let unresolved = match cargo.resolve(&manifest) {
            Ok(metadata) => {
                let graph = Graph::new(metadata);
                if self.is_united(&graph) {
                    return Ok(graph);
                }
                None
            }
            Err(Unresolved(message)) if explain::is_about_lock(&message) => {
                return Err(explain::locked(&message));
            }
            Err(Unresolved(message)) if explain::is_no_lock(&message) => {
                // It came from the project or the program, and must not stay.
                self.forget()?;
                return Err(explain::no_lock(&message, self.lock.as_deref()));
            }
            Err(unresolved) => Some(unresolved),
        };
        let before = self.blueprint.patches.clone();
        self.unite()?;
        match unresolved {
            Some(unresolved) if self.blueprint.patches == before => return Err(self.explain(unresolved)),
            _ => {}
        }
        let manifest = self.blueprint.write(folder)?;
        match cargo.resolve(&manifest) {
            Ok(metadata) => Ok(Graph::new(metadata)),
            Err(unresolved) => Err(self.explain(unresolved)),
        }
    }

    /// Adds the patches for all plugins, from the versions that each package has when it is alone.
    fn unite(&mut self) -> Result<(), Failure> {
        let located: Vec<_> = self.program.iter().chain(&self.plugins).cloned().collect();
        let [host, plugins @ ..] = &located[..] else { return Ok(()) };
        let alone = |at: usize, located: &Located| {
            let folder = self.entry.folder.join("alone").join(at.to_string());
            let plugins = vec![Needed::of_spec(&located.spec, &located.name)];
            let settings = Settings::default();
            let blueprint = Blueprint {
                target: "probe".to_owned(),
                kind: Kind::Process,
                plugins,
                settings,
                ..Blueprint::default()
            };
            cache::copy_lock(&self.lock_file(), &folder)?;
            let manifest = blueprint.write(&folder)?;
            self.cargo.unlocked().resolve(&manifest).map(Graph::new).map_err(|error| explain::alone(located, error))
        };
        let ours = alone(0, host)?;
        let program = Side { graph: &ours, package: ours.find(&host.spec, &host.name).ok_or_else(|| not_found(host))? };
        let mut patches = self.blueprint.patches.clone();
        for (at, plugin) in (1..).zip(plugins) {
            let theirs = alone(at, plugin)?;
            let package = theirs.find(&plugin.spec, &plugin.name).ok_or_else(|| not_found(plugin))?;
            let spec = &plugin.spec;
            let plugin = Side { graph: &theirs, package };
            fit::check_plugin(plugin).map_err(|failure| hint_at_folder(failure, spec))?;
            if self.program.is_some() {
                fit::check_interface(program, plugin)?;
            }
            fit::unite(program, plugin, &mut patches)?;
        }
        self.blueprint.patches = patches;
        Ok(())
    }

    fn sides<'g>(&self, graph: &'g Graph) -> Option<(Side<'g>, Vec<Side<'g>>)> {
        let side = |located: &Located| Some(Side { graph, package: graph.find(&located.spec, &located.name)? });
        let plugins = self.plugins.iter().map(side).collect::<Option<Vec<_>>>()?;
        let host = self.program.as_ref().map_or_else(|| plugins.first().copied(), side)?;
        Some((host, plugins))
    }

    fn is_united(&self, graph: &Graph) -> bool {
        // A package that is missing here has no library, which `check` reports.
        self.sides(graph)
            .is_none_or(|(program, plugins)| plugins.into_iter().all(|plugin| fit::is_united(program, plugin)))
    }

    fn check(&self, graph: &Graph) -> Result<(), Failure> {
        let located = self.program.iter().chain(&self.plugins);
        for located in located {
            graph.find(&located.spec, &located.name).ok_or_else(|| not_found(located))?;
        }
        let Some((program, plugins)) = self.sides(graph) else { return Ok(()) };
        if let Some(located) = &self.program {
            fit::check_program(program).map_err(|failure| hint_at_folder(failure, &located.spec))?;
        }
        for (plugin, located) in plugins.into_iter().zip(&self.plugins) {
            fit::check_plugin(plugin).map_err(|failure| hint_at_folder(failure, &located.spec))?;
            if self.program.is_some() {
                fit::check_interface(program, plugin)?;
            }
        }
        Ok(())
    }

    /// The source of each plugin's package, by key.
    fn sources(&self, graph: &Graph) -> std::collections::BTreeMap<String, String> {
        let plugins = self.blueprint.plugins.iter().zip(&self.plugins);
        let source = |(needed, located): (&Needed, &Located)| {
            Some((needed.key.clone(), source_text(graph.find(&located.spec, &located.name)?)))
        };
        plugins.filter_map(source).collect()
    }

    fn explain(&self, unresolved: Unresolved) -> Failure {
        let Some((name, feature)) = feature::missing(&unresolved.0) else { return explain::explain(unresolved) };
        // Cargo names only some of the features that there are.
        let mut all = self.program.iter().chain(&self.plugins);
        let located = all.find(|located| located.name == name);
        let alone = |located: &Located| {
            located.alone(&self.cargo, Some(&self.lock_file()), self.blueprint.settings.clone()).ok()
        };
        let graph = located.and_then(|located| Some((located, alone(located)?)));
        match graph.as_ref().and_then(|(located, graph)| graph.find(&located.spec, &located.name)) {
            Some(package) => feature::none(package, feature),
            None => Failure::new(format!("`{name}` has no feature `{feature}`")),
        }
    }

    /// Writes the package to a folder that the user keeps.
    pub(crate) fn keep(&self, folder: &Path) -> Result<(), Failure> {
        let ours = format!("name = \"{}\"", self.blueprint.package_name());
        let is_ours = fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|text| text.contains(&ours));
        let is_empty = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
        if !is_ours && !is_empty {
            return Err(Failure::new(format!("`{}` is not empty", folder.display()))
                .hint("`--keep` writes to a new folder, or over a package that it wrote before"));
        }
        self.blueprint.write(folder)?;
        if let Some(file) = &self.cargo.toolchain_file {
            cache::copy(file, &folder.join(file.file_name().unwrap_or("rust-toolchain.toml".as_ref())))?;
        }
        cache::copy(&self.lock_file(), &folder.join("Cargo.lock"))
    }

    /// Builds the package.
    pub(crate) fn build(&self) -> Result<Built, Failure> {
        let target = match &self.cargo.flags().target_dir {
            Some(folder) => std::path::absolute(folder).at("find", folder)?,
            None => self.entry.target(),
        };
        self.announce();
        let manifest = self.folder().join("Cargo.toml");
        let Outcome { artifacts, withheld, is_done } = self.cargo.build(&manifest, &target, self.has_twins())?;
        if !is_done {
            let contests = self.contests(&artifacts);
            if contests.is_empty() {
                shell::rendered(&withheld);
            }
            return Err(Failure::of_cargo(contests));
        }
        self.entry.remove_others();
        let file = artifacts.iter().rev().find_map(|artifact| match self.blueprint.kind {
            Kind::Program | Kind::Process => artifact.executable.as_ref(),
            Kind::Library => {
                let is_ours = artifact.target.name == self.blueprint.target;
                let is_library =
                    |file: &&Utf8PathBuf| matches!(file.extension(), Some("so" | "dll" | "dylib" | "wasm"));
                artifact.filenames.iter().filter(|_| is_ours).find(is_library)
            }
        });
        let file = file.ok_or_else(|| Failure::of_cargo("Cargo built no file"))?;
        Ok(Built { file: file.as_std_path().to_owned() })
    }

    /// Says which packages are built, and where they are from: a name may be that of another one.
    fn announce(&self) {
        let located = || self.program.iter().chain(&self.plugins);
        located().for_each(|located| warn_of_folder(&located.spec));
        let package = |located: &Located| self.graph.as_ref()?.find(&located.spec, &located.name).map(fit::described);
        let packages: Vec<_> = located().filter_map(package).collect();
        let text = match (&self.program, &packages[..]) {
            (Some(_), [program, plugins @ ..]) if !plugins.is_empty() => {
                format!("{program} with {}", plugins.join(", "))
            }
            _ => packages.join(", "),
        };
        shell::status("Building", &text);
    }

    /// Whether two plugins seem to have one name, from their sources alone.
    fn has_twins(&self) -> bool {
        let packages = self.graph.iter().flat_map(Graph::packages);
        let on_plug = packages.filter(|package| package.dependencies.iter().any(|other| other.name == PLUG));
        let names: Vec<_> = on_plug.flat_map(|package| traits::plugins(folder_of(package))).collect();
        (1..names.len()).any(|at| names[..at].contains(&names[at]))
    }

    /// The names that several packages have, for which the linker fails.
    fn contests(&self, artifacts: &[Artifact]) -> String {
        let files = cargo::files_by_package(artifacts);
        let package = |id: &str| {
            let graph = self.graph.as_ref()?;
            graph.packages().find(|package| package.id.repr == id)
        };
        let contested = records::contested(files.into_iter());
        let lines = contested.iter().map(|(interface, name, packages)| {
            let packages = packages.iter().map(|id| package(id).map_or_else(|| (*id).to_owned(), fit::described));
            let packages = packages.collect::<Vec<_>>().join(" and in ");
            format!("plugin `{name}` of `{interface}` is in {packages}")
        });
        let lines = lines.collect::<Vec<_>>().join("\n");
        if lines.is_empty() { lines } else { lines + "\nhint: a program has one plugin of each name: leave one out" }
    }

    /// The packages of plugins from outside.
    pub(crate) fn packages(&self) -> impl Iterator<Item = &str> {
        self.plugins.iter().map(|plugin| plugin.name.as_str())
    }

    /// Takes a newer version of one plugin.
    pub(crate) fn update(&self, package: &str) -> Result<(), Failure> {
        Ok(self.cargo.update(&self.resolved().join("Cargo.toml"), package)?)
    }
}

fn no_program() -> Failure {
    Failure::new("there is no program to build")
        .hint("name one, as in `cargo plug build ./app --with plugin-x`, or write a plug.toml")
}

fn not_found(located: &Located) -> Failure {
    Failure::new(format!("Cargo found no package `{}` in `{}`", located.name, located.spec))
}
