//! The library link, with libraries that are built for it: what they do, what they do wrong, and what is wrong with them.

#![allow(unsafe_code, reason = "opening a library is unsafe")]

mod bundles;
mod compilers;
mod faults;
mod files;
mod foreign;
mod in_place;
mod interfaces;
mod loading;
mod logs;
mod records;

use std::path::Path;

use library_interface::Work;
use plug::link::Library;
use plug::{Error, Registry};

/// The plugins of the library at this path.
fn registry(path: &Path) -> Result<Registry, Error> {
    let mut registry = Registry::new();
    registry.add(&open(path)?)?;
    Ok(registry)
}

fn open(path: &Path) -> Result<Library, Error> {
    // SAFETY: the tests built it, and where they damaged it, they do not open a plugin of it.
    unsafe { Library::open(path) }
}

/// The plugin `worker` of the library at this path.
fn worker(path: &Path) -> Result<Box<dyn Work>, Error> {
    registry(path)?.open("worker")
}

/// What an error says, with its causes, and `PATH` for the path.
fn told(error: &Error, path: &Path) -> String {
    format!("{error:?}").replace(&*path.to_string_lossy(), "PATH")
}

/// What opening this file says.
fn refusal(path: &Path) -> String {
    told(&open(path).expect_err("it cannot be opened"), path)
}
