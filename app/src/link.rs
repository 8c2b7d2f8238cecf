//! A link as it is typed: `library:PATH`, `process:PATH`, `grpc://HOST:PORT`, and for one of its plugins `#NAME` behind it. It opens
//! nothing.

use std::collections::HashSet;
use std::path::{Path, PathBuf, is_separator};
use std::{fmt, fs};

use crate::failure::{Exit, Failure};
use crate::{grpc, library, process};

/// A place that plugins come from beside this binary.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Link {
    /// The shared library at this absolute path.
    Library(PathBuf),
    /// The executable at this absolute path.
    Process(PathBuf),
    /// The server at this address, which begins with `grpc`.
    Grpc(String),
}

/// A plugin as it is typed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Choice<'a> {
    /// The one of this name or alias.
    Name(&'a str),
    /// The one of this link with this name or alias; without one, the only one it has.
    Of(Link, Option<&'a str>),
}

/// What a link begins with, and what the rest makes of it.
struct Kind {
    prefix: &'static str,
    read: fn(&str) -> Result<Link, Failure>,
}

/// Those that name hosts are followed by several, with commas between.
const HOSTS: [&str; 2] = ["grpc://", "grpcs://"];

const KINDS: [Kind; 5] = [
    Kind { prefix: "library:", read: |path| absolute("library:", path).map(Link::Library) },
    Kind { prefix: "process:", read: |path| absolute("process:", path).map(Link::Process) },
    Kind { prefix: HOSTS[0], read: |hosts| Ok(Link::hosts(HOSTS[0], hosts)) },
    Kind { prefix: HOSTS[1], read: |hosts| Ok(Link::hosts(HOSTS[1], hosts)) },
    Kind { prefix: "grpc+unix:", read: Link::socket },
];

const LIKE: &str =
    "a link is `library:PATH`, `process:PATH`, `grpc://HOST:PORT`, `grpcs://HOST:PORT` or `grpc+unix:PATH`";

impl<'a> Choice<'a> {
    // a
    // library:target/release/libplugin_a.so
    // process:target/release/plugin-polite#formal
    // grpc://127.0.0.1:8888#a
    pub(crate) fn read(text: &'a str) -> Result<Self, Failure> {
        // No name has one.
        if !text.contains(':') {
            let failure = || Failure::new(format!("`{text}` cannot be the name of a plugin"), Exit::Usage);
            return Meant::by(text).map_or(Ok(Self::Name(text)), |meant| Err(meant.told(text, failure())));
        }
        read(text).map(|(link, name)| Self::Of(link, name))
    }
}

impl Link {
    // library:target/release/libplugin_a.so
    pub(crate) fn read(text: &str) -> Result<Self, Failure> {
        match read(text)? {
            (link, None) => Ok(link),
            (_, Some(name)) => {
                let failure = Failure::new(format!("`{text}` is no link, but the plugin `{name}` of one"), Exit::Usage);
                Err(failure.hint(&format!("a link adds all plugins of its own: `{}`", split(text).0)))
            }
        }
    }

    /// The failure to find a plugin by the name behind a `#`.
    pub(crate) fn told(&self, failure: Failure) -> Failure {
        failure.hint(&format!("behind `#` stands the name of a plugin of `{self}`"))
    }

    fn hosts(prefix: &str, hosts: &str) -> Self {
        Self::Grpc(format!("{prefix}{}", hosts.strip_suffix('/').unwrap_or(hosts)))
    }

    fn socket(path: &str) -> Result<Self, Failure> {
        // As of a URL, whose authority is empty.
        let path = absolute("grpc+unix:", path.strip_prefix("//").unwrap_or(path))?;
        Ok(Self::Grpc(format!("grpc+unix:{}", path.display())))
    }

    /// What is the same for all that lead to one file.
    fn canonical(&self) -> Self {
        let canonical = |path: &PathBuf| fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        match self {
            Self::Library(path) => Self::Library(canonical(path)),
            Self::Process(path) => Self::Process(canonical(path)),
            Self::Grpc(address) => Self::Grpc(address.clone()),
        }
    }
}

/// As [`plug::Plugin::origin`] has it.
impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Library(path) => write!(f, "library:{}", path.display()),
            Self::Process(path) => write!(f, "process:{}", path.display()),
            Self::Grpc(address) => f.write_str(address),
        }
    }
}

/// The links in a variable, with commas between: a colon is in each of them, and spaces are in more paths than commas. What begins
/// as no link does, behind an address of hosts, is one more host of it.
// library:x.so,grpc://one:1,two:2,process:y
pub(crate) fn separated(text: &str) -> Vec<String> {
    let mut links = Vec::<String>::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match links.last_mut() {
            Some(link) if Kind::of(part).is_none() && HOSTS.iter().any(|prefix| link.starts_with(prefix)) => {
                link.push(',');
                link.push_str(part);
            }
            _ => links.push(part.to_owned()),
        }
    }
    links
}

/// The links without those that lead to what one before them leads to.
pub(crate) fn distinct(mut links: Vec<Link>) -> Vec<Link> {
    let mut seen = HashSet::new();
    links.retain(|link| seen.insert(link.canonical()));
    links
}

/// A link, and what stands behind a `#`.
fn read(text: &str) -> Result<(Link, Option<&str>), Failure> {
    let (link, name) = split(text);
    let Some((kind, rest)) = Kind::of(link) else {
        let failure = Failure::new(format!("unknown kind of link: `{text}`"), Exit::Usage);
        return Err(match Meant::by(text) {
            Some(meant) => meant.told(text, failure),
            None => failure.hint(LIKE),
        });
    };
    Ok(((kind.read)(rest)?, name))
}

impl Kind {
    /// The kind that the text begins with, and the rest.
    fn of(text: &str) -> Option<(&'static Self, &str)> {
        KINDS.iter().find_map(|kind| Some((kind, text.strip_prefix(kind.prefix)?)))
    }
}

/// The system looks for a name without a folder where it likes, so the path is made absolute here, where it was typed.
fn absolute(prefix: &str, path: &str) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| {
        Failure::new(format!("`{prefix}{path}` leads to no file"), Exit::Usage).caused_by(Some(&error))
    })
}

/// What somebody meant who typed no kind of link.
enum Meant {
    Library,
    Process,
    Server,
}

impl Meant {
    fn by(text: &str) -> Option<Self> {
        let place = split(text).0;
        let path = Path::new(place);
        let has_kind = |kinds: &[&str]| path.extension().is_some_and(|kind| kinds.iter().any(|known| kind == *known));
        let is_port = |text: &str| text.parse::<u16>().is_ok();
        if text.contains("://") {
            None
        } else if has_kind(&["so", "dylib", "dll"]) {
            Some(Self::Library)
        } else if place.contains(is_separator) && path.is_file() {
            Some(if has_kind(&["exe"]) || is_executable(path) { Self::Process } else { Self::Library })
        } else {
            let (host, port) = place.rsplit_once(':')?;
            (!host.is_empty() && is_port(port)).then_some(Self::Server)
        }
    }

    /// The failure of a text without what makes it a link.
    fn told(&self, text: &str, failure: Failure) -> Failure {
        let (prefix, way_in) = match self {
            Self::Library => ("library:", library::way_in()),
            Self::Process => ("process:", process::way_in()),
            Self::Server => (HOSTS[0], grpc::way_in()),
        };
        let failure = failure.hint(&format!("did you mean `{prefix}{text}`?"));
        way_in.iter().fold(failure, |failure, way_in| failure.hint(way_in))
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o111 != 0)
}

/// There, its name alone says so.
#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    false
}

/// A `#` may be in a path too. The last one is, where the name would have a folder in it, or where the file is there.
fn split(text: &str) -> (&str, Option<&str>) {
    let place = Kind::of(text).map_or(text, |(_, rest)| rest);
    match text.rsplit_once('#') {
        Some((link, name)) if !name.contains(is_separator) && !Path::new(place).exists() => (link, Some(name)),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> PathBuf {
        std::path::absolute(path).unwrap()
    }

    fn library(at: &str) -> Link {
        Link::Library(path(at))
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
        assert_eq!(Link::read("process:./a").unwrap(), Link::Process(path("a")));
        for address in ["grpc+unix:x", "grpc+unix://x"] {
            assert_eq!(Link::read(address).unwrap(), Link::Grpc(format!("grpc+unix:{}", path("x").display())));
        }
        for kind in ["library:", "process:", "grpc+unix:"] {
            let failure = Link::read(kind).unwrap_err();
            assert!(failure.to_string().starts_with(&format!("`{kind}` leads to no file")), "{failure}");
        }
    }

    #[test]
    fn an_address_stays_as_it_is() {
        for address in ["grpc://a:1", "grpcs://a:1,b:2", "grpc://[::1]:1"] {
            assert_eq!(Choice::read(address).unwrap(), Choice::Of(Link::Grpc(address.to_owned()), None));
            let one = format!("{address}#a");
            assert_eq!(Choice::read(&one).unwrap(), Choice::Of(Link::Grpc(address.to_owned()), Some("a")));
        }
        assert_eq!(Link::read("grpc://a:1/").unwrap(), Link::Grpc("grpc://a:1".to_owned()));
    }

    #[test]
    fn the_last_hash_comes_before_the_name() {
        let of = |path, name| Choice::Of(library(path), name);
        assert_eq!(Choice::read("library:a.so#b").unwrap(), of("a.so", Some("b")));
        assert_eq!(Choice::read("library:a#b.so#c").unwrap(), of("a#b.so", Some("c")));
        assert_eq!(Choice::read("library:a.so#").unwrap(), of("a.so", Some("")));
        assert_eq!(Choice::read("library:a#b/c.so").unwrap(), of("a#b/c.so", None));
        assert_eq!(Choice::read("process:a#b").unwrap(), Choice::Of(Link::Process(path("a")), Some("b")));
    }

    #[test]
    fn what_a_variable_has() {
        assert_eq!(separated("library:a b.so, library:c.so,,"), ["library:a b.so", "library:c.so"]);
        assert_eq!(separated("grpc://a:1, b:2,process:c,d"), ["grpc://a:1,b:2", "process:c", "d"]);
        assert_eq!(separated("grpcs://a:1,grpcs://b:2,c:3"), ["grpcs://a:1", "grpcs://b:2,c:3"]);
        assert_eq!(separated("a:1,grpc+unix:b,c:2"), ["a:1", "grpc+unix:b", "c:2"]);
        assert!(separated("").is_empty());
    }

    #[test]
    fn a_link_that_is_given_twice_counts_once() {
        let links = ["grpc://a:1", "process:a", "library:a", "process:./a", "grpc://a:1/"]
            .map(|link| Link::read(link).unwrap());
        assert_eq!(distinct(links.to_vec()), links[..3]);
    }
}
