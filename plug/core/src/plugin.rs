//! A plugin before it is opened: its description, and the function that makes its object.

#[cfg(feature = "process")]
pub(crate) mod agreement;
pub(crate) mod builder;
pub(crate) mod fields;
pub(crate) mod name;
mod settings;

use std::any::TypeId;
use std::fmt;
use std::sync::Arc;

use crate::entry::options::OpenOptions;
use crate::entry::{Entry, Request, SEPARATOR, Slot};
use crate::error::Error;
use crate::error::difference::Difference;
use crate::error::kind::ErrorKind;
use crate::error::problem::{Place, Problem};
use crate::interface::{Identity, Interface};
use crate::plugin::builder::PluginBuilder;
use crate::plugin::fields::{
    ALIASES, DEPRECATED, DESCRIPTION, DOCS, FILE, Fields, LICENSE, LINE, NAME, PACKAGE, REPOSITORY, VERSION,
};

/// One plugin of a [`Registry`](crate::Registry): its name, its description, and
/// [`open`](Plugin::open).
///
/// It is cheap to clone. No code of the plugin runs before it is opened.
#[derive(Clone)]
pub struct Plugin(PluginSource);

#[derive(Clone)]
enum PluginSource {
    Recorded(&'static Entry),
    Owned(Arc<OwnedPlugin>),
}

struct OwnedPlugin {
    fields: Arc<Fields>,
    interface: &'static Identity,
    /// The place outside of this binary, or `None` if it is in it.
    origin: Option<String>,
    /// The address of the library, process or server that brought it, which `open` keeps alive.
    found_in: Option<usize>,
    /// The differences of its interface that keep it from being opened.
    /// All plugins of the interface share them.
    unfit: Option<Arc<[Difference]>>,
    takes: Takes,
    open: Box<OpenFn>,
}

/// Whether a plugin of another build takes settings.
#[derive(Debug, Clone)]
pub(crate) enum Takes {
    #[cfg_attr(
        not(any(feature = "config", feature = "library", feature = "wire")),
        allow(dead_code, reason = "nobody makes a plugin with settings")
    )]
    Settings,
    Nothing,
    /// It cannot be given any. The reason is a clause, such as `it was built …`.
    #[cfg_attr(not(any(feature = "library", feature = "wire")), allow(dead_code, reason = "for other builds"))]
    Unknown(Arc<str>),
}

pub(crate) type OpenFn = dyn Fn(&mut Slot<'_>) -> Result<(), Error> + Send + Sync;

impl Plugin {
    /// Makes a plugin with only a name, for a test or for your own [`Link`](crate::Link).
    /// Its file and line are those of the caller.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadName`] if `name` cannot be a plugin's name.
    ///
    /// ```
    /// #[plug::interface]
    /// pub trait Greeter {
    ///     fn greet(&self) -> String;
    /// }
    ///
    /// struct Fake(u32);
    /// impl Greeter for Fake {
    ///     fn greet(&self) -> String {
    ///         format!("hello, {}", self.0)
    ///     }
    /// }
    ///
    /// let fake = plug::Plugin::new::<dyn Greeter>("fake", || Ok(Box::new(Fake(7))))?;
    /// assert_eq!(fake.open::<dyn Greeter>()?.greet(), "hello, 7");
    /// # Ok::<(), plug::Error>(())
    /// ```
    #[track_caller]
    pub fn new<I: ?Sized + Interface>(
        name: &str,
        open: impl Fn() -> Result<Box<I>, Error> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        PluginBuilder::new(name, open).build()
    }

    /// Makes a plugin with a fuller description than its name.
    ///
    /// ```
    /// # #[plug::interface]
    /// # pub trait Greeter {}
    /// # struct Fake;
    /// # impl Greeter for Fake {}
    /// let fake = plug::Plugin::builder::<dyn Greeter>("fake", || Ok(Box::new(Fake)))
    ///     .aliases(["mock"])
    ///     .docs("Greets nobody.")
    ///     .package("plugin-fake", "1.0.0")
    ///     .build()?;
    /// assert!(fake.is_called("mock"));
    /// # Ok::<(), plug::Error>(())
    /// ```
    #[track_caller]
    pub fn builder<I: ?Sized + Interface>(
        name: &str,
        open: impl Fn() -> Result<Box<I>, Error> + Send + Sync + 'static,
    ) -> PluginBuilder {
        PluginBuilder::new(name, open)
    }

    /// Makes a plugin with settings by hand. They are read into `S`. It has no schema.
    ///
    /// ```
    /// # #[plug::interface]
    /// # pub trait Greeter {
    /// #     fn greet(&self) -> String;
    /// # }
    /// # struct Fake(u32);
    /// # impl Greeter for Fake {
    /// #     fn greet(&self) -> String {
    /// #         format!("hello, {}", self.0)
    /// #     }
    /// # }
    /// #[derive(serde::Deserialize)]
    /// struct Times {
    ///     times: u32,
    /// }
    ///
    /// let open = |settings: Times| Ok(Box::new(Fake(settings.times)) as _);
    /// let fake = plug::Plugin::builder_with_settings::<dyn Greeter, _>("fake", open).build()?;
    ///
    /// let twice = plug::Settings::json("app.json", r#"{ "times": 2 }"#)?;
    /// let options = plug::OpenOptions::new().settings(twice);
    /// assert_eq!(fake.open_with::<dyn Greeter>(&options)?.greet(), "hello, 2");
    /// # Ok::<(), plug::Error>(())
    /// ```
    #[cfg(feature = "config")]
    #[track_caller]
    pub fn builder_with_settings<I: ?Sized + Interface, S: serde::de::DeserializeOwned>(
        name: &str,
        open: impl Fn(S) -> Result<Box<I>, Error> + Send + Sync + 'static,
    ) -> PluginBuilder {
        PluginBuilder::with_settings(name, open)
    }

    /// A plugin of another build.
    #[cfg(any(feature = "library", feature = "wire"))]
    pub(crate) fn found(
        fields: Arc<Fields>,
        interface: &'static Identity,
        origin: String,
        found_in: Option<usize>,
        unfit: Option<Arc<[Difference]>>,
        takes: Takes,
        open: Box<OpenFn>,
    ) -> Self {
        Self(PluginSource::Owned(Arc::new(OwnedPlugin {
            fields,
            interface,
            origin: Some(origin),
            found_in,
            unfit,
            takes,
            open,
        })))
    }

    /// The name it is opened by.
    pub fn name(&self) -> &str {
        self.field(NAME)
    }

    /// The other names it is opened by.
    pub fn aliases(&self) -> impl Iterator<Item = &str> {
        let aliases = self.field(ALIASES);
        // `split` would yield one empty alias for an empty text.
        (!aliases.is_empty()).then(|| aliases.split(',')).into_iter().flatten()
    }

    /// Whether `name` is its name or one of its aliases.
    pub fn is_called(&self, name: &str) -> bool {
        self.name() == name || self.aliases().any(|alias| alias == name)
    }

    /// The advice on its replacement, if the plugin is deprecated.
    pub fn deprecated(&self) -> Option<&str> {
        self.known(DEPRECATED)
    }

    /// The path of the interface it implements, such as `app_interface::Plug`.
    pub fn interface(&self) -> &'static str {
        self.identity().name()
    }

    /// Whether it implements `I`.
    pub fn implements<I: ?Sized + Interface>(&self) -> bool {
        self.identity().id() == TypeId::of::<I>()
    }

    /// The first line of its docs. Empty if neither it nor its package has any.
    pub fn summary(&self) -> &str {
        self.docs().lines().next().unwrap_or_default()
    }

    /// The docs of its impl in Markdown, or else the description of its package.
    pub fn docs(&self) -> &str {
        // An included text may begin and end with blank lines.
        self.known(DOCS).unwrap_or_else(|| self.field(DESCRIPTION)).trim()
    }

    /// The package that it comes from, if it comes from one.
    pub fn package(&self) -> Option<&str> {
        self.known(PACKAGE)
    }

    /// The version of that package.
    pub fn version(&self) -> Option<&str> {
        self.known(VERSION)
    }

    /// The licence of that package, an SPDX expression.
    pub fn license(&self) -> Option<&str> {
        self.known(LICENSE)
    }

    /// The repository of that package, a URL.
    pub fn repository(&self) -> Option<&str> {
        self.known(REPOSITORY)
    }

    /// The file of its impl, as the compiler received it.
    pub fn file(&self) -> &str {
        self.field(FILE)
    }

    /// The line of its `#[plug]`, from 1.
    pub fn line(&self) -> u32 {
        self.field(LINE).parse().unwrap_or_default()
    }

    /// The place outside of this binary, such as `library:` and a path.
    /// `None` if the plugin is linked into this binary, or was made in it.
    pub fn origin(&self) -> Option<&str> {
        match &self.0 {
            PluginSource::Recorded(_) => None,
            PluginSource::Owned(owned) => owned.origin.as_deref(),
        }
    }

    /// The reasons why it cannot be opened in this program.
    fn unfit(&self) -> Option<&Arc<[Difference]>> {
        match &self.0 {
            PluginSource::Recorded(_) => None,
            PluginSource::Owned(owned) => owned.unfit.as_ref(),
        }
    }

    /// The differences, as a problem of its registry.
    pub(crate) fn problem(&self) -> Option<Problem> {
        let differences = self.unfit()?.to_vec();
        Some(Problem::Incompatible { place: self.into(), interface: self.interface(), differences })
    }

    /// Makes a new object of the plugin. Each call makes another object.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WrongInterface`] if the plugin does not implement `I`,
    /// [`ErrorKind::Incompatible`] if its interface differs in another build, and
    /// [`ErrorKind::Open`] if its `new` fails.
    ///
    /// # Panics
    ///
    /// If the plugin's `new` panics.
    pub fn open<I: ?Sized + Interface>(&self) -> Result<Box<I>, Error> {
        self.open_with(&OpenOptions::new())
    }

    /// Like [`open`](Self::open), with options.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open), and [`ErrorKind::Settings`] if the plugin refuses its settings.
    ///
    /// # Panics
    ///
    /// If the plugin's `new` panics.
    pub fn open_with<I: ?Sized + Interface>(&self, options: &OpenOptions) -> Result<Box<I>, Error> {
        let mut object: Option<Box<I>> = None;
        if self.implements::<I>() {
            self.check_fit()?;
            self.answer(&mut object, options, Request::Object)?;
        }
        object.ok_or_else(|| {
            let (implements, requested) = (self.interface(), I::IDENTITY.name());
            ErrorKind::WrongInterface { plugin: self.name().to_owned(), implements, requested }.into()
        })
    }

    fn check_fit(&self) -> Result<(), Error> {
        let Some(differences) = self.unfit() else { return Ok(()) };
        let (plugin, origin) = (self.name().to_owned(), self.origin().unwrap_or_default().to_owned());
        let (interface, differences) = (self.interface(), differences.to_vec());
        Err(ErrorKind::Incompatible { plugin, interface, origin, differences }.into())
    }

    /// The interface that it implements, with its version.
    pub fn identity(&self) -> &'static Identity {
        match &self.0 {
            PluginSource::Recorded(entry) => entry.interface,
            PluginSource::Owned(owned) => owned.interface,
        }
    }

    /// Whether both are the same impl of the same package.
    /// A test of a package that depends on itself links that package twice.
    pub(crate) fn is_twin_of(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (PluginSource::Recorded(one), PluginSource::Recorded(two)) => {
                one.interface.id() == two.interface.id() && one.text == two.text
            }
            (PluginSource::Owned(one), PluginSource::Owned(two)) => {
                let is_found_again = one.found_in.is_some() && one.found_in == two.found_in && one.fields == two.fields;
                Arc::ptr_eq(one, two) || is_found_again
            }
            _ => false,
        }
    }

    fn known(&self, field: usize) -> Option<&str> {
        Some(self.field(field)).filter(|text| !text.is_empty())
    }

    fn field(&self, field: usize) -> &str {
        match &self.0 {
            PluginSource::Recorded(entry) => entry.field(field),
            PluginSource::Owned(owned) => owned.fields.get(field),
        }
    }
}

impl From<&'static Entry> for Plugin {
    fn from(entry: &'static Entry) -> Self {
        Self(PluginSource::Recorded(entry))
    }
}

impl From<&Plugin> for Place {
    fn from(plugin: &Plugin) -> Self {
        let version = plugin.version().map(|version| format!(" {version}")).unwrap_or_default();
        Self {
            plugin: plugin.name().to_owned(),
            package: plugin.package().map(|package| format!("{package}{version}")),
            file: plugin.file().to_owned(),
            line: plugin.line(),
            origin: plugin.origin().map(str::to_owned),
        }
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.name())
            .field("interface", &self.interface())
            .field("package", &self.package())
            .field("file", &self.file())
            .field("line", &self.line())
            .finish_non_exhaustive()
    }
}

impl Entry {
    fn field(&self, field: usize) -> &'static str {
        let (name, aliases) = (self.name_end as usize, self.aliases_end as usize);
        match field {
            NAME => &self.text[..name],
            ALIASES => &self.text[name + 1..aliases],
            _ => self.text[aliases + 1..].split(SEPARATOR).nth(field - 2).unwrap_or_default(),
        }
    }
}

#[cfg(all(test, feature = "config", feature = "library"))]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_of_another_version_of_its_interface_gets_no_request() {
        let fields = Arc::new(Fields::of(|at| if at == NAME { "a" } else { "" }));
        let interface = Identity::foreign(TypeId::of::<()>(), "app::Plug", "1.0.0");
        let unfit = Some([Difference::NotPortable].into());
        let open = |_: &mut Slot<'_>| unreachable!("it does not fit");
        let a = Plugin::found(fields, interface, "library:/x".into(), None, unfit, Takes::Settings, Box::new(open));
        let settings = crate::Settings::json("app.json", "{}").unwrap();
        for error in [a.check(&settings).unwrap_err(), a.schema().unwrap_err()] {
            assert!(matches!(error.kind(), ErrorKind::Incompatible { plugin, .. } if plugin == "a"), "{error:?}");
        }
    }
}
