//! A section of settings, which describes an instance of a plugin.

use crate::entry::options::OpenOptions;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::interface::Interface;
use crate::plugin::Plugin;
use crate::registry::Registry;
use crate::registry::instances::Opened;
use crate::settings::document::Settings;

/// The key of a section that names its plugin.
const PLUGIN: &str = "plugin";

/// A section of settings, which describes an instance of a plugin.
///
/// The key `plugin` names the plugin. Without it the plugin has the name of the section.
/// [`Registry::open_all`] opens all sections; this is for a host that opens some of them.
///
/// ```
/// # #[plug::interface]
/// # pub trait Plug {}
/// # #[derive(Default)]
/// # struct B;
/// # #[plug::plug("b")]
/// # impl Plug for B {}
/// use plug::{OpenOptions, Registry, Section, Settings};
///
/// let settings = Settings::json("app.json", r#"{ "french": { "plugin": "b" }, "b": {} }"#)?;
/// let sections = Section::all(&settings)?;
/// assert_eq!(sections.iter().map(Section::name).collect::<Vec<_>>(), ["french", "b"]);
/// let french = sections[0].open::<dyn Plug>(Registry::builtin(), &OpenOptions::new())?;
/// assert_eq!((french.name(), french.plugin()), ("french", "b"));
/// # Ok::<(), plug::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Section(Settings);

impl Section {
    /// Each section of a table, in the order of the file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unreadable`] if the settings are no table.
    pub fn all(settings: &Settings) -> Result<Vec<Self>, Error> {
        match settings.sections() {
            Some(sections) => Ok(sections.into_iter().map(Self).collect()),
            None => Err(settings.unreadable("is no table of sections")),
        }
    }

    /// The name of the section.
    pub fn name(&self) -> &str {
        self.0.instance().unwrap_or_default()
    }

    /// The plugin's settings: all keys but `plugin`.
    pub fn settings(&self) -> Settings {
        self.0.without(PLUGIN)
    }

    /// The plugin that the section names, or that has its name.
    ///
    /// # Errors
    ///
    /// Those of [`Registry::plugin`], with the place of the section in the file, and
    /// [`ErrorKind::Unreadable`] if the section is no table, or `plugin` no text.
    pub fn plugin<'r, I: ?Sized + Interface>(&self, registry: &'r Registry) -> Result<&'r Plugin, Error> {
        let keys = self.0.sections().ok_or_else(|| self.0.unreadable("is no table"))?;
        match keys.into_iter().find(|key| key.instance() == Some(PLUGIN)) {
            None => registry.plugin::<I>(self.name()).map_err(|error| {
                let is_name = matches!(error.kind(), ErrorKind::Unknown { .. } | ErrorKind::BadName { .. });
                let hint = is_name.then_some("a section names its plugin by the key `plugin`, or by its own name");
                place(error, &self.0, hint)
            }),
            Some(key) => {
                let name = key.as_str().ok_or_else(|| key.unreadable("is no text, and names the plugin"))?;
                registry.plugin::<I>(&name).map_err(|error| place(error, &key, None))
            }
        }
    }

    /// Opens the instance. Settings in the options have no effect.
    ///
    /// # Errors
    ///
    /// Those of [`plugin`](Self::plugin) and of [`Plugin::open_with`], with the place in the file.
    ///
    /// # Panics
    ///
    /// If the plugin's `new` panics.
    pub fn open<I: ?Sized + Interface>(&self, registry: &Registry, options: &OpenOptions) -> Result<Opened<I>, Error> {
        let plugin = self.plugin::<I>(registry)?;
        let object = plugin.open_with(&self.options(options)).map_err(|error| self.explain(error))?;
        Ok(Opened { name: self.name().to_owned(), plugin: plugin.name().to_owned(), object })
    }

    /// The options, with the settings of the section.
    pub fn options(&self, options: &OpenOptions) -> OpenOptions {
        options.clone().settings(self.settings())
    }

    /// Adds the place of the section, unless the error has that of a key.
    pub(super) fn explain(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Settings { .. } => error,
            _ => place(error, &self.0, None),
        }
    }
}

fn place(error: Error, settings: &Settings, hint: Option<&str>) -> Error {
    let (key, place) = settings.locate("");
    error.about(&key, place.as_ref(), hint)
}
