//! The problems of a registry as a whole. Each message names all sides and a way out.

use std::fmt;

use crate::error::difference::Difference;

/// A problem of the plugins of a registry.
/// Problems are found on first use, and listed by
/// [`Registry::problems`](crate::Registry::problems).
/// The names in them cannot be opened; all others can.
///
/// The first line is the fact. A line that begins with `hint: ` suggests a remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Several plugins of one interface have one name.
    Duplicate {
        /// The name.
        name: String,
        /// The path of the interface.
        interface: &'static str,
        /// The places of the plugins, two or more.
        places: Vec<Place>,
    },
    /// An alias equals the name or an alias of another plugin.
    HiddenByAlias {
        /// The name.
        name: String,
        /// The path of the interface.
        interface: &'static str,
        /// The plugins that have the alias.
        aliased: Vec<Place>,
        /// The plugin with this name, if there is one.
        named: Option<Place>,
    },
    /// The linked plugins implement several versions of one interface's crate.
    /// To the compiler, and so to a host, each version is another interface.
    InterfaceVersions {
        /// The path of the interface, which all share.
        interface: &'static str,
        /// The plugins, each with the version that it implements, sorted by version.
        plugins: Vec<(&'static str, Place)>,
    },
    /// A plugin of another build has a version of its interface that does not match this program's.
    Incompatible {
        /// The plugin.
        place: Place,
        /// The path of the interface.
        interface: &'static str,
        /// All differences.
        differences: Vec<Difference>,
    },
    /// A feature is on, and did not bring the plugin that it should.
    NotRegistered {
        /// The expected plugin.
        name: String,
        /// The feature, as Cargo takes it.
        feature: String,
        /// The dependency that the feature turns on.
        dependency: String,
        /// The names that the dependency registered.
        registered: Vec<String>,
    },
    /// No plugin is linked, and the program has no `link!` that would link one.
    NotLinked,
}

/// The place that a plugin comes from.
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
    /// The place outside of this binary, such as `library:` and a path.
    /// `None` if it is linked into this binary.
    pub origin: Option<String>,
}

impl Problem {
    /// The name that the problem keeps from being opened, if it is one name.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Duplicate { name, .. } | Self::HiddenByAlias { name, .. } | Self::NotRegistered { name, .. } => {
                Some(name)
            }
            Self::Incompatible { place, .. } => Some(&place.plugin),
            Self::InterfaceVersions { .. } | Self::NotLinked => None,
        }
    }

    /// The path of the interface, if the problem has one.
    pub fn interface(&self) -> Option<&'static str> {
        match self {
            Self::Duplicate { interface, .. }
            | Self::Incompatible { interface, .. }
            | Self::HiddenByAlias { interface, .. }
            | Self::InterfaceVersions { interface, .. } => Some(interface),
            Self::NotRegistered { .. } | Self::NotLinked => None,
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
            Self::NotLinked => write!(
                f,
                "no plugin is linked, and no `plug::link!()` is in this program\n\
                 hint: add it at the root of this target (binary, test, example)",
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
