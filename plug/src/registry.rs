//! The registry: plugins by interface and name, in an order that nobody's linker decides. It names no link.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use once_cell::sync::{Lazy, OnceCell};

use crate::catalogue::{Catalogue, Feature};
use crate::error::{Error, ErrorKind, Listed};
use crate::index::{self, Contest, Found, Index};
use crate::interface::Interface;
use crate::link::{self, Link};
use crate::name;
use crate::plugin::Plugin;
use crate::problem::{Place, Problem};

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
/// #     fn say_hello(&self, name: &str) -> Result<String, plug::Error> { Ok(format!("hello, {name}")) }
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
    // As the links gave them. What is asked for more than once is worked out when it is asked for first.
    plugins: Vec<Plugin>,
    catalogue: Catalogue,
    index: OnceCell<Index>,
    // Whether there was a lookup: the first does without the index.
    was_asked: AtomicBool,
    order: OnceCell<Vec<usize>>,
    problems: OnceCell<Vec<Problem>>,
}

impl Registry {
    /// The plugins linked into this binary: the same registry for every caller and thread, filled on first use.
    pub fn builtin() -> &'static Self {
        static BUILTIN: Lazy<Registry> = Lazy::new(|| {
            let mut registry = Registry::new();
            let added = registry.add(&link::Builtin);
            debug_assert!(added.is_ok(), "nothing can fail in reading what is linked");
            registry
        });
        &BUILTIN
    }

    /// A registry without plugins.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the plugins of `link`, and what it knows of others.
    ///
    /// # Errors
    ///
    /// Those of [`Link::plugins`]; the registry is then what it was.
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
    /// [`ErrorKind::BadName`] where no plugin can have the name, [`ErrorKind::Unknown`] where none has,
    /// [`ErrorKind::NotInBuild`] where a feature would bring it, and [`ErrorKind::Problem`] where the name is more than
    /// one's, or where its feature is on and brought nothing.
    pub fn plugin<I: ?Sized + Interface>(&self, name: &str) -> Result<&Plugin, Error> {
        let id = TypeId::of::<I>();
        let found = match self.index.get() {
            Some(index) => index.find(id, name),
            None if !self.was_asked.swap(true, Ordering::Relaxed) => index::scan(&self.plugins, id, name),
            None => self.index().find(id, name),
        };
        match found {
            Some(Found::Plugin(at)) => Ok(&self.plugins[at]),
            Some(Found::Contest(contest)) => Err(ErrorKind::Problem(self.problem(name, &contest)).into()),
            None => Err(self.missing(I::IDENTITY.name(), TypeId::of::<I>(), name)),
        }
    }

    /// Makes an object of the plugin of interface `I` with this name or alias, a new one each time.
    ///
    /// # Errors
    ///
    /// Those of [`plugin`](Registry::plugin), and [`ErrorKind::Open`] where the plugin's `new` fails.
    ///
    /// # Panics
    ///
    /// Where the plugin's `new` does.
    pub fn open<I: ?Sized + Interface>(&self, name: &str) -> Result<Box<I>, Error> {
        self.plugin::<I>(name)?.open()
    }

    /// What is wrong with the registry. The names concerned cannot be opened, all others can.
    pub fn problems(&self) -> &[Problem] {
        self.problems.get_or_init(|| {
            let index = self.index();
            let mut problems: Vec<_> = index.contests().map(|(name, contest)| self.problem(name, contest)).collect();
            problems.sort_by(|one, two| (one.interface(), one.name()).cmp(&(two.interface(), two.name())));
            problems.extend(self.interface_versions());
            problems.extend(self.unregistered());
            problems
        })
    }

    /// Fails where the registry has problems.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Problems`], with all of them.
    pub fn check(&self) -> Result<(), Error> {
        match self.problems() {
            [] => Ok(()),
            problems => Err(ErrorKind::Problems(problems.to_vec()).into()),
        }
    }

    /// The features that bring plugins, on and off.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::new(&self.plugins))
    }

    fn order(&self) -> &[usize] {
        self.order.get_or_init(|| {
            let mut order: Vec<_> = (0..self.plugins.len()).collect();
            let key = |at: &usize| {
                let plugin = &self.plugins[*at];
                (plugin.interface(), plugin.name())
            };
            let place = |at: &usize| {
                let plugin = &self.plugins[*at];
                (plugin.package(), plugin.file(), plugin.line())
            };
            order.sort_by(|one, two| key(one).cmp(&key(two)).then_with(|| place(one).cmp(&place(two))));
            order.dedup_by(|one, two| key(one) == key(two) && self.plugins[*one].is_twin_of(&self.plugins[*two]));
            order
        })
    }

    fn problem(&self, name: &str, contest: &Contest) -> Problem {
        let places = |plugins: &[usize]| {
            let mut places: Vec<_> = plugins.iter().map(|at| Place::from(&self.plugins[*at])).collect();
            places.sort();
            places
        };
        let claimants = contest.named.iter().chain(&contest.aliased);
        let interface = claimants.map(|at| self.plugins[*at].interface()).next().unwrap_or_default();
        let (mut named, aliased) = (places(&contest.named), places(&contest.aliased));
        let name = name.to_owned();
        if named.len() > 1 {
            Problem::Duplicate { name, interface, places: named }
        } else {
            Problem::HiddenByAlias { name, interface, aliased, named: named.pop() }
        }
    }

    /// Interfaces of one path and several versions. One path and one version is what a test of a package that leads back to
    /// itself sees, and is no problem.
    fn interface_versions(&self) -> Vec<Problem> {
        let mut by_path = BTreeMap::<_, Vec<_>>::new();
        for plugin in self.plugins() {
            by_path.entry(plugin.interface()).or_default().push((plugin.identity().version(), Place::from(plugin)));
        }
        let problem = |(interface, mut plugins): (_, Vec<(_, Place)>)| {
            plugins.sort();
            let several = plugins.first().map(|(version, _)| version) != plugins.last().map(|(version, _)| version);
            several.then_some(Problem::InterfaceVersions { interface, plugins })
        };
        by_path.into_iter().filter_map(problem).collect()
    }

    /// The plugins that a feature should have brought, and did not.
    fn unregistered(&self) -> Vec<Problem> {
        let mut by_package = BTreeMap::<_, Vec<_>>::new();
        for plugin in self.plugins() {
            by_package.entry(plugin.package().unwrap_or_default()).or_default().push(plugin.name());
        }
        let mut problems = Vec::new();
        for feature in self.catalogue.features().into_iter().filter(|feature| feature.on) {
            let registered: Vec<_> =
                feature.dependency.split(',').filter_map(|package| by_package.get(package)).flatten().collect();
            for name in &feature.plugins {
                if !self.plugins.iter().any(|plugin| plugin.is_called(name)) {
                    problems.push(Problem::NotRegistered {
                        name: name.clone(),
                        feature: self.catalogue.argument(&feature),
                        dependency: feature.dependency.clone(),
                        registered: registered.iter().map(|name| (**name).to_owned()).collect(),
                    });
                }
            }
        }
        problems
    }

    /// Why there is no such plugin.
    #[cold]
    fn missing(&self, interface: &'static str, id: TypeId, name: &str) -> Error {
        if let Err(error) = name::check(name) {
            return error;
        }
        if let Some(problem) = self
            .problems()
            .iter()
            .find(|problem| matches!(problem, Problem::NotRegistered { name: missing, .. } if missing == name))
        {
            return ErrorKind::Problem(problem.clone()).into();
        }
        let (here, elsewhere): (Vec<_>, Vec<_>) = self.plugins().partition(|plugin| plugin.identity().id() == id);
        let other = |plugin: &&Plugin| match plugin.interface() {
            // The same interface, but for the version of the crate that declares it.
            path if path == interface => format!("{path} {}", plugin.identity().version()),
            path => path.to_owned(),
        };
        let elsewhere: Vec<_> = elsewhere.iter().filter(|plugin| plugin.is_called(name)).map(other).collect();
        let off: Vec<_> = self.catalogue.features().into_iter().filter(|feature| !feature.on).collect();
        let bringing = |name: &str| -> Vec<_> {
            let brings = |feature: &&Feature| feature.plugins.iter().any(|plugin| plugin == name);
            off.iter().filter(brings).map(|feature| self.catalogue.argument(feature)).collect()
        };
        let features = bringing(name);
        if elsewhere.is_empty() && !features.is_empty() {
            return ErrorKind::NotInBuild { name: name.to_owned(), interface, features }.into();
        }
        let names: Vec<_> = here.iter().map(|plugin| plugin.name().to_owned()).collect();
        let known = here.iter().flat_map(|plugin| plugin.aliases().chain([plugin.name()]));
        let known = known.chain(off.iter().flat_map(|feature| feature.plugins.iter().map(String::as_str)));
        let nearest = nearest(name, known.filter(|known| *known != name));
        let mut hints = Vec::new();
        if !elsewhere.is_empty() {
            hints.push(format!("there is one of this name for {}", Listed(&elsewhere)));
        }
        // The catalogue knows no interfaces: the plugin that a feature brings may be the one that is here already.
        if !features.is_empty() {
            hints.push(format!("one of this name comes with the feature {}, which is off", Listed(&features)));
        }
        if let (Some(nearest), true) = (nearest, elsewhere.is_empty()) {
            let is_here = here.iter().any(|plugin| plugin.is_called(nearest));
            let not_here =
                || format!(" it is not in this build: rebuild with `--features {}`", bringing(nearest).join(" "));
            hints.push(format!("did you mean `{nearest}`?{}", if is_here { String::new() } else { not_here() }));
        }
        hints.push(match &names[..] {
            [_, ..] => format!("available: {}", Listed(&names)),
            [] if self.catalogue.is_empty() => {
                "no plugin of this interface is linked, and no `plug::link!()` is in what this \
                 target (binary, test, example) is linked from"
                    .to_owned()
            }
            [] if off.is_empty() => {
                "no plugin of this interface is linked: a plugin dependency's key begins with `plugin-`, or \
                 stands in `plugins` below `[package.metadata.plug]`"
                    .to_owned()
            }
            [] => {
                let off: Vec<_> = off.iter().map(|feature| self.catalogue.argument(feature)).collect();
                format!(
                    "no plugin of this interface is linked, and these features, which bring plugins, are off: {}",
                    Listed(&off)
                )
            }
        });
        let (name, nearest) = (name.to_owned(), nearest.map(str::to_owned));
        ErrorKind::Unknown { name, interface, nearest, names, elsewhere, hints }.into()
    }
}

/// A registry of these plugins and no others.
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

/// The one that differs in the fewest letters, where that is at most a third of them, or one of several.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    known
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|(distance, known)| {
            let letters = name.len().max(known.len());
            *distance <= (letters / 3).max(1) && *distance < letters
        })
        .min()
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Linked;

    trait Greeter {}
    impl Interface for dyn Greeter {
        const DECLARATION: crate::__private::Declaration =
            crate::__private::Declaration { path: "here::Greeter", version: "1.0.0", place: "", is_generic: false };
    }
    struct Any;
    impl Greeter for Any {}

    /// A registry of these plugins, each of the package that is named like it, and of this catalogue.
    fn registry(plugins: &[&str], catalogue: &'static [Linked]) -> Registry {
        let plugin = |name: &&str| {
            let plugin = Plugin::new::<dyn Greeter>(name, || Ok(Box::new(Any))).expect("the name is right");
            plugin.with_package(&format!("plugin-{name}"), "1.0.0")
        };
        let registry: Registry = plugins.iter().map(plugin).collect();
        Registry { catalogue: catalogue.iter().collect(), ..registry }
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
    fn a_feature_that_brought_nothing() {
        static LINKED: [Linked; 1] = [Linked("app\nb plugin-b b true true\na plugin-a alpha true true\n")];
        let registry = registry(&["a"], &LINKED);
        let texts: Vec<_> = registry.problems().iter().map(ToString::to_string).collect();
        let others = "feature `a` is on, but plugin-a registered nothing as `alpha`\n\
             hint: it registered others, which is said below `[package.metadata.plug.names]`: `a = [\"a\"]`";
        let none = "feature `b` is on, but plugin-b registered nothing as `b`\n\
             hint: its `#[plug(\"b\")]` is missing or compiled out; where the plugin has another name, say so below \
             `[package.metadata.plug.names]`: `b = [\"the-name\"]`";
        assert_eq!(texts, [others, none]);
        assert_eq!(open(&registry, "b"), none);
        assert_eq!(open(&registry, "alpha"), others);
        assert!(registry.open::<dyn Greeter>("a").is_ok());
    }
}
