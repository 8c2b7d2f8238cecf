//! The links, by their words. It knows no stage.

use std::path::PathBuf;
use std::{env, io};

use plug::link::{Builtin, Grpc, Library, Process};
use plug::{Error, Link, Registry};
use serde::Deserialize;

/// The key `link` of a stage.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Word {
    #[default]
    Builtin,
    Library,
    Process,
    Grpc,
}

/// The section `[links]`: the places of the plugins. A path is relative to the current folder.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Links {
    /// The folder of the shared libraries. Without it, it is that of this program.
    library: Option<PathBuf>,
    /// The program of the plugin processes. Without it, it is the one beside this program.
    process: Option<PathBuf>,
    /// The address of the server.
    grpc: Option<String>,
}

impl Links {
    /// A registry with the plugins of a link, or at least with this one.
    #[allow(unsafe_code, reason = "opening a library is unsafe")]
    pub(crate) fn registry(&self, word: Word, plugin: &str) -> Result<Registry, Error> {
        let link: Box<dyn Link> = match word {
            Word::Builtin => Box::new(Builtin),
            Word::Library => {
                let file = format!("{}plugin_{plugin}{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
                let file = path(&self.library, "")?.join(file);
                // SAFETY: the user's file names this plugin and its folder, or leaves the folder to be that of
                // this program, and the user vouches for the code there.
                Box::new(unsafe { Library::open(file) }?)
            }
            Word::Process => {
                let program = format!("etl-plugins{}", env::consts::EXE_SUFFIX);
                Box::new(Process::open(path(&self.process, &program)?)?)
            }
            Word::Grpc => {
                let address = self.grpc.as_ref();
                let address = address.ok_or_else(|| Error::msg("`[links]` has no `grpc`, the address of a server"))?;
                Box::new(Grpc::open(address)?)
            }
        };
        let mut registry = Registry::new();
        registry.add(&*link)?;
        Ok(registry)
    }
}

/// The absolute path, or one beside this program.
fn path(path: &Option<PathBuf>, beside: &str) -> io::Result<PathBuf> {
    match path {
        Some(path) => std::path::absolute(path),
        None => Ok(env::current_exe()?.with_file_name(beside)),
    }
}
