//! All the plugins that a command has: those of this binary, and those of its links.
//! None of a library's code runs here.
//! A process is started and a server called, since only they know their plugins.

use std::path::Path;

use plug::link::{Address, Difference};
use plug::{Place, Plugin, Problem, Registry};

use crate::cli::Links;
use crate::failure::Failure;
use crate::kind;

#[derive(Default)]
pub(crate) struct Linked {
    pub registry: Registry,
    /// In the order they were given.
    links: Vec<Opened>,
}

struct Opened {
    address: Address,
    aborts_on_panic: bool,
}

impl Linked {
    /// The plugins of this binary and of these links.
    pub(crate) fn with(links: &Links) -> Result<Self, Failure> {
        Self::with_sound(links, |_, failure| Err(failure))
    }

    /// The same, without the links for which `put_aside` takes the failure.
    pub(crate) fn with_sound(
        links: &Links,
        mut put_aside: impl FnMut(&Address, Failure) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let mut linked = Self::default();
        linked.registry.add(&plug::link::Builtin)?;
        for link in links.read()? {
            if let Err(failure) = linked.add(&link, None) {
                put_aside(&link, links.attributed(failure))?;
            }
        }
        Ok(linked)
    }

    /// The plugins of this link alone.
    /// `plugin` is the one that will be opened, if only one will.
    pub(crate) fn alone(link: &Address, plugin: Option<&str>) -> Result<Self, Failure> {
        let mut linked = Self::default();
        linked.add(link, plugin)?;
        Ok(linked)
    }

    /// The plugins of this binary, in another process.
    pub(crate) fn isolated() -> Result<Self, Failure> {
        let mut linked = Self::default();
        linked.registry.add(&*kind::isolated()?)?;
        Ok(linked)
    }

    /// The path of the library that a plugin is in.
    pub(crate) fn library_of(&self, plugin: &Plugin) -> Option<&Path> {
        match &self.opened(plugin)?.address {
            Address::Library(path) => Some(path),
            _ => None,
        }
    }

    /// The reason why a plugin does not fit this program.
    pub(crate) fn misfit(&self, plugin: &Plugin) -> Option<&Problem> {
        let is_it = |problem: &&Problem| match problem {
            Problem::Incompatible { place, interface, .. } => {
                *interface == plugin.interface() && *place == Place::from(plugin)
            }
            _ => false,
        };
        self.registry.problems().iter().find(is_it)
    }

    /// The differences between a plugin's interface and this program's.
    pub(crate) fn differences(&self, plugin: &Plugin) -> &[Difference] {
        match self.misfit(plugin) {
            Some(Problem::Incompatible { differences, .. }) => differences,
            _ => &[],
        }
    }

    /// The warnings about plugins that were not opened yet, each with its link.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = (&Address, String)> {
        self.links.iter().filter_map(|opened| Some((&opened.address, opened.warning()?)))
    }

    /// The warning about this plugin, which was not opened yet.
    pub(crate) fn warning_of(&self, plugin: &Plugin) -> Option<String> {
        self.opened(plugin)?.warning()
    }

    /// The link that a plugin comes from.
    fn opened(&self, plugin: &Plugin) -> Option<&Opened> {
        self.links.iter().find(|opened| plugin.origin() == Some(&opened.address.to_string()))
    }

    fn add(&mut self, address: &Address, plugin: Option<&str>) -> Result<(), Failure> {
        let kind::Opened { link, aborts_on_panic } = kind::open(address, plugin)?;
        self.registry.add(&*link)?;
        self.links.push(Opened { address: address.clone(), aborts_on_panic });
        Ok(())
    }
}

impl Opened {
    fn warning(&self) -> Option<String> {
        let Address::Library(path) = &self.address else { return None };
        let path = path.display();
        self.aborts_on_panic
            .then(|| format!("library `{path}` was built with panic=abort: a panic in it ends this program"))
    }
}
