//! One type with two interfaces and one name: the store `file`, and the filter `file`, which looks
//! each line up in the same file.
//! The registry keeps the two apart.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fs, io};

use pipeline_interface::{Filter, Reply, Store};
use plug::{Error, plug};

/// The settings of the store and of the filter.
#[derive(Debug, serde::Deserialize)]
struct Settings {
    /// The file, with `key=value` on each line.
    /// A missing file counts as empty, and the first change makes it.
    path: PathBuf,
}

/// A file of values by key, read once and written at each change.
#[derive(Debug)]
pub struct File {
    path: PathBuf,
    values: Mutex<BTreeMap<String, String>>,
}

impl File {
    fn open(Settings { path }: Settings) -> Result<Self, Error> {
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            other => other.map_err(Error::new),
        };
        match text.and_then(|text| values(&text)) {
            Ok(values) => Ok(Self { path, values: Mutex::new(values) }),
            Err(cause) => Err(failed("read", &path, cause).at("path")),
        }
    }

    // A panic under the lock comes before or after a whole change, so the values are sound.
    fn values(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, key: &str, value: &str) -> Result<(), Error> {
        if key.is_empty() || key.contains(['=', '\n', '\r']) || value.contains(['\n', '\r']) {
            return Err(Error::msg(format!("a file cannot hold the key `{}`", key.escape_debug()))
                .with_source(Error::msg("a key has neither `=` nor a line break, and a value no line break")));
        }
        let mut values = self.values();
        let mut changed = values.clone();
        changed.insert(key.to_owned(), value.to_owned());
        let text: String = changed.iter().map(|(key, value)| format!("{key}={value}\n")).collect();
        fs::write(&self.path, text).map_err(|cause| failed("write", &self.path, Error::new(cause)))?;
        *values = changed;
        Ok(())
    }
}

/// Keeps values in a file.
///
/// The file is read when the plugin is opened, and written at each change.
/// Changes by another process in between are lost.
#[plug("file", new = Self::open)]
impl Store for File {
    fn get<'a>(&'a self, key: &'a str) -> Reply<'a, Option<String>> {
        Box::pin(async move { Ok(self.values().get(key).cloned()) })
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a str) -> Reply<'a, ()> {
        Box::pin(async move { self.write(key, value) })
    }

    fn keys(&self) -> Reply<'_, Vec<String>> {
        Box::pin(async move { Ok(self.values().keys().cloned().collect()) })
    }
}

/// Replaces each line that is a key by its value in a file.
#[plug("file", aliases = ["lookup"], new = Self::open)]
impl Filter for File {
    fn line(&mut self, line: &str) -> Result<Option<String>, Error> {
        let value = self.values().get(line).cloned();
        Ok(Some(value.unwrap_or_else(|| line.to_owned())))
    }
}

fn values(text: &str) -> Result<BTreeMap<String, String>, Error> {
    let values = text.lines().enumerate().map(|(at, line)| match line.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(Error::msg(format!("line {} is not of the form `key=value`: `{line}`", at + 1))),
    });
    values.collect()
}

fn failed(step: &str, path: &Path, cause: Error) -> Error {
    Error::msg(format!("cannot {step} {}", path.display())).with_source(cause)
}
