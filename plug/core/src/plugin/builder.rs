//! Builds plugins by hand, for a test or for your own link.

use std::panic::Location;
use std::sync::Arc;

use crate::entry::{FIELDS, Slot};
use crate::error::Error;
use crate::interface::{Identity, Interface};
use crate::plugin::fields::{ALIASES, DEPRECATED, DOCS, FILE, Fields, LINE, NAME, PACKAGE, VERSION};
use crate::plugin::{OpenFn, OwnedPlugin, Plugin, PluginSource, Takes, name};

/// Makes a [`Plugin`] by hand: see [`Plugin::builder`].
#[must_use = "it is no plugin yet"]
pub struct PluginBuilder {
    fields: [String; FIELDS],
    aliases: Vec<String>,
    interface: &'static Identity,
    takes: Takes,
    open: Box<OpenFn>,
}

impl PluginBuilder {
    #[track_caller]
    pub(super) fn new<I: ?Sized + Interface>(
        name: &str,
        open: impl Fn() -> Result<Box<I>, Error> + Send + Sync + 'static,
    ) -> Self {
        let open = Box::new(move |slot: &mut Slot<'_>| {
            slot.put(open()?);
            Ok(())
        });
        Self::of(name, I::IDENTITY, Takes::Nothing, open)
    }

    /// A plugin whose `open` takes settings.
    #[cfg(feature = "config")]
    #[track_caller]
    pub(super) fn with_settings<I: ?Sized + Interface, S: crate::settings::Read>(
        name: &str,
        open: impl Fn(S) -> Result<Box<I>, Error> + Send + Sync + 'static,
    ) -> Self {
        use crate::entry::Request;
        let open = Box::new(move |slot: &mut Slot<'_>| {
            match slot.request {
                Request::Object => {
                    let object = open(S::read(slot.settings)?)?;
                    slot.put(object);
                }
                Request::Check => drop(S::read(slot.settings)?),
                Request::Schema(_) | Request::Answers(_) => {}
            }
            Ok(())
        });
        Self::of(name, I::IDENTITY, Takes::Settings, open)
    }

    #[track_caller]
    fn of(name: &str, interface: &'static Identity, takes: Takes, open: Box<OpenFn>) -> Self {
        let place = Location::caller();
        let mut fields = [const { String::new() }; FIELDS];
        name.clone_into(&mut fields[NAME]);
        place.file().clone_into(&mut fields[FILE]);
        fields[LINE] = place.line().to_string();
        Self { fields, aliases: Vec::new(), interface, takes, open }
    }

    /// Adds aliases. Its own name and repeated aliases are ignored.
    pub fn aliases<'n>(mut self, aliases: impl IntoIterator<Item = &'n str>) -> Self {
        self.aliases.extend(aliases.into_iter().map(str::to_owned));
        self
    }

    /// Deprecates it. `instead` names the replacement.
    pub fn deprecated(self, instead: &str) -> Self {
        self.with(DEPRECATED, instead)
    }

    /// Sets its docs, in Markdown. The first line is its summary.
    pub fn docs(self, docs: &str) -> Self {
        self.with(DOCS, docs)
    }

    /// Sets the package that it comes from, and its version.
    pub fn package(self, name: &str, version: &str) -> Self {
        self.with(PACKAGE, name).with(VERSION, version)
    }

    /// Builds the plugin.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadName`](crate::ErrorKind::BadName) if its name or an alias cannot be a
    /// plugin's name.
    pub fn build(mut self) -> Result<Plugin, Error> {
        name::check(&self.fields[NAME])?;
        let mut kept: Vec<&str> = Vec::new();
        for alias in &self.aliases {
            name::check(alias)?;
            if *alias != self.fields[NAME] && !kept.contains(&&**alias) {
                kept.push(alias);
            }
        }
        self.fields[ALIASES] = kept.join(",");
        let fields = Arc::new(Fields::of(|field| &self.fields[field]));
        let (interface, takes, open) = (self.interface, self.takes, self.open);
        Ok(Plugin(PluginSource::Owned(Arc::new(OwnedPlugin {
            fields,
            interface,
            origin: None,
            found_in: None,
            unfit: None,
            takes,
            open,
        }))))
    }

    fn with(mut self, field: usize, text: &str) -> Self {
        text.clone_into(&mut self.fields[field]);
        self
    }
}

impl std::fmt::Debug for PluginBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PluginBuilder")
            .field("name", &self.fields[NAME])
            .field("interface", &self.interface.name())
            .finish_non_exhaustive()
    }
}
