//! The user's file: a section for each stage, in order, and one for the store.

use std::fs;

use pipeline_interface::{Filter, Store};
use plug::{Checked, Error, Instances, Interface, OpenOptions, Opened, Registry, Section, Settings};

use crate::Failure;

/// The table with the sections of the stages.
const STAGES: &str = "stages";
/// The section of the store.
const STORE: &str = "store";

/// A file of TOML.
pub(crate) struct Config {
    file: String,
    settings: Settings,
}

impl Config {
    pub(crate) fn read(file: &str) -> Result<Self, Failure> {
        let text = fs::read_to_string(file).map_err(|error| Failure::File(file.to_owned(), error))?;
        Ok(Self { file: file.to_owned(), settings: Settings::toml(file, &text)? })
    }

    /// Opens the filters, in the order of their sections.
    pub(crate) fn stages(&self, registry: &Registry) -> Result<Instances<dyn Filter>, Failure> {
        let stages = registry.open_all::<dyn Filter>(&self.settings.at(STAGES))?;
        if stages.is_empty() {
            return Err(self.missing("stages.NAME"));
        }
        stages.iter().try_for_each(|stage| warn(stage, registry))?;
        Ok(stages)
    }

    /// Opens the store.
    pub(crate) fn store(&self, registry: &Registry) -> Result<Opened<dyn Store>, Failure> {
        let sections = Section::all(&self.settings)?;
        let section = sections.iter().find(|section| section.name() == STORE);
        let store = section.ok_or_else(|| self.missing(STORE))?.open(registry, &OpenOptions::new())?;
        warn(&store, registry)?;
        Ok(store)
    }

    /// Checks all sections and opens nothing.
    pub(crate) fn check(&self, registry: &Registry) -> Result<Vec<Checked>, Failure> {
        let mut sections = registry.check_all::<dyn Filter>(&self.settings.at(STAGES))?;
        // Every other section is the store, or a mistake.
        sections.extend(registry.check_all::<dyn Store>(&self.settings.without(STAGES))?);
        Ok(sections)
    }

    fn missing(&self, section: &'static str) -> Failure {
        Failure::Missing(self.file.clone(), section)
    }
}

/// Warns of a deprecated plugin.
fn warn<I: ?Sized + Interface>(opened: &Opened<I>, registry: &Registry) -> Result<(), Error> {
    if let Some(instead) = registry.plugin::<I>(opened.plugin())?.deprecated() {
        eprintln!("pipeline: plugin `{}` of section `{}` is deprecated: {instead}", opened.plugin(), opened.name());
    }
    Ok(())
}
