//! All the plugins that a command has: those of this binary, and those of the links it was given. Of a link, nothing runs here.

use std::path::Path;

use plug::link::Difference;
use plug::{Place, Plugin, Problem, Registry};

use crate::cli::Links;
use crate::failure::Failure;
use crate::library::{self, Library};
use crate::link::Link;

#[derive(Default)]
pub(crate) struct Linked {
    pub registry: Registry,
    /// In the order they were given.
    libraries: Vec<(Link, Library)>,
}

impl Linked {
    /// The plugins of this binary and of these links.
    pub(crate) fn with(links: &Links) -> Result<Self, Failure> {
        Self::with_sound(links, |_, failure| Err(failure))
    }

    /// The same, without the links whose failure is put aside.
    pub(crate) fn with_sound(
        links: &Links,
        mut put_aside: impl FnMut(&Link, Failure) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let mut linked = Self::default();
        linked.registry.add(&plug::link::Builtin)?;
        for link in links.read()? {
            if let Err(failure) = linked.add(&link) {
                put_aside(&link, links.told(failure))?;
            }
        }
        Ok(linked)
    }

    /// The plugins of this link alone.
    pub(crate) fn alone(link: &Link) -> Result<Self, Failure> {
        let mut linked = Self::default();
        linked.add(link)?;
        Ok(linked)
    }

    /// The path of the library that a plugin is in.
    pub(crate) fn library_of(&self, plugin: &Plugin) -> Option<&Path> {
        let (Link::Library(path), _) = self.libraries.iter().find(|(link, _)| is_origin(link, plugin))?;
        Some(path)
    }

    /// Why a plugin does not fit this program, where it does not.
    pub(crate) fn misfit(&self, plugin: &Plugin) -> Option<&Problem> {
        let is_it = |problem: &&Problem| match problem {
            Problem::Incompatible { place, interface, .. } => {
                *interface == plugin.interface() && *place == Place::from(plugin)
            }
            _ => false,
        };
        self.registry.problems().iter().find(is_it)
    }

    /// What of a plugin's interface is not as in this program.
    pub(crate) fn differences(&self, plugin: &Plugin) -> &[Difference] {
        match self.misfit(plugin) {
            Some(Problem::Incompatible { differences, .. }) => differences,
            _ => &[],
        }
    }

    /// What to be warned of before one of these plugins is opened, with the link it is about.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = (&Link, String)> {
        self.libraries.iter().filter(|(_, library)| library.aborts_on_panic()).map(|(link, _)| {
            let Link::Library(path) = link;
            let path = path.display();
            (link, format!("library `{path}` was built with panic=abort: a panic in it ends this program"))
        })
    }

    /// What to be warned of before this plugin is opened.
    pub(crate) fn warning_of(&self, plugin: &Plugin) -> Option<String> {
        self.warnings().find(|(link, _)| is_origin(link, plugin)).map(|(_, warning)| warning)
    }

    fn add(&mut self, link: &Link) -> Result<(), Failure> {
        let Link::Library(path) = link;
        let library = library::open(path)?;
        self.registry.add(&library)?;
        self.libraries.push((link.clone(), library));
        Ok(())
    }
}

fn is_origin(link: &Link, plugin: &Plugin) -> bool {
    plugin.origin() == Some(&link.to_string())
}
