//! A link as it is typed: `library:PATH`, and for one of its plugins `#NAME` behind it. It opens nothing.

use std::collections::HashSet;
use std::path::{Path, PathBuf, is_separator};
use std::{fmt, fs};

use crate::failure::{Exit, Failure};
use crate::library;

/// A place that plugins come from beside this binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    /// The shared library at this absolute path.
    Library(PathBuf),
}

/// A plugin as it is typed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Choice<'a> {
    /// The one of this name or alias.
    Name(&'a str),
    /// The one of this link with this name or alias; without one, the only one it has.
    Of(Link, Option<&'a str>),
}

impl<'a> Choice<'a> {
    // a
    // library:target/release/libplugin_a.so
    // library:target/release/libplugin_polite.so#formal
    pub(crate) fn read(text: &'a str) -> Result<Self, Failure> {
        // No name has one.
        if !text.contains(':') {
            let failure = || Failure::new(format!("`{text}` cannot be the name of a plugin"), Exit::Usage);
            return if is_path(text) { Err(meant(text, failure())) } else { Ok(Self::Name(text)) };
        }
        let (path, name) = split(path_of(text)?);
        Ok(Self::Of(Link::library(path)?, name))
    }
}

impl Link {
    // library:target/release/libplugin_a.so
    pub(crate) fn read(text: &str) -> Result<Self, Failure> {
        match split(path_of(text)?) {
            (path, None) => Self::library(path),
            (path, Some(name)) => {
                let hint = format!("a link adds all plugins of its own: `library:{path}`");
                Err(Failure::new(format!("`{text}` is no link, but the plugin `{name}` of one"), Exit::Usage)
                    .hint(&hint))
            }
        }
    }

    /// The failure to find a plugin by the name behind a `#`.
    pub(crate) fn told(&self, failure: Failure) -> Failure {
        failure.hint(&format!("behind `#` stands the name of a plugin of `{self}`"))
    }

    /// The system looks for a name without a folder where it likes, so the path is made absolute here, where it was typed.
    fn library(path: &str) -> Result<Self, Failure> {
        let none = |error| {
            let failure = Failure::new(format!("`library:{path}` leads to no file"), Exit::Usage);
            failure.caused_by(Some(&error))
        };
        std::path::absolute(path).map(Self::Library).map_err(none)
    }
}

/// As [`plug::Plugin::origin`] has it.
impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Library(path) = self;
        write!(f, "library:{}", path.display())
    }
}

/// The links in a variable, with commas between: a colon is in each of them, and spaces are in more paths than commas.
pub(crate) fn separated(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|text| !text.is_empty())
}

/// The links without those that lead to what one before them leads to.
pub(crate) fn distinct(mut links: Vec<Link>) -> Vec<Link> {
    let mut seen = HashSet::new();
    links.retain(|Link::Library(path)| seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
    links
}

fn path_of(text: &str) -> Result<&str, Failure> {
    text.strip_prefix("library:").ok_or_else(|| {
        let failure = Failure::new(format!("unknown kind of link: `{text}`"), Exit::Usage);
        if is_path(text) { meant(text, failure) } else { failure.hint("a link is `library:PATH`") }
    })
}

/// Whether somebody who typed this meant a library.
fn is_path(text: &str) -> bool {
    let path = Path::new(split(text).0);
    let is_library = path.extension().is_some_and(|kind| ["so", "dylib", "dll"].iter().any(|library| kind == *library));
    !text.contains("://") && (is_library || (text.contains(is_separator) && path.is_file()))
}

/// The failure of a path without what makes it a link.
fn meant(path: &str, failure: Failure) -> Failure {
    let failure = failure.hint(&format!("did you mean `library:{path}`?"));
    library::way_in().iter().fold(failure, |failure, way_in| failure.hint(way_in))
}

/// A `#` may be in a path too. The last one is, where the name would have a folder in it, or where the file is there.
fn split(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once('#') {
        Some((path, name)) if !name.contains(is_separator) && !Path::new(text).exists() => (path, Some(name)),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(path: &str) -> Link {
        Link::Library(std::path::absolute(path).unwrap())
    }

    #[test]
    fn a_name_is_no_link() {
        assert_eq!(Choice::read("a").unwrap(), Choice::Name("a"));
        assert_eq!(Choice::read("a#b").unwrap(), Choice::Name("a#b"));
        assert_eq!(Choice::read("").unwrap(), Choice::Name(""));
    }

    #[test]
    fn a_path_is_made_absolute() {
        assert_eq!(Choice::read("library:x/./a.so").unwrap(), Choice::Of(library("x/a.so"), None));
        assert_eq!(Link::read("library:a.so").unwrap(), library("a.so"));
        assert!(Link::read("library:").unwrap_err().to_string().starts_with("`library:` leads to no file"));
    }

    #[test]
    fn the_last_hash_comes_before_the_name() {
        let of = |path, name| Choice::Of(library(path), name);
        assert_eq!(Choice::read("library:a.so#b").unwrap(), of("a.so", Some("b")));
        assert_eq!(Choice::read("library:a#b.so#c").unwrap(), of("a#b.so", Some("c")));
        assert_eq!(Choice::read("library:a.so#").unwrap(), of("a.so", Some("")));
        assert_eq!(Choice::read("library:a#b/c.so").unwrap(), of("a#b/c.so", None));
    }

    #[test]
    fn what_a_variable_has() {
        assert_eq!(separated("library:a b.so, library:c.so,,").collect::<Vec<_>>(), ["library:a b.so", "library:c.so"]);
        assert_eq!(separated("").count(), 0);
    }
}
