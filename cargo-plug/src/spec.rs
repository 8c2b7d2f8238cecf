//! The source of a package as users write it: a name in a registry, a path, or a git repository.
//! It reads no file, and looks only whether a path with `#` leads to one.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The source of a package.
///
/// ```text
/// plugin-loud                                the newest version that fits, from crates.io
/// plugin-loud@0.3?registry=mine              from a registry of Cargo's configuration
/// ../my-plugin                               a folder: there is a slash, or a dot at the start
/// ../plugins#plugin-loud                     a package of a workspace
/// https://example.org/x.git?tag=v1#plugin-x  a package of a repository, at a tag
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spec {
    pub origin: Origin,
    /// The package, if a folder or a repository has several.
    pub package: Option<String>,
    /// The text of the user.
    text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Registry { name: String, version: Option<String>, registry: Option<String> },
    Path(PathBuf),
    Git { url: String, reference: Option<(Reference, String)> },
}

/// The kind of a git reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reference {
    Tag,
    Branch,
    Rev,
}

impl Reference {
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Branch => "branch",
            Self::Rev => "rev",
        }
    }

    pub(crate) fn of_key(key: &str) -> Option<Self> {
        [Self::Tag, Self::Branch, Self::Rev].into_iter().find(|reference| reference.key() == key)
    }
}

impl Spec {
    /// Reads a source. A path is relative to `folder`.
    pub(crate) fn read(text: &str, folder: &Path) -> Result<Self, Failure> {
        let wrong = |why: &str| {
            let forms = "a source is `NAME`, `NAME@VERSION`, a path such as `./folder`, or the URL of a git repository";
            Failure::new(format!("`{text}` is no source of a package: {why}")).hint(forms)
        };
        if text.trim().is_empty() || text.contains(char::is_control) {
            return Err(wrong("it is empty, or has a control character"));
        }
        if let Some(url) = Self::ssh(text).filter(|_| !folder.join(text).exists()) {
            return Err(wrong("it is no URL").hint(format!("write `{url}`")));
        }
        let is_path = text.starts_with('.') || (text.contains(['/', '\\']) && !text.contains("://"));
        let (rest, package) = match text.rsplit_once('#') {
            // `#` is a part of the path if the whole path leads to something.
            Some((rest, name)) if !(is_path && folder.join(text).exists()) => (rest, Some(name)),
            _ => (text, None),
        };
        if let Some(name) = package.filter(|name| !is_package_name(name)) {
            return Err(wrong(&format!("`{name}` cannot be the name of a package")));
        }
        let origin = if is_path {
            Origin::Path(absolute(&folder.join(rest)))
        } else if rest.contains("://") {
            Self::git(rest).map_err(|why| wrong(&why))?
        } else {
            if package.is_some() {
                return Err(wrong("`#` names a package of a folder or a repository, and not of a registry"));
            }
            Self::registry(rest).map_err(|why| wrong(&why))?
        };
        Ok(Self { origin, package: package.map(str::to_owned), text: text.to_owned() })
    }

    /// The URL for git's own form of an address, which is `git@example.org:x/y.git`.
    fn ssh(text: &str) -> Option<String> {
        let (host, path) = text.split_once(':')?;
        let is_address = host.contains('@') && !host.contains(['/', '\\']) && !path.starts_with("//");
        is_address.then(|| format!("ssh://{host}/{}", path.trim_start_matches('/')))
    }

    fn git(text: &str) -> Result<Origin, String> {
        let text = text.strip_prefix("git+").unwrap_or(text);
        let Some((url, query)) = text.split_once('?') else {
            return Ok(Origin::Git { url: text.to_owned(), reference: None });
        };
        let unknown = || format!("`?{query}` is none of `?tag=NAME`, `?branch=NAME` and `?rev=HASH`");
        let (key, value) = query.split_once('=').filter(|(_, value)| !value.is_empty()).ok_or_else(unknown)?;
        let reference = Reference::of_key(key).ok_or_else(unknown)?;
        Ok(Origin::Git { url: url.to_owned(), reference: Some((reference, value.to_owned())) })
    }

    fn registry(text: &str) -> Result<Origin, String> {
        let (rest, registry) = match text.split_once('?') {
            None => (text, None),
            Some((rest, query)) => match query.strip_prefix("registry=").filter(|name| is_package_name(name)) {
                Some(name) => (rest, Some(name.to_owned())),
                None => return Err(format!("`?{query}` is not `?registry=NAME`")),
            },
        };
        let (name, version) = match rest.split_once('@') {
            None => (rest, None),
            Some((name, version)) => (name, Some(version)),
        };
        if !is_package_name(name) {
            return Err(format!("`{name}` cannot be the name of a package"));
        }
        if let Some(version) = version
            && let Err(error) = cargo_metadata::semver::VersionReq::parse(version)
        {
            return Err(format!("`{version}` is no version: {error}"));
        }
        Ok(Origin::Registry { name: name.to_owned(), version: version.map(str::to_owned), registry })
    }

    /// The name of the package, if the source alone tells it.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.origin {
            Origin::Registry { name, .. } => Some(name),
            _ => self.package.as_deref(),
        }
    }

    /// A text that only this source has, on this machine.
    pub(crate) fn identity(&self) -> String {
        let origin = match &self.origin {
            Origin::Registry { name, version, registry } => {
                let [version, registry] = [version, registry].map(|part| part.as_deref().unwrap_or_default());
                format!("{name}@{version}?{registry}")
            }
            Origin::Path(path) => path.display().to_string(),
            Origin::Git { url, reference: None } => url.clone(),
            Origin::Git { url, reference: Some((reference, name)) } => format!("{url}?{}={name}", reference.key()),
        };
        format!("{origin}#{}", self.package.as_deref().unwrap_or_default())
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

pub(crate) fn is_package_name(name: &str) -> bool {
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(is_start) && name.chars().all(|c| is_start(c) || c.is_ascii_digit() || c == '-')
}

/// The path without `.` and `..`, and without the links of folders that exist.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    let whole = path.canonicalize().or_else(|_| std::path::absolute(path));
    let whole = whole.unwrap_or_else(|_| path.to_owned());
    // Windows' canonical form is one that Cargo does not take.
    match whole.to_str().and_then(|text| text.strip_prefix(r"\\?\")) {
        Some(plain) => plain.into(),
        None => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Spec, String> {
        Spec::read(text, Path::new("/here")).map_err(|failure| failure.to_string().lines().next().unwrap().to_owned())
    }

    fn git(url: &str, reference: Option<(Reference, &str)>) -> Origin {
        let reference = reference.map(|(kind, name)| (kind, name.to_owned()));
        Origin::Git { url: url.to_owned(), reference }
    }

    #[test]
    fn each_form_of_a_source() {
        let registry = |name: &str, version: Option<&str>, registry: Option<&str>| {
            let owned = |text: Option<&str>| text.map(str::to_owned);
            Origin::Registry { name: name.to_owned(), version: owned(version), registry: owned(registry) }
        };
        for (text, origin, package) in [
            ("plugin-loud", registry("plugin-loud", None, None), None),
            ("plugin-loud@0.3", registry("plugin-loud", Some("0.3"), None), None),
            ("plugin-loud@=0.3.1?registry=mine", registry("plugin-loud", Some("=0.3.1"), Some("mine")), None),
            ("./no such", Origin::Path("/here/no such".into()), None),
            ("../no#plugin-x", Origin::Path(absolute(Path::new("/here/../no"))), Some("plugin-x")),
            ("/größe/x", Origin::Path("/größe/x".into()), None),
            ("https://e.org/x.git", git("https://e.org/x.git", None), None),
            ("git+ssh://git@e.org/x", git("ssh://git@e.org/x", None), None),
            ("file:///x?tag=v1#plugin-x", git("file:///x", Some((Reference::Tag, "v1"))), Some("plugin-x")),
            ("file:///x?branch=a/b", git("file:///x", Some((Reference::Branch, "a/b"))), None),
        ] {
            let spec = read(text).unwrap();
            assert_eq!((spec.origin, spec.package.as_deref()), (origin, package), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_no_source() {
        for (text, why) in [
            ("", "it is empty, or has a control character"),
            ("a\u{1b}b", "it is empty, or has a control character"),
            ("plügin", "`plügin` cannot be the name of a package"),
            ("x@new", "`new` is no version: unexpected character 'n' while parsing major version number"),
            ("x?tag=v1", "`?tag=v1` is not `?registry=NAME`"),
            ("x#y", "`#` names a package of a folder or a repository, and not of a registry"),
            ("../x#", "`` cannot be the name of a package"),
            ("https://e.org/x?v1", "`?v1` is none of `?tag=NAME`, `?branch=NAME` and `?rev=HASH`"),
            ("https://e.org/x?tag=", "`?tag=` is none of `?tag=NAME`, `?branch=NAME` and `?rev=HASH`"),
        ] {
            assert_eq!(read(text).unwrap_err(), format!("`{text}` is no source of a package: {why}"));
        }
        let failure = Spec::read("git@e.org:x/y.git?tag=v1#z", Path::new("/here")).unwrap_err().to_string();
        assert!(failure.ends_with("\nhint: write `ssh://git@e.org/x/y.git?tag=v1#z`"), "{failure}");
    }
}
