//! Libraries, opened as the tests open them, and the texts of their refusals.

use std::path::Path;

use library_interface::Work;
use plug::link::Library;
use plug::{Error, Registry};

/// The plugins of the library at this path.
pub(crate) fn registry(path: &Path) -> Result<Registry, Error> {
    let mut registry = Registry::new();
    registry.add(&open(path)?)?;
    Ok(registry)
}

pub(crate) fn open(path: &Path) -> Result<Library, Error> {
    // SAFETY: the tests built it, and where they damaged it, they do not open a plugin of it.
    unsafe { Library::open(path) }
}

/// The plugin `worker` of the library at this path.
pub(crate) fn worker(path: &Path) -> Result<Box<dyn Work>, Error> {
    registry(path)?.open("worker")
}

/// What an error says, with its causes, and `PATH` for the path.
pub(crate) fn told(error: &Error, path: &Path) -> String {
    format!("{error:?}").replace(&*path.to_string_lossy(), "PATH")
}

/// What opening this file says.
pub(crate) fn refusal(path: &Path) -> String {
    told(&open(path).expect_err("it cannot be opened"), path)
}
