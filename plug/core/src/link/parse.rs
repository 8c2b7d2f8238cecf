//! Parses links that people type: `library:PATH`, `process:PATH`, `grpc://HOST:PORT`.
//! Each can have `#NAME` for one plugin.

use std::fmt;
use std::path::{Path, PathBuf, is_separator};
use std::str::FromStr;

use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::error::link::LinkFault;
#[cfg(feature = "grpc")]
use crate::grpc::host::Grpc;
#[cfg(feature = "process")]
use crate::process::options::ProcessOptions;
use crate::registry::link::Link;

/// Opens the link at an address, and returns the name of the plugin behind a `#`.
///
/// The forms of an address are those of [`Address`].
///
/// ```no_run
/// let (link, name) = plug::link::parse("process:./kv#store")?;
/// assert_eq!(name.as_deref(), Some("store"));
///
/// let mut registry = plug::Registry::new();
/// registry.add(&*link)?;
/// # Ok::<(), plug::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`Address::parse`] and [`Address::open`].
/// A library is one of them, since opening it is `unsafe`: see [`Address`] for a way to open every
/// kind of link.
pub fn parse(address: &str) -> Result<(Box<dyn Link>, Option<String>), Error> {
    let (address, plugin) = Address::parse(address)?;
    Ok((address.open(plugin)?, plugin.map(str::to_owned)))
}

/// The address of a link, as a person types it.
///
/// | address | link | feature |
/// |---|---|---|
/// | `library:PATH` | a shared library | `library` |
/// | `process:PATH` | an executable, which is started | `process` |
/// | `grpc://HOST:PORT`, or several with commas | a server, or several equal ones | `grpc` |
/// | `grpcs://HOST:PORT` | the same over TLS | `grpc` |
/// | `grpc+unix:PATH` | a server at a Unix socket | `grpc` |
///
/// A relative path is relative to the current folder.
/// Each address can be parsed, even if its feature is off.
///
/// Opening a library is `unsafe`, because its code runs in this process.
/// A host that trusts the author of the address can open every kind like this:
///
/// ```no_run
/// use plug::Link;
/// use plug::link::{Address, Library};
///
/// let (address, plugin) = Address::parse("library:./libplugin_a.so#a")?;
/// let link: Box<dyn Link> = match &address {
///     // SAFETY: the user of this program has named this very file, and vouches for its code.
///     Address::Library(path) => Box::new(unsafe { Library::open(path) }?),
///     address => address.open(plugin)?,
/// };
/// # Ok::<(), plug::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// The shared library at this absolute path.
    Library(PathBuf),
    /// The executable at this absolute path.
    Process(PathBuf),
    /// The server at this address, which begins with `grpc`.
    Grpc(String),
}

impl Address {
    /// Parses an address, and the name of a plugin behind a `#`.
    ///
    /// A `#` belongs to the path if a `/` comes after it, or if a file of the whole name exists.
    ///
    /// ```
    /// use plug::link::Address;
    ///
    /// let (address, plugin) = Address::parse("grpc://127.0.0.1:8888#a")?;
    /// assert_eq!(address.to_string(), "grpc://127.0.0.1:8888");
    /// assert_eq!(plugin, Some("a"));
    /// # Ok::<(), plug::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Link`] if the text begins with no kind of link, or if the path is empty.
    // library:target/release/libplugin_a.so
    // process:target/release/plugin-polite#formal
    // grpcs://one.example:443,two.example:443#a
    // grpc+unix:///run/app/plugins
    pub fn parse(text: &str) -> Result<(Self, Option<&str>), Error> {
        let (link, plugin) = split(text);
        let Some((kind, rest)) = Kind::of(link) else {
            return Err(fault(LinkFault::UnknownKind { text: text.to_owned(), meant: guess(text) }));
        };
        let address = match kind {
            Kind::Library => Self::Library(absolute(kind, rest)?),
            Kind::Process => Self::Process(absolute(kind, rest)?),
            Kind::Tcp | Kind::Tls => {
                let hosts = rest.strip_suffix('/').unwrap_or(rest);
                Self::Grpc(format!("{}{hosts}", kind.prefix()))
            }
            Kind::Unix => {
                // As in a URL with an empty authority.
                let path = absolute(kind, rest.strip_prefix("//").unwrap_or(rest))?;
                Self::Grpc(format!("{}{}", kind.prefix(), path.display()))
            }
        };
        Ok((address, plugin))
    }

    /// Opens the process or the server.
    /// A process is started, and a server connected to, when its plugins are first needed.
    ///
    /// `plugin` is the plugin that will be opened, if only one will.
    /// A process of Go's net/rpc does not list its plugins, so it needs the name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Link`] if the feature of this kind of link is off, or if it is a library, which
    /// only `Library::open` opens; else those of `Process::open` and `Grpc::open`.
    #[cfg_attr(not(feature = "process"), allow(unused_variables, reason = "only a process takes the name"))]
    pub fn open(&self, plugin: Option<&str>) -> Result<Box<dyn Link>, Error> {
        #[allow(unreachable_patterns, reason = "with all features on, nothing is left for the last arm")]
        match self {
            #[cfg(feature = "library")]
            Self::Library(_) => Err(fault(LinkFault::Library { address: self.to_string() })),
            #[cfg(feature = "process")]
            Self::Process(path) => {
                let options = plugin.into_iter().fold(ProcessOptions::new(), ProcessOptions::dispense);
                Ok(Box::new(options.open(path)?))
            }
            #[cfg(feature = "grpc")]
            Self::Grpc(address) => Ok(Box::new(Grpc::open(address)?)),
            _ => Err(fault(LinkFault::NotInBuild { address: self.to_string(), feature: self.feature() })),
        }
    }

    fn feature(&self) -> &'static str {
        match self {
            Self::Library(_) => "library",
            Self::Process(_) => "process",
            Self::Grpc(_) => "grpc",
        }
    }
}

/// The address of a link as a whole, without `#NAME`.
impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match Self::parse(text)? {
            (address, None) => Ok(address),
            (_, Some(plugin)) => {
                let (link, plugin) = (split(text).0.to_owned(), plugin.to_owned());
                Err(fault(LinkFault::Plugin { text: text.to_owned(), link, plugin }))
            }
        }
    }
}

/// The text that [`Plugin::origin`](crate::Plugin::origin) gives for plugins of this link.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Library(path) => write!(f, "{}{}", Kind::Library.prefix(), path.display()),
            Self::Process(path) => write!(f, "{}{}", Kind::Process.prefix(), path.display()),
            Self::Grpc(address) => f.write_str(address),
        }
    }
}

fn fault(fault: LinkFault) -> Error {
    ErrorKind::Link { fault }.into()
}

/// The beginnings of an address.
#[derive(Clone, Copy)]
enum Kind {
    Library,
    Process,
    Tcp,
    Tls,
    Unix,
}

impl Kind {
    /// The kind that the text begins with, and the rest of the text.
    fn of(text: &str) -> Option<(Self, &str)> {
        let kinds = [Self::Library, Self::Process, Self::Tcp, Self::Tls, Self::Unix];
        kinds.into_iter().find_map(|kind| Some((kind, text.strip_prefix(kind.prefix())?)))
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Library => "library:",
            Self::Process => "process:",
            Self::Tcp => "grpc://",
            Self::Tls => "grpcs://",
            Self::Unix => "grpc+unix:",
        }
    }
}

/// The link, and the name behind the last `#`.
fn split(text: &str) -> (&str, Option<&str>) {
    let path = Kind::of(text).map_or(text, |(_, rest)| rest);
    match text.rsplit_once('#') {
        Some((link, name)) if !name.contains(is_separator) && !Path::new(path).exists() => (link, Some(name)),
        _ => (text, None),
    }
}

/// The system searches its own folders for a bare file name, so the path is made absolute.
fn absolute(kind: Kind, path: &str) -> Result<PathBuf, Error> {
    std::path::absolute(path)
        .map_err(|error| fault(LinkFault::NoFile { text: format!("{}{path}", kind.prefix()) }).with_source(error))
}

/// The address that the author of a text without a kind of link probably meant.
fn guess(text: &str) -> Option<String> {
    let place = split(text).0;
    let path = Path::new(place);
    let has_extension =
        |known: &[&str]| path.extension().is_some_and(|extension| known.iter().any(|known| extension == *known));
    let is_server = |(host, port): (&str, &str)| !host.is_empty() && port.parse::<u16>().is_ok();
    let kind = if text.contains("://") {
        return None;
    } else if has_extension(&["so", "dylib", "dll"]) {
        Kind::Library
    } else if place.contains(is_separator) && path.is_file() {
        if has_extension(&["exe"]) || is_executable(path) { Kind::Process } else { Kind::Library }
    } else if place.rsplit_once(':').is_some_and(is_server) {
        Kind::Tcp
    } else {
        return None;
    };
    Some(format!("{}{text}", kind.prefix()))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o111 != 0)
}

/// On other systems only the name of a file shows that.
#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> PathBuf {
        std::path::absolute(path).unwrap()
    }

    fn library(at: &str) -> Address {
        Address::Library(path(at))
    }

    fn refused(text: &str) -> String {
        text.parse::<Address>().unwrap_err().to_string()
    }

    #[test]
    fn a_path_is_made_absolute() {
        assert_eq!(Address::parse("library:x/./a.so").unwrap(), (library("x/a.so"), None));
        assert_eq!("library:a.so".parse::<Address>().unwrap(), library("a.so"));
        assert_eq!("process:./a".parse::<Address>().unwrap(), Address::Process(path("a")));
        for address in ["grpc+unix:x", "grpc+unix://x"] {
            let socket = format!("grpc+unix:{}", path("x").display());
            assert_eq!(address.parse::<Address>().unwrap(), Address::Grpc(socket));
        }
        for address in ["library:", "process:", "grpc+unix:", "grpc+unix://"] {
            let error = address.parse::<Address>().unwrap_err();
            assert_eq!(error.to_string(), format!("`{}` leads to no file", address.trim_end_matches('/')));
            assert!(error.downcast_ref::<std::io::Error>().is_some());
        }
    }

    #[test]
    fn an_address_of_hosts_keeps_its_text() {
        for address in ["grpc://a:1", "grpcs://a:1,b:2", "grpc://[::1]:1"] {
            let server = || Address::Grpc(address.to_owned());
            assert_eq!(Address::parse(address).unwrap(), (server(), None));
            assert_eq!(Address::parse(&format!("{address}#a")).unwrap(), (server(), Some("a")));
        }
        assert_eq!("grpc://a:1/".parse::<Address>().unwrap(), Address::Grpc("grpc://a:1".to_owned()));
    }

    #[test]
    fn the_last_hash_comes_before_the_name() {
        let parsed = |text| Address::parse(text).unwrap();
        assert_eq!(parsed("library:a.so#b"), (library("a.so"), Some("b")));
        assert_eq!(parsed("library:a#b.so#c"), (library("a#b.so"), Some("c")));
        assert_eq!(parsed("library:a.so#"), (library("a.so"), Some("")));
        assert_eq!(parsed("library:a#b/c.so"), (library("a#b/c.so"), None));
        assert_eq!(parsed("process:a#b"), (Address::Process(path("a")), Some("b")));
        let folder = std::env::temp_dir().join(format!("plug-parse-{}#a", std::process::id()));
        std::fs::write(&folder, "").unwrap();
        let address = format!("process:{}", folder.display());
        assert_eq!(parsed(&address), (Address::Process(folder.clone()), None));
        std::fs::remove_file(folder).unwrap();
        assert_eq!(parsed(&address).1, Some("a"));
    }

    #[test]
    fn an_address_is_written_as_it_is_read() {
        let absolute = path("x").display().to_string();
        for address in ["grpc://a:1", &format!("library:{absolute}"), &format!("process:{absolute}")] {
            assert_eq!(address.parse::<Address>().unwrap().to_string(), *address);
        }
    }

    #[test]
    fn a_link_is_not_one_of_its_plugins() {
        assert_eq!(
            refused("library:x.so#a"),
            "`library:x.so#a` is no link, but the plugin `a` of one\n\
             hint: a link adds all plugins of its own: `library:x.so`"
        );
    }

    #[test]
    fn an_unknown_kind_of_link() {
        let meant = |text: &str, address: &str| {
            assert_eq!(refused(text), format!("unknown kind of link: `{text}`\nhint: did you mean `{address}`?"));
        };
        meant("x.so#a", "library:x.so#a");
        meant("C:x.dll", "library:C:x.dll");
        meant("127.0.0.1:1#a", "grpc://127.0.0.1:1#a");
        let program = std::env::current_exe().unwrap().display().to_string();
        meant(&program, &format!("process:{program}"));
        let text = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        meant(text, &format!("library:{text}"));
        for text in ["", "a", "http://localhost/x.so", "Cargo.toml", ":1", "a:x"] {
            assert_eq!(
                refused(text),
                format!(
                    "unknown kind of link: `{text}`\n\
                     hint: a link is `library:PATH`, `process:PATH`, `grpc://HOST:PORT`, `grpcs://HOST:PORT` or \
                     `grpc+unix:PATH`"
                )
            );
        }
    }

    fn unopened(text: &str) -> String {
        parse(text).err().expect("it does not open").to_string()
    }

    #[test]
    fn a_kind_of_link_whose_feature_is_off() {
        let addresses = [
            (cfg!(feature = "library"), format!("library:{}", path("x").display()), "library"),
            (cfg!(feature = "process"), format!("process:{}", path("x").display()), "process"),
            (cfg!(feature = "grpc"), "grpc://a:1".to_owned(), "grpc"),
        ];
        for (_, address, feature) in addresses.iter().filter(|(is_on, ..)| !is_on) {
            assert_eq!(
                unopened(&format!("{address}#a")),
                format!(
                    "`{address}` cannot be opened by this build of plug\n\
                     hint: turn on the feature `{feature}` of plug"
                )
            );
        }
    }

    #[cfg(feature = "library")]
    #[test]
    fn a_library_is_opened_by_unsafe_code_alone() {
        let address = format!("library:{}", path("x.so").display());
        assert_eq!(
            unopened(&address),
            format!(
                "`{address}` runs code in this process, so only `unsafe` code can open it\n\
                 hint: parse it as a `plug::link::Address`, and give the path to `Library::open`"
            )
        );
    }

    #[cfg(feature = "grpc")]
    #[test]
    fn a_server_is_opened_without_being_connected_to() {
        let (_, plugin) = parse("grpc://127.0.0.1:1#a").unwrap();
        assert_eq!(plugin.as_deref(), Some("a"));
        assert_eq!(
            unopened("grpc://a"),
            "`a` is no host with a port\n\
             hint: an address is `grpc://HOST:PORT`, `grpcs://HOST:PORT` or `grpc+unix:PATH`"
        );
    }
}
