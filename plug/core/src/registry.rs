//! The registry: plugins by interface and name, in an order that does not depend on the linker.

pub(crate) mod builtin;
pub(crate) mod catalogue;
pub(crate) mod index;
#[cfg(feature = "config")]
pub(crate) mod instances;
pub(crate) mod link;
#[cfg(not(feature = "config"))]
mod no_config;
#[cfg(feature = "config")]
pub(crate) mod section;
pub(crate) mod suggest;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use once_cell::sync::{Lazy, OnceCell};

use crate::entry::options::OpenOptions;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::error::problem::{Place, Problem};
use crate::interface::Interface;
use crate::plugin::Plugin;
use crate::registry::builtin::Builtin;
use crate::registry::catalogue::Catalogue;
use crate::registry::index::{Found, Index};
use crate::registry::link::Link;

/// Plugins, by interface and name.
///
/// ```
/// # mod app_interface {
/// #     #[plug::interface]
/// #     pub trait Plug: Send + Sync {
/// #         fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
/// #     }
/// # }
/// # #[derive(Default)]
/// # struct A;
/// # /// Says hello in English.
/// # #[plug::plug("a")]
/// # impl Plug for A {
/// #     fn say_hello(&self, name: &str) -> Result<String, plug::Error> {
/// #         Ok(format!("hello, {name}"))
/// #     }
/// # }
/// use app_interface::Plug;
///
/// let registry = plug::Registry::builtin();
/// for plugin in registry.plugins() {
///     println!("{} {}", plugin.name(), plugin.summary()); // a Says hello in English.
/// }
/// let a = registry.open::<dyn Plug>("a")?;
/// assert_eq!(a.say_hello("x")?, "hello, x");
/// # Ok::<(), plug::Error>(())
/// ```
#[derive(Default)]
pub struct Registry {
    // In the order of the links. The fields below are computed when they are first needed.
    plugins: Vec<Plugin>,
    catalogue: Catalogue,
    index: OnceCell<Index>,
    // Whether a lookup has happened. The first lookup does not build the index.
    was_looked_up: AtomicBool,
    order: OnceCell<Vec<usize>>,
    problems: OnceCell<Vec<Problem>>,
}

impl Registry {
    /// The plugins that are linked into this binary.
    /// All callers and threads share this registry, which is filled on first use.
    pub fn builtin() -> &'static Self {
        static BUILTIN: Lazy<Registry> = Lazy::new(|| {
            let mut registry = Registry::new();
            let added = registry.add(&Builtin);
            debug_assert!(added.is_ok(), "nothing can fail in reading what is linked");
            registry
        });
        &BUILTIN
    }

    /// A registry without plugins.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the plugins of `link`, and its catalogue.
    ///
    /// # Errors
    ///
    /// Those of [`Link::plugins`]. After an error the registry is unchanged.
    pub fn add(&mut self, link: &dyn Link) -> Result<&mut Self, Error> {
        self.plugins.extend(link.plugins()?);
        self.catalogue.extend(link.catalogue());
        (self.index, self.order, self.problems) = Default::default();
        Ok(self)
    }

    /// The plugins, by interface and then by name.
    pub fn plugins(&self) -> impl DoubleEndedIterator<Item = &Plugin> + ExactSizeIterator {
        self.order().iter().map(|at| &self.plugins[*at])
    }

    /// The plugins of interface `I`, by name.
    pub fn plugins_of<I: ?Sized + Interface>(&self) -> impl DoubleEndedIterator<Item = &Plugin> {
        self.plugins().filter(|plugin| plugin.implements::<I>())
    }

    /// The plugin of interface `I` with this name or alias.
    ///
    /// # Errors
    ///
    /// * [`ErrorKind::BadName`] if no plugin can have this name.
    /// * [`ErrorKind::Unknown`] if no plugin has it.
    /// * [`ErrorKind::NotInBuild`] if a feature that is off would bring the plugin.
    /// * [`ErrorKind::Problem`] if several plugins claim the name, or if its feature is on and did
    ///   not bring it.
    pub fn plugin<I: ?Sized + Interface>(&self, name: &str) -> Result<&Plugin, Error> {
        let id = I::IDENTITY;
        let found = match self.index.get() {
            Some(index) => index.find(&self.plugins, id, name),
            None if !self.was_looked_up.swap(true, Ordering::Relaxed) => index::scan(&self.plugins, id, name),
            None => self.index().find(&self.plugins, id, name),
        };
        match found {
            Some(Found::Plugin(at)) => Ok(&self.plugins[at]),
            Some(Found::Contest(contest)) => Err(ErrorKind::Problem(self.contest(name, &contest)).into()),
            None => Err(suggest::explain(self, I::IDENTITY, name)),
        }
    }

    /// Makes an object of the plugin of interface `I` with this name or alias. Each call makes
    /// another.
    ///
    /// # Errors
    ///
    /// Those of [`plugin`](Registry::plugin) and of [`Plugin::open`].
    ///
    /// # Panics
    ///
    /// If the plugin's `new` panics.
    pub fn open<I: ?Sized + Interface>(&self, name: &str) -> Result<Box<I>, Error> {
        self.plugin::<I>(name)?.open()
    }

    /// Like [`open`](Registry::open), with options.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Registry::open), and [`ErrorKind::Settings`] if the plugin refuses its
    /// settings.
    ///
    /// # Panics
    ///
    /// If the plugin's `new` panics.
    pub fn open_with<I: ?Sized + Interface>(&self, name: &str, options: &OpenOptions) -> Result<Box<I>, Error> {
        self.plugin::<I>(name)?.open_with(options)
    }

    /// The problems of the registry. The names in them cannot be opened; all others can.
    pub fn problems(&self) -> &[Problem] {
        self.problems.get_or_init(|| {
            let contests = self.index().contests(&self.plugins);
            let contest = |(name, claimants): (&str, Vec<usize>)| self.contest(name, &claimants);
            let mut problems: Vec<_> = contests.into_iter().map(contest).collect();
            problems.sort_by(|one, two| (one.interface(), one.name()).cmp(&(two.interface(), two.name())));
            problems.extend(self.interface_versions());
            problems.extend(self.plugins().filter_map(Plugin::problem));
            problems.extend(self.unregistered());
            problems.extend(self.unlinked());
            problems
        })
    }

    /// Fails if the registry has problems.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Problems`], with all problems.
    pub fn check(&self) -> Result<(), Error> {
        match self.problems() {
            [] => Ok(()),
            problems => Err(ErrorKind::Problems(problems.to_vec()).into()),
        }
    }

    /// The features that bring plugins, whether on or off.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::new(&self.plugins))
    }

    fn order(&self) -> &[usize] {
        self.order.get_or_init(|| {
            let plugin = |at: usize| &self.plugins[at];
            let key = |at| (plugin(at).interface(), plugin(at).name());
            let place = |at| (plugin(at).package(), plugin(at).file(), plugin(at).line());
            let mut order: Vec<_> = (0..self.plugins.len()).collect();
            order.sort_by(|&one, &two| key(one).cmp(&key(two)).then_with(|| place(one).cmp(&place(two))));
            order.dedup_by(|&mut one, &mut two| key(one) == key(two) && plugin(one).is_twin_of(plugin(two)));
            order
        })
    }

    /// The problem of a name that several plugins of one interface claim.
    fn contest(&self, name: &str, claimants: &[usize]) -> Problem {
        let claimants: Vec<_> = claimants.iter().map(|at| &self.plugins[*at]).collect();
        let interface = claimants.first().map_or("", |plugin| plugin.interface());
        let (named, aliased): (Vec<_>, Vec<_>) = claimants.into_iter().partition(|plugin| plugin.name() == name);
        let [mut named, aliased] = [named, aliased].map(|plugins| {
            let mut places: Vec<_> = plugins.into_iter().map(Place::from).collect();
            places.sort();
            places
        });
        let name = name.to_owned();
        if named.len() > 1 {
            Problem::Duplicate { name, interface, places: named }
        } else {
            Problem::HiddenByAlias { name, interface, aliased, named: named.pop() }
        }
    }

    /// Interfaces with one path and several versions.
    /// Several interfaces with one path and one version are no problem: a test of a package that
    /// depends on itself sees them.
    fn interface_versions(&self) -> Vec<Problem> {
        let linked: Vec<_> = self.plugins().filter(|plugin| plugin.origin().is_none()).collect();
        // The plugins are sorted by interface.
        let of_one_path = linked.chunk_by(|one, two| one.interface() == two.interface());
        let problem = |plugins: &[&Plugin]| {
            let version = |plugin: &Plugin| plugin.identity().version();
            let first = plugins.first()?;
            if plugins.iter().all(|plugin| version(plugin) == version(first)) {
                return None;
            }
            let mut plugins: Vec<_> = plugins.iter().map(|plugin| (version(plugin), Place::from(*plugin))).collect();
            plugins.sort();
            Some(Problem::InterfaceVersions { interface: first.interface(), plugins })
        };
        of_one_path.filter_map(problem).collect()
    }

    /// The plugins that a feature should have brought, and did not.
    fn unregistered(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for feature in self.catalogue.features().into_iter().filter(|feature| feature.on) {
            let is_of_it = |plugin: &&Plugin| feature.dependency.split(',').any(|of| plugin.package() == Some(of));
            // One name can be registered for several interfaces.
            let registered: BTreeSet<_> = self.plugins().filter(is_of_it).map(Plugin::name).collect();
            for name in &feature.plugins {
                if !self.plugins.iter().any(|plugin| plugin.is_called(name)) {
                    problems.push(Problem::NotRegistered {
                        name: name.clone(),
                        feature: self.catalogue.argument(&feature),
                        dependency: feature.dependency.clone(),
                        registered: registered.iter().map(|name| (*name).to_owned()).collect(),
                    });
                }
            }
        }
        problems
    }

    /// A host without `link!` has no catalogue, so no feature tells that its plugins are missing.
    fn unlinked(&self) -> Option<Problem> {
        (self.plugins.is_empty() && self.catalogue.lacks_link()).then_some(Problem::NotLinked)
    }
}

/// Makes a registry of these plugins and no others.
impl FromIterator<Plugin> for Registry {
    fn from_iter<T: IntoIterator<Item = Plugin>>(plugins: T) -> Self {
        Self { plugins: plugins.into_iter().collect(), ..Self::default() }
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.plugins()).finish()
    }
}
