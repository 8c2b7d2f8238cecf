//! What can be wrong with a registry as a whole, in words that name both sides and a way out.

use std::fmt;

use crate::error::difference::Difference;

/// Something wrong with the plugins of a registry. Found out on first use, and listed by
/// [`Registry::problems`](crate::Registry::problems); the names concerned cannot be opened, all others can.
///
/// The first line is the fact. A line that begins with `hint: ` says what would help.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Several plugins of one interface have one name.
    Duplicate {
        /// The name.
        name: String,
        /// The path of the interface.
        interface: &'static str,
        /// Where they come from, two or more.
        places: Vec<Place>,
    },
    /// An alias is the name of another plugin, or an alias of another.
    HiddenByAlias {
        /// The name.
        name: String,
        /// The path of the interface.
        interface: &'static str,
        /// The plugins that have the alias.
        aliased: Vec<Place>,
        /// The plugin of that very name, where there is one.
        named: Option<Place>,
    },
    /// Plugins of several versions of the crate that declares an interface are linked. To the compiler, and so to a host, the
    /// versions are different interfaces.
    InterfaceVersions {
        /// The path of the interface, the same for all of them.
        interface: &'static str,
        /// The plugins, each with the version it implements, by version.
        plugins: Vec<(&'static str, Place)>,
    },
    /// A plugin of a library was built with another version of its interface, that does not fit this program's.
    Incompatible {
        /// The plugin.
        place: Place,
        /// The path of the interface.
        interface: &'static str,
        /// What does not fit, all of it.
        differences: Vec<Difference>,
    },
    /// A feature is on, and the plugin that it should bring is not there.
    NotRegistered {
        /// The plugin that was expected.
        name: String,
        /// The feature, as it is given to Cargo.
        feature: String,
        /// The dependency that the feature turns on.
        dependency: String,
        /// What that dependency did register.
        registered: Vec<String>,
    },
}

/// Where a plugin comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Place {
    /// The plugin's own name.
    pub plugin: String,
    /// Its package, with the version.
    pub package: Option<String>,
    /// The file of its impl.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// Where it was found, such as `library:` and a path, if it is not linked into this binary.
    pub origin: Option<String>,
}

impl Problem {
    /// The name that cannot be opened for it, where it is one name.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Duplicate { name, .. } | Self::HiddenByAlias { name, .. } | Self::NotRegistered { name, .. } => {
                Some(name)
            }
            Self::Incompatible { place, .. } => Some(&place.plugin),
            Self::InterfaceVersions { .. } => None,
        }
    }

    /// The path of the interface concerned, where there is one.
    pub fn interface(&self) -> Option<&'static str> {
        match self {
            Self::Duplicate { interface, .. }
            | Self::Incompatible { interface, .. }
            | Self::HiddenByAlias { interface, .. }
            | Self::InterfaceVersions { interface, .. } => Some(interface),
            Self::NotRegistered { .. } => None,
        }
    }
}

impl std::error::Error for Problem {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { name, interface, places } => {
                let count = places.len();
                write!(f, "{count} plugins of interface `{interface}` have the name `{name}`: {}", Places(places))?;
                write!(f, "\nhint: rename one, or leave one out of the build")
            }
            Self::HiddenByAlias { name, interface, aliased, named: Some(named) } => {
                write!(f, "`{name}` is a plugin of interface `{interface}` ({named}) and an alias of ")?;
                write_aliased(f, aliased)?;
                write!(f, "\nhint: drop the alias, or leave one of them out of the build")
            }
            Self::HiddenByAlias { name, interface, aliased, named: None } => {
                write!(f, "alias `{name}` of interface `{interface}` belongs to ")?;
                write_aliased(f, aliased)?;
                write!(f, "\nhint: drop it from one, or leave one of them out of the build")
            }
            Self::InterfaceVersions { interface, plugins } => {
                write!(f, "plugins of several versions of interface `{interface}` are linked: ")?;
                for (at, (version, place)) in plugins.iter().enumerate() {
                    let and = if at == 0 { "" } else { " and " };
                    write!(f, "{and}`{}` ({place}) of version {version}", place.plugin)?;
                }
                write!(f, "\nhint: let them and the host depend on one version of the crate that declares it")
            }
            Self::Incompatible { place, interface, differences } => {
                let Place { plugin, origin, .. } = place;
                let origin = origin.as_deref().unwrap_or("this binary");
                write_incompatible(f, plugin, interface, origin, differences)
            }
            Self::NotRegistered { name, feature, dependency, .. } if cfg!(target_family = "wasm") => write!(
                f,
                "feature `{feature}` is on, but {dependency} registered nothing as `{name}`\n\
                 hint: on WebAssembly, plugins are linked with LTO alone: `lto = \"thin\"` in the profile",
            ),
            Self::NotRegistered { name, feature, dependency, registered } if registered.is_empty() => write!(
                f,
                "feature `{feature}` is on, but {dependency} registered nothing as `{name}`\n\
                 hint: its `#[plug(\"{name}\")]` is missing or compiled out; if the plugin has another name, add {}",
                entry_of_names(feature, &["the-name".to_owned()]),
            ),
            Self::NotRegistered { name, feature, dependency, registered } => write!(
                f,
                "feature `{feature}` is on, but {dependency} registered nothing as `{name}`\n\
                 hint: it registered other names: add {}",
                entry_of_names(feature, registered),
            ),
        }
    }
}

pub(crate) fn write_incompatible(
    f: &mut fmt::Formatter<'_>,
    plugin: &str,
    interface: &str,
    origin: &str,
    differences: &[Difference],
) -> fmt::Result {
    write!(f, "plugin `{plugin}` of `{origin}` was built with another `{interface}`")?;
    differences.iter().try_for_each(|difference| write!(f, "\n  {difference}"))?;
    write!(f, "\nhint: build both with one version of the interface")
}

/// The entry of Cargo.toml that names the plugins of a feature, and its table.
pub(crate) fn entry_of_names(feature: &str, plugins: &[String]) -> String {
    let plugins: Vec<_> = plugins.iter().map(|name| format!("\"{name}\"")).collect();
    format!("`{} = [{}]` under `[package.metadata.plug.names]`", key(feature), plugins.join(", "))
}

/// The name of a feature in its own package, as a key of TOML.
fn key(feature: &str) -> String {
    let name = feature.rsplit('/').next().unwrap_or_default();
    let is_bare = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if is_bare { name.to_owned() } else { format!("\"{name}\"") }
}

/// `` `b` of plugin-b 0.1.0 at plugins/b/src/lib.rs:11 and `c` of … ``
fn write_aliased(f: &mut fmt::Formatter<'_>, aliased: &[Place]) -> fmt::Result {
    for (at, place) in aliased.iter().enumerate() {
        write!(f, "{}`{}` ({place})", if at == 0 { "" } else { " and " }, place.plugin)?;
    }
    Ok(())
}

struct Places<'a>(&'a [Place]);

impl fmt::Display for Places<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, place) in self.0.iter().enumerate() {
            write!(f, "{}{place}", if at == 0 { "" } else { " and " })?;
        }
        Ok(())
    }
}

/// `` plugin-b 0.1.0 at plugins/b/src/lib.rs:11 in `library:/usr/lib/libplugin_b.so` ``
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(package) = &self.package {
            write!(f, "{package} at ")?;
        }
        write!(f, "{}:{}", self.file, self.line)?;
        self.origin.iter().try_for_each(|origin| write!(f, " in `{origin}`"))
    }
}
