//! All the plugins that a command has: those of this binary, and those of the links it was given. Of a library, nothing runs here; a process is
//! started, and a server asked, since nobody else can tell which plugins they have.

use std::path::{Path, PathBuf};

use plug::link::Difference;
use plug::{Place, Plugin, Problem, Registry};

use crate::cli::Links;
use crate::failure::Failure;
use crate::library::{self, Library};
use crate::link::Link;
use crate::{grpc, process};

#[derive(Default)]
pub(crate) struct Linked {
    pub registry: Registry,
    /// In the order they were given.
    libraries: Vec<Opened>,
}

/// A library that has been opened, and that is all.
struct Opened {
    link: Link,
    path: PathBuf,
    library: Library,
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
            if let Err(failure) = linked.add(&link, None) {
                put_aside(&link, links.told(failure))?;
            }
        }
        Ok(linked)
    }

    /// The plugins of this link alone, of which one may be meant.
    pub(crate) fn alone(link: &Link, meant: Option<&str>) -> Result<Self, Failure> {
        let mut linked = Self::default();
        linked.add(link, meant)?;
        Ok(linked)
    }

    /// The plugins of this binary, in another process.
    pub(crate) fn isolated() -> Result<Self, Failure> {
        let mut linked = Self::default();
        linked.registry.add(&process::isolated()?)?;
        Ok(linked)
    }

    /// The path of the library that a plugin is in.
    pub(crate) fn library_of(&self, plugin: &Plugin) -> Option<&Path> {
        Some(&self.opened(plugin)?.path)
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
        self.libraries.iter().filter_map(|opened| Some((&opened.link, opened.warning()?)))
    }

    /// What to be warned of before this plugin is opened.
    pub(crate) fn warning_of(&self, plugin: &Plugin) -> Option<String> {
        self.opened(plugin)?.warning()
    }

    /// The library that a plugin is in.
    fn opened(&self, plugin: &Plugin) -> Option<&Opened> {
        self.libraries.iter().find(|opened| plugin.origin() == Some(&opened.link.to_string()))
    }

    fn add(&mut self, link: &Link, meant: Option<&str>) -> Result<(), Failure> {
        match link {
            Link::Library(path) => {
                let library = library::open(path)?;
                self.registry.add(&library)?;
                self.libraries.push(Opened { link: link.clone(), path: path.clone(), library });
            }
            Link::Process(path) => _ = self.registry.add(&process::open(path, meant)?)?,
            Link::Grpc(address) => _ = self.registry.add(&grpc::open(address)?)?,
        }
        Ok(())
    }
}

impl Opened {
    fn warning(&self) -> Option<String> {
        let path = self.path.display();
        let warning = || format!("library `{path}` was built with panic=abort: a panic in it ends this program");
        self.library.aborts_on_panic().then(warning)
    }
}
