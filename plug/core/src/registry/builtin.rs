//! The builtin link: the plugins that the linker put into this binary.

use crate::entry::submissions::{entries, linked};
use crate::error::Error;
use crate::plugin::Plugin;
use crate::registry::catalogue::Catalogue;
use crate::registry::link::Link;

/// The plugins that are linked into this binary.
///
/// [`Registry::builtin`](crate::Registry::builtin) holds exactly these.
/// Add this link to your own registry to combine them with others.
#[derive(Debug, Clone, Copy, Default)]
pub struct Builtin;

impl Link for Builtin {
    fn plugins(&self) -> Result<Vec<Plugin>, Error> {
        let mut plugins = Vec::with_capacity(entries().count());
        plugins.extend(entries().map(Plugin::from));
        Ok(plugins)
    }

    fn catalogue(&self) -> Catalogue {
        linked().collect::<Catalogue>().of_program()
    }
}
