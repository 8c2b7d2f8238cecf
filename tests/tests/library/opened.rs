//! Opens libraries for the tests, and formats the errors.

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
    // SAFETY: the tests built it, and open no plugin of one that they damaged.
    unsafe { Library::open(path) }
}

/// The plugin `worker` of the library at this path.
pub(crate) fn worker(path: &Path) -> Result<Box<dyn Work>, Error> {
    registry(path)?.open("worker")
}

/// The message of an error and of its causes, with `PATH` for the path.
pub(crate) fn message_of(error: &Error, path: &Path) -> String {
    format!("{error:?}").replace(&*path.to_string_lossy(), "PATH")
}

/// The error of opening this file.
pub(crate) fn refusal(path: &Path) -> String {
    message_of(&open(path).expect_err("it cannot be opened"), path)
}
