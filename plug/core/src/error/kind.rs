//! The kinds of error: one for each step that can fail.

use std::fmt;
#[cfg(any(feature = "library", feature = "process"))]
use std::path::PathBuf;

use crate::error::difference::Difference;
#[cfg(feature = "library")]
use crate::error::library::LibraryFault;
use crate::error::link::LinkFault;
use crate::error::position::{KeyLine, Position};
use crate::error::problem::{Problem, write_incompatible};
use crate::error::text::first_line;
use crate::escape;
use crate::panic::NO_TEXT;

/// The step that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The plugin's own error, made with [`Error::msg`](crate::Error::msg) or
    /// [`Error::new`](crate::Error::new).
    Plugin,
    /// The plugin's `new` failed. Its error is the source.
    Open {
        /// The plugin's name.
        plugin: String,
        /// The package of the plugin, if it has one.
        package: Option<String>,
    },
    /// The plugin refuses its settings, or takes none.
    Settings {
        /// The plugin's name.
        plugin: String,
        /// The key of the section, if the settings are a section.
        instance: Option<String>,
        /// The key with the wrong value, from the top of the file on, such as `plugins.thrice.times`.
        /// Empty if the settings as a whole are wrong.
        key: String,
        /// The place of the key, if the settings are of a file.
        place: Option<Position>,
        /// What is wrong, such as ``there is no `tmes` ``.
        what: String,
        /// The known name that is most similar, such as `times`.
        nearest: Option<String>,
    },
    /// The text of settings cannot be read, or has no sections where they must be.
    Unreadable {
        /// The name of the file, or the type of the value that the settings are from.
        file: String,
        /// The place of the mistake, if it is known.
        place: Option<Position>,
        /// The reason.
        what: String,
    },
    /// A plugin cannot have this name.
    BadName {
        /// The requested name, escaped, and cut if it is long.
        name: String,
    },
    /// The name is unknown.
    Unknown {
        /// The requested name.
        name: String,
        /// The path of the requested interface.
        interface: &'static str,
        /// The most similar name.
        nearest: Option<String>,
        /// The available names, in order.
        names: Vec<String>,
        /// The other interfaces that have a plugin of this name.
        /// An interface with the same path is given with its version.
        elsewhere: Vec<String>,
        /// The hints of the message, best first.
        hints: Vec<String>,
    },
    /// The plugin is known, but its feature is off.
    NotInBuild {
        /// The requested name.
        name: String,
        /// The path of the requested interface.
        interface: &'static str,
        /// The features that would bring it, as Cargo takes them.
        features: Vec<String>,
    },
    /// The plugin implements another interface than the requested one.
    WrongInterface {
        /// The plugin's name.
        plugin: String,
        /// The interface that it implements.
        implements: &'static str,
        /// The requested interface.
        requested: &'static str,
    },
    /// The plugin panicked, and the link caught the panic. Its object can still be called.
    Panicked {
        /// The plugin's name.
        plugin: String,
        /// The method, or `new`, `check` or `schema`.
        method: String,
        /// File, line and column, if they are known.
        place: Option<String>,
        /// The panic message, if it is a text.
        message: Option<String>,
    },
    /// The plugin did not answer in time, and the call was cancelled.
    Deadline {
        /// The plugin's name.
        plugin: String,
        /// The method.
        method: String,
    },
    /// The call was cancelled, by `Cancellation` or by the other side.
    Cancelled {
        /// The plugin's name.
        plugin: String,
        /// The method.
        method: String,
    },
    /// The plugin's process or server cannot be reached, or went away during the call.
    /// Or this process is a fork of the one that opened the plugin.
    Unavailable {
        /// The plugin's name.
        plugin: String,
        /// The method.
        method: String,
        /// The place of the plugin, such as `process:` and a path.
        origin: String,
        /// The reason.
        reason: String,
    },
    /// The plugin's process or server refused the call with a gRPC status that is no plugin's own
    /// error.
    Refused {
        /// The plugin's name.
        plugin: String,
        /// The method.
        method: String,
        /// The place of the plugin.
        origin: String,
        /// The name of the status, such as `NOT_FOUND`.
        code: &'static str,
        /// The message of the status.
        message: String,
    },
    /// The request or the reply does not decode as the method's types.
    Malformed {
        /// The plugin's name.
        plugin: String,
        /// The method.
        method: String,
        /// The place of the plugin.
        origin: String,
        /// The reason.
        what: String,
    },
    /// An address leads to no link.
    Link {
        /// The reason.
        fault: LinkFault,
    },
    /// The address of a server is invalid.
    #[cfg(feature = "grpc")]
    Address {
        /// The reason.
        fault: crate::error::address::GrpcFault,
    },
    /// The plugin's process cannot be used.
    #[cfg(feature = "process")]
    Process {
        /// The requested path.
        path: PathBuf,
        /// The reason.
        fault: crate::error::process::ProcessFault,
    },
    /// The file of a library cannot be used.
    #[cfg(feature = "library")]
    Library {
        /// The requested path.
        path: PathBuf,
        /// The reason.
        fault: LibraryFault,
    },
    /// The plugin's build has a version of the interface that does not match this program's.
    Incompatible {
        /// The plugin's name.
        plugin: String,
        /// The path of the interface.
        interface: &'static str,
        /// The place of the plugin, such as `library:` and a path.
        origin: String,
        /// All differences.
        differences: Vec<Difference>,
    },
    /// The registry has a problem with the requested name.
    Problem(Problem),
    /// The registry has problems. [`Registry::check`](crate::Registry::check) fails with them.
    Problems(Vec<Problem>),
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plugin => write!(f, "the plugin failed"),
            Self::Open { plugin, package: Some(package) } => write!(f, "cannot open plugin `{plugin}` of {package}"),
            Self::Open { plugin, package: None } => write!(f, "cannot open plugin `{plugin}`"),
            Self::Settings { plugin, instance, key, place, what, nearest } => {
                write!(f, "plugin `{plugin}` does not take ")?;
                match instance {
                    Some(instance) => write!(f, "the settings of `{}`", escape::short(instance))?,
                    None => write!(f, "its settings")?,
                }
                // The hints of a plugin's error stay behind the place.
                let (what, hints) = first_line(what);
                write!(f, ": {what}")?;
                nearest.iter().try_for_each(|nearest| write!(f, ": did you mean `{nearest}`?"))?;
                write!(f, "{}{hints}", KeyLine(key, place.as_ref()))
            }
            Self::Unreadable { file, place, what } => {
                write!(f, "the settings of `{file}` cannot be read: {what}")?;
                write!(f, "{}", KeyLine("", place.as_ref()))
            }
            Self::BadName { name } => write!(
                f,
                "`{name}` cannot be the name of a plugin\n\
                 hint: a name is lower-case letters and digits, in parts joined by `-` or `_`, of at most 64 bytes",
            ),
            Self::Unknown { name, interface, hints, .. } => {
                write!(f, "unknown plugin `{name}` of interface `{interface}`")?;
                hints.iter().try_for_each(|hint| write!(f, "\nhint: {hint}"))
            }
            Self::NotInBuild { name, features, .. } => {
                write!(f, "plugin `{name}` is known but not in this build")?;
                match &features[..] {
                    [one] => write!(f, "\nhint: rebuild with `--features {one}`"),
                    several => write!(f, "\nhint: rebuild with one of the features {}", NameList(several)),
                }
            }
            Self::WrongInterface { plugin, implements, requested } => {
                write!(f, "plugin `{plugin}` implements interface `{implements}`, and was opened as `{requested}`")
            }
            #[cfg(feature = "library")]
            Self::Library { path, fault } => fault.about(Some(path)).fmt(f),
            Self::Deadline { plugin, method } => {
                write!(f, "plugin `{plugin}` did not answer `{method}` in time, and the call was cancelled")
            }
            Self::Cancelled { plugin, method } => {
                write!(f, "the call of `{method}` of plugin `{plugin}` was cancelled")
            }
            Self::Unavailable { plugin, method, origin, reason } => {
                write!(f, "{} is not there for `{method}`: {reason}", At(plugin, origin))
            }
            Self::Refused { plugin, method, origin, code, message } => {
                write!(f, "{} refused `{method}` with {code}: {message}", At(plugin, origin))
            }
            Self::Malformed { plugin, method, origin, what } => {
                write!(f, "{} sent a malformed reply to `{method}`: {what}", At(plugin, origin))
            }
            Self::Link { fault } => fault.fmt(f),
            #[cfg(feature = "grpc")]
            Self::Address { fault } => fault.fmt(f),
            #[cfg(feature = "process")]
            Self::Process { path, fault } => fault.about(Some(path)).fmt(f),
            Self::Incompatible { plugin, interface, origin, differences } => {
                write_incompatible(f, plugin, interface, origin, differences)
            }
            Self::Panicked { plugin, method, place, message } => {
                write!(f, "plugin `{plugin}` panicked in `{method}`")?;
                place.iter().try_for_each(|place| write!(f, " at {place}"))?;
                write!(f, ": {}", message.as_deref().unwrap_or(NO_TEXT))
            }
            Self::Problem(problem) => problem.fmt(f),
            Self::Problems(problems) => {
                let s = if problems.len() == 1 { "" } else { "s" };
                write!(f, "the registry has {} problem{s}", problems.len())?;
                problems.iter().try_for_each(|problem| write!(f, "\n{problem}"))
            }
        }
    }
}

/// Displays a plugin and its origin, or the origin alone if both are the same.
struct At<'a>(&'a str, &'a str);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(plugin, origin) = self;
        if plugin == origin { write!(f, "`{origin}`") } else { write!(f, "plugin `{plugin}` in `{origin}`") }
    }
}

/// Displays `a`, `b`, `c`, and the number of the names beyond the first 20.
pub(crate) struct NameList<'a>(pub(crate) &'a [String]);

impl fmt::Display for NameList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAX: usize = 20;
        for (at, name) in self.0.iter().take(MAX).enumerate() {
            write!(f, "{}`{name}`", if at == 0 { "" } else { ", " })?;
        }
        match self.0.len().saturating_sub(MAX) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(key: &str, place: Option<(u32, u32)>, what: &str, nearest: Option<&str>) -> ErrorKind {
        ErrorKind::Settings {
            plugin: "a".to_owned(),
            instance: (!key.is_empty()).then(|| "thrice".to_owned()),
            key: key.to_owned(),
            place: place.map(|(line, column)| Position { file: "app.toml".to_owned(), line, column }),
            what: what.to_owned(),
            nearest: nearest.map(str::to_owned),
        }
    }

    #[test]
    fn refused_settings_are_named_with_their_place() {
        let key = "plugins.thrice.tmes";
        let fact = "plugin `a` does not take the settings of `thrice`: there is no `tmes`: did you mean `times`?";
        let what = "there is no `tmes`";
        let text = |place| refused(key, place, what, Some("times")).to_string();
        assert_eq!(text(Some((6, 1))), format!("{fact}\n --> app.toml:6:1, `plugins.thrice.tmes`"));
        assert_eq!(text(None), format!("{fact}\n --> `plugins.thrice.tmes`"));
        let fact = "plugin `a` does not take its settings: there is no `tmes`";
        assert_eq!(refused("", Some((1, 1)), what, None).to_string(), format!("{fact}\n --> app.toml:1:1"));
        assert_eq!(refused("", None, what, None).to_string(), fact);
        assert_eq!(
            refused("", Some((1, 1)), "there is no `b`\nhint: why not", Some("a")).to_string(),
            "plugin `a` does not take its settings: there is no `b`: did you mean `a`?\n --> app.toml:1:1\nhint: why not"
        );
    }

    #[test]
    fn the_name_of_an_instance_is_escaped() {
        let mut kind = refused("x", None, "no", None);
        if let ErrorKind::Settings { instance, .. } = &mut kind {
            *instance = Some("\u{1b}[2J\n".to_owned());
        }
        assert_eq!(kind.to_string(), "plugin `a` does not take the settings of `\\u{1b}[2J\\n`: no\n --> `x`");
    }

    #[test]
    fn an_unreadable_text_is_named_with_its_place() {
        let unreadable = |place| {
            let (file, what) = ("app.toml".to_owned(), "duplicate key".to_owned());
            ErrorKind::Unreadable { file, place, what }.to_string()
        };
        let fact = "the settings of `app.toml` cannot be read: duplicate key";
        assert_eq!(unreadable(None), fact);
        let place = Position { file: "app.toml".to_owned(), line: 3, column: 2 };
        assert_eq!(unreadable(Some(place)), format!("{fact}\n --> app.toml:3:2"));
    }
}
