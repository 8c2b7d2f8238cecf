//! Several instances of plugins, each with the settings of a section of a file.

use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::entry::options::OpenOptions;
use crate::error::Error;
use crate::interface::Interface;
use crate::plugin::Plugin;
use crate::registry::Registry;
use crate::registry::section::Section;
use crate::settings::document::Settings;

impl Registry {
    /// Opens an instance for each section of the settings, in the order of the file.
    ///
    /// The key `plugin` of a section names the plugin. Without it the plugin has the name of the
    /// section. The plugin gets the other keys as its settings.
    ///
    /// If one cannot be opened, the earlier ones are dropped, the last one first.
    ///
    /// # Errors
    ///
    /// Those of [`open_with`](Registry::open_with), with the section and its place in the file, and
    /// [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable) if the settings are no table of sections.
    ///
    /// # Panics
    ///
    /// If the `new` of a plugin panics. The earlier instances are dropped.
    ///
    /// ```
    /// # mod app_interface {
    /// #     #[plug::interface]
    /// #     pub trait Plug: Send + Sync {
    /// #         fn say_hello(&self) -> String;
    /// #     }
    /// # }
    /// # use app_interface::Plug;
    /// #[derive(serde::Deserialize)]
    /// struct Settings {
    ///     times: usize,
    /// }
    ///
    /// struct A(Settings);
    ///
    /// /// Says hello in English.
    /// #[plug::plug("a", new = A)]
    /// impl Plug for A {
    ///     fn say_hello(&self) -> String {
    ///         "hello ".repeat(self.0.times)
    ///     }
    /// }
    ///
    /// # #[cfg(feature = "toml")] {
    /// let text = "
    /// [plugins.a]
    /// times = 1
    ///
    /// [plugins.thrice]
    /// plugin = 'a'
    /// times = 3
    /// ";
    /// let registry = plug::Registry::builtin();
    /// let open = |text| {
    ///     let settings = plug::Settings::toml("app.toml", text)?;
    ///     registry.open_all::<dyn Plug>(&settings.at("plugins"))
    /// };
    /// let mut greeters = open(text)?;
    /// assert_eq!(greeters[1].name(), "thrice");
    /// assert_eq!(greeters[1].say_hello(), "hello hello hello ");
    ///
    /// // To change the settings is to open anew. If that fails, the old instances go on.
    /// let error = open("[plugins.a]\ntmes = 2").unwrap_err();
    /// let text = "plugin `a` does not take the settings of `a`: there is no `tmes`: did you mean `times`?";
    /// assert_eq!(error.to_string(), format!("{text}\n --> app.toml:2:1, `plugins.a.tmes`"));
    /// assert_eq!(greeters[0].say_hello(), "hello ");
    /// greeters = open("[plugins.a]\ntimes = 2")?;
    /// assert_eq!(greeters[0].say_hello(), "hello hello ");
    /// # }
    /// # Ok::<(), plug::Error>(())
    /// ```
    pub fn open_all<I: ?Sized + Interface>(&self, settings: &Settings) -> Result<Instances<I>, Error> {
        self.open_all_with(settings, &OpenOptions::new())
    }

    /// Like [`open_all`](Registry::open_all), with options for each instance.
    /// Settings in the options have no effect.
    ///
    /// # Errors
    ///
    /// Those of [`open_all`](Registry::open_all).
    ///
    /// # Panics
    ///
    /// If the `new` of a plugin panics. The earlier instances are dropped.
    pub fn open_all_with<I: ?Sized + Interface>(
        &self,
        settings: &Settings,
        options: &OpenOptions,
    ) -> Result<Instances<I>, Error> {
        let mut instances = Instances(Vec::new());
        for section in Section::all(settings)? {
            instances.0.push(section.open(self, options)?);
        }
        Ok(instances)
    }

    /// Checks each section of the settings, in the order of the file: whether its plugin exists,
    /// and takes the settings. See [`Plugin::check`]. It makes no instance.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable) if the settings are no table.
    ///
    /// # Panics
    ///
    /// If code of a plugin that reads its settings panics.
    ///
    /// ```
    /// # #[plug::interface]
    /// # pub trait Plug {}
    /// let text = r#"{ "plugins": { "b": {} } }"#;
    /// let settings = plug::Settings::json("app.json", text)?;
    /// for section in plug::Registry::builtin().check_all::<dyn Plug>(&settings.at("plugins"))? {
    ///     if let Err(error) = section.result() {
    ///         println!("{}: {error}", section.name()); // b: unknown plugin `b` of interface …
    ///     }
    /// }
    /// # Ok::<(), plug::Error>(())
    /// ```
    pub fn check_all<I: ?Sized + Interface>(&self, settings: &Settings) -> Result<Vec<Checked>, Error> {
        let check = |section: Section| {
            let (plugin, result) = match section.plugin::<I>(self) {
                Ok(plugin) => {
                    let result = plugin.check(&section.settings()).map_err(|error| section.explain(error));
                    (Some(plugin.clone()), result)
                }
                Err(error) => (None, Err(error)),
            };
            Checked { name: section.name().to_owned(), plugin, result }
        };
        Ok(Section::all(settings)?.into_iter().map(check).collect())
    }
}

/// The instances that [`Registry::open_all`] opened, in the order of the file.
///
/// They are dropped in the reverse order.
/// If two of them panic in their `drop`, the program aborts, as for every collection.
/// If they are taken out one by one, the order is that of the caller.
pub struct Instances<I: ?Sized>(Vec<Opened<I>>);

impl<I: ?Sized> Instances<I> {
    /// The instance of the section with this name.
    pub fn named(&self, name: &str) -> Option<&Opened<I>> {
        self.iter().find(|opened| opened.name == name)
    }
}

impl<I: ?Sized> Deref for Instances<I> {
    type Target = [Opened<I>];

    fn deref(&self) -> &[Opened<I>] {
        &self.0
    }
}

impl<I: ?Sized> DerefMut for Instances<I> {
    fn deref_mut(&mut self) -> &mut [Opened<I>] {
        &mut self.0
    }
}

impl<I: ?Sized> IntoIterator for Instances<I> {
    type Item = Opened<I>;
    type IntoIter = std::vec::IntoIter<Opened<I>>;

    fn into_iter(mut self) -> Self::IntoIter {
        std::mem::take(&mut self.0).into_iter()
    }
}

impl<'i, I: ?Sized> IntoIterator for &'i Instances<I> {
    type Item = &'i Opened<I>;
    type IntoIter = std::slice::Iter<'i, Opened<I>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'i, I: ?Sized> IntoIterator for &'i mut Instances<I> {
    type Item = &'i mut Opened<I>;
    type IntoIter = std::slice::IterMut<'i, Opened<I>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<I: ?Sized> Drop for Instances<I> {
    fn drop(&mut self) {
        let mut rest = Reverse(&mut self.0);
        rest.drop_all();
    }
}

/// Keeps the order, even if the drop of an instance panics.
struct Reverse<'i, I: ?Sized>(&'i mut Vec<Opened<I>>);

impl<I: ?Sized> Reverse<'_, I> {
    fn drop_all(&mut self) {
        while let Some(last) = self.0.pop() {
            drop(last);
        }
    }
}

impl<I: ?Sized> Drop for Reverse<'_, I> {
    fn drop(&mut self) {
        self.drop_all();
    }
}

impl<I: ?Sized> fmt::Debug for Instances<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

/// An instance of a plugin, with the name of its section. It is used as the object itself.
///
/// ```
/// # #[plug::interface]
/// # pub trait Plug {
/// #     fn say_hello(&self) -> String;
/// # }
/// # #[derive(Default)]
/// # struct B;
/// # #[plug::plug("b")]
/// # impl Plug for B {
/// #     fn say_hello(&self) -> String {
/// #         "bonjour".to_owned()
/// #     }
/// # }
/// let settings = plug::Settings::json("app.json", r#"{ "french": { "plugin": "b" } }"#)?;
/// let greeters = plug::Registry::builtin().open_all::<dyn Plug>(&settings)?;
/// let french: &plug::Opened<dyn Plug> = &greeters[0];
/// assert_eq!((french.name(), french.plugin()), ("french", "b"));
/// assert_eq!(french.say_hello(), "bonjour");
/// # Ok::<(), plug::Error>(())
/// ```
pub struct Opened<I: ?Sized> {
    pub(super) name: String,
    pub(super) plugin: String,
    pub(super) object: Box<I>,
}

impl<I: ?Sized> Opened<I> {
    /// The name of the section.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the plugin.
    pub fn plugin(&self) -> &str {
        &self.plugin
    }

    /// The object.
    pub fn into_inner(self) -> Box<I> {
        self.object
    }
}

impl<I: ?Sized> Deref for Opened<I> {
    type Target = I;

    fn deref(&self) -> &I {
        &self.object
    }
}

impl<I: ?Sized> DerefMut for Opened<I> {
    fn deref_mut(&mut self) -> &mut I {
        &mut self.object
    }
}

impl<I: ?Sized> fmt::Debug for Opened<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("name", &self.name).field("plugin", &self.plugin).finish_non_exhaustive()
    }
}

/// A section of settings after [`Registry::check_all`].
#[derive(Debug)]
pub struct Checked {
    name: String,
    plugin: Option<Plugin>,
    result: Result<(), Error>,
}

impl Checked {
    /// The name of the section.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The plugin of the section, if it exists.
    pub fn plugin(&self) -> Option<&Plugin> {
        self.plugin.as_ref()
    }

    /// Whether the plugin takes the settings.
    ///
    /// # Errors
    ///
    /// The error that [`Registry::open_all`] would have.
    pub fn result(&self) -> Result<(), &Error> {
        self.result.as_ref().copied()
    }
}
