//! Hands a plugin its settings, and explains what it refuses.

use std::any::Any;

use crate::entry::options::OpenOptions;
use crate::entry::{Request, Slot};
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::error::refusal::{Refusal, keys, step};
use crate::escape;
use crate::plugin::{Plugin, PluginSource, Takes};
use crate::settings::EMPTY;
use crate::settings::document::Settings;
use crate::settings::key::dotted;

impl Plugin {
    /// Whether its `new` takes settings. One that takes none refuses every key.
    pub fn takes_settings(&self) -> bool {
        match &self.0 {
            PluginSource::Recorded(entry) => entry.takes_settings,
            PluginSource::Owned(owned) => matches!(owned.takes, Takes::Settings),
        }
    }

    /// Reads the settings as [`open_with`](Self::open_with) does, and makes nothing.
    ///
    /// A plugin's `new` may still refuse a value that its type allows.
    /// In a process or on a server the plugin reads them there, so that this needs a call.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Settings`] if the plugin refuses them, [`ErrorKind::Incompatible`] if its
    /// interface differs in another build, and those of reaching that build.
    ///
    /// # Panics
    ///
    /// If the type of a plugin of this binary panics when it is read.
    ///
    /// ```
    /// # #[cfg(feature = "config")] {
    /// # #[plug::interface]
    /// # pub trait Greeter {}
    /// # struct Fake;
    /// # impl Greeter for Fake {}
    /// #[derive(serde::Deserialize)]
    /// struct Times {
    ///     times: u32,
    /// }
    ///
    /// let open = |_: Times| Ok(Box::new(Fake) as _);
    /// let fake = plug::Plugin::builder_with_settings::<dyn Greeter, _>("fake", open).build()?;
    /// assert!(fake.takes_settings());
    ///
    /// let settings = plug::Settings::json("app.json", r#"{ "good": { "times": 2 }, "bad": {} }"#)?;
    /// assert!(fake.check(&settings.at("good")).is_ok());
    /// assert!(fake.check(&settings.at("bad")).is_err());
    /// # }
    /// # Ok::<(), plug::Error>(())
    /// ```
    pub fn check(&self, settings: &Settings) -> Result<(), Error> {
        self.check_fit()?;
        let options = OpenOptions::new().settings(settings.clone());
        self.answer(&mut (), &options, Request::Check)
    }

    /// The JSON Schema of its settings, 2020-12.
    /// `None` if it takes none, or was built without the feature `schema`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Incompatible`] if its interface differs in another build, and those of reaching
    /// that build.
    ///
    /// ```
    /// # #[cfg(feature = "schema")] {
    /// # #[plug::interface]
    /// # pub trait Greeter {}
    /// # #[allow(dead_code)]
    /// # struct A(Settings);
    /// #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// # #[allow(dead_code)]
    /// struct Settings {
    ///     /// How often it greets.
    ///     times: u32,
    /// }
    ///
    /// #[plug::plug("a", new = A)]
    /// impl Greeter for A {}
    ///
    /// let schema = plug::Registry::builtin().plugin::<dyn Greeter>("a")?.schema()?;
    /// assert!(schema.unwrap().contains("How often it greets."));
    /// # }
    /// # Ok::<(), plug::Error>(())
    /// ```
    pub fn schema(&self) -> Result<Option<String>, Error> {
        let mut schema = None;
        if self.takes_settings() {
            self.check_fit()?;
            self.answer(&mut (), &OpenOptions::new(), Request::Schema(&mut schema))?;
        }
        Ok(schema)
    }

    /// Asks the plugin, and explains an error.
    pub(super) fn answer(
        &self,
        object: &mut dyn Any,
        options: &OpenOptions,
        request: Request<'_>,
    ) -> Result<(), Error> {
        let settings = options.settings.as_ref();
        let text = settings.map_or(EMPTY, Settings::text);
        let is_open = matches!(request, Request::Object);
        self.ask(&mut Slot { object, options, settings: text, request })
            .map_err(|source| self.explain(settings, is_open, source))
    }

    /// Does what the slot asks for. Its error is the plugin's own.
    pub(crate) fn ask(&self, slot: &mut Slot<'_>) -> Result<(), Error> {
        if let Some(refused) = self.refuse(slot.settings) {
            return Err(refused);
        }
        let is_open = matches!(slot.request, Request::Object);
        match &self.0 {
            // The answer is known: it takes the settings, and has no schema.
            _ if !is_open && !self.takes_settings() => Ok(()),
            PluginSource::Recorded(entry) => (entry.open)(slot),
            PluginSource::Owned(owned) => (owned.open)(slot),
        }
    }

    /// The error if it takes no settings and is given some.
    fn refuse(&self, settings: &str) -> Option<Error> {
        if settings == EMPTY || self.takes_settings() {
            return None;
        }
        let key = crate::settings::first_key(settings);
        if key.is_none() && settings.trim_start().starts_with('{') {
            return None;
        }
        if let PluginSource::Owned(owned) = &self.0
            && let Takes::Unknown(reason) = &owned.takes
        {
            return Some(Error::refused(&**reason, String::new(), None));
        }
        let Some(key) = key else { return Some(Error::refused("it takes no settings", String::new(), None)) };
        let what = format!("it takes no settings, and `{}` was set", escape::short(&key));
        Some(Error::refused(what, step(&key), None))
    }

    #[cold]
    fn explain(&self, settings: Option<&Settings>, is_open: bool, source: Error) -> Error {
        let Some(Refusal { pointer, nearest }) = source.refusal().cloned() else {
            return if is_open { Error::opening(self.name(), self.package(), source) } else { source };
        };
        let (key, place) =
            settings.map_or_else(|| (dotted(keys(&pointer)), None), |settings| settings.locate(&pointer));
        let instance = settings.and_then(Settings::instance).map(str::to_owned);
        let (plugin, what) = (self.name().to_owned(), source.to_string());
        Error::refusing(ErrorKind::Settings { plugin, instance, key, place, what, nearest }, source)
    }
}
