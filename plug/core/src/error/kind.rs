//! The steps that can fail, each in words. It knows no link.

use std::fmt;
#[cfg(any(feature = "library", feature = "process"))]
use std::path::PathBuf;

use crate::error::difference::Difference;
#[cfg(feature = "library")]
use crate::error::library::LibraryFault;
use crate::error::link::LinkFault;
use crate::error::problem::{Problem, write_incompatible};
use crate::panic::NO_TEXT;

/// The step that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The plugin's own work: an error that it made with [`Error::msg`](crate::Error::msg) or [`Error::new`](crate::Error::new).
    Plugin,
    /// The plugin's `new` failed; its error is the source.
    Open {
        /// The plugin's name.
        plugin: String,
        /// The package that holds it, where there is one.
        package: Option<String>,
    },
    /// This can be no plugin's name.
    BadName {
        /// What was asked for, escaped, and cut where it is long.
        name: String,
    },
    /// Nothing is known by this name.
    Unknown {
        /// What was asked for.
        name: String,
        /// The path of the interface it was asked for.
        interface: &'static str,
        /// The name there is that looks most like it.
        nearest: Option<String>,
        /// The names there are, in order.
        names: Vec<String>,
        /// The interfaces that do have a plugin of this name; with its version, one of the same path.
        elsewhere: Vec<String>,
        /// What would help, in words, the best first.
        hints: Vec<String>,
    },
    /// The plugin is known, but its feature is off.
    NotInBuild {
        /// What was asked for.
        name: String,
        /// The path of the interface it was asked for.
        interface: &'static str,
        /// The features that would bring it, as they are given to Cargo.
        features: Vec<String>,
    },
    /// The plugin implements another interface than the one it was opened as.
    WrongInterface {
        /// The plugin's name.
        plugin: String,
        /// The interface that it implements.
        implements: &'static str,
        /// The interface that was asked for.
        asked: &'static str,
    },
    /// The plugin panicked, and the border it is behind has caught it. Its object goes on being served.
    Panicked {
        /// The plugin's name.
        plugin: String,
        /// The method, or `new`.
        method: String,
        /// File, line and column, where they are known.
        place: Option<String>,
        /// What it said, where that is a text.
        message: Option<String>,
    },
    /// The plugin did not answer in time, and the call was cancelled.
    Deadline {
        /// The plugin's name.
        plugin: String,
        /// The method.
        method: String,
    },
    /// The call was cancelled: by `Cancellation`, or by the other side.
    Cancelled {
        /// The plugin's name.
        plugin: String,
        /// The method.
        method: String,
    },
    /// The plugin's process or server is not there, or went away during the call.
    Unavailable {
        /// The plugin's name.
        plugin: String,
        /// The method.
        method: String,
        /// Where the plugin is, such as `process:` and a path.
        origin: String,
        /// What happened, in words.
        reason: String,
    },
    /// The plugin's process or server refused the call with a status of gRPC's that is no plugin's own error.
    Refused {
        /// The plugin's name.
        plugin: String,
        /// The method.
        method: String,
        /// Where the plugin is.
        origin: String,
        /// The name of the status, such as `NOT_FOUND`.
        code: &'static str,
        /// What was said with it.
        message: String,
    },
    /// What the plugin answered, or was asked with, is not what the method's types are written as.
    Malformed {
        /// The plugin's name.
        plugin: String,
        /// The method.
        method: String,
        /// Where the plugin is.
        origin: String,
        /// What does not make sense.
        what: String,
    },
    /// An address leads to no link.
    Link {
        /// The reason.
        fault: LinkFault,
    },
    /// What should be the address of a server is none.
    #[cfg(feature = "grpc")]
    Address {
        /// Why.
        fault: crate::error::address::GrpcFault,
    },
    /// The plugin's process cannot be used.
    #[cfg(feature = "process")]
    Process {
        /// The path it was asked for by.
        path: PathBuf,
        /// What is wrong with it.
        fault: crate::error::process::ProcessFault,
    },
    /// The file of a library cannot be used.
    #[cfg(feature = "library")]
    Library {
        /// The path it was asked for by.
        path: PathBuf,
        /// What is wrong with it.
        fault: LibraryFault,
    },
    /// The plugin was built with another version of the interface, that does not fit this program's.
    Incompatible {
        /// The plugin's name.
        plugin: String,
        /// The path of the interface.
        interface: &'static str,
        /// Where the plugin was found, such as `library:` and a path.
        origin: String,
        /// What does not fit, all of it.
        differences: Vec<Difference>,
    },
    /// The registry has a problem with the very name that was asked for.
    Problem(Problem),
    /// The registry has problems, and [`Registry::check`](crate::Registry::check) was asked.
    Problems(Vec<Problem>),
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plugin => write!(f, "the plugin failed"),
            Self::Open { plugin, package: Some(package) } => write!(f, "cannot open plugin `{plugin}` of {package}"),
            Self::Open { plugin, package: None } => write!(f, "cannot open plugin `{plugin}`"),
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
            Self::WrongInterface { plugin, implements, asked } => {
                write!(f, "plugin `{plugin}` implements interface `{implements}`, and was asked for as `{asked}`")
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
                write!(f, "{} answered `{method}` with something else: {what}", At(plugin, origin))
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

/// A plugin and where it is, or what is there itself.
struct At<'a>(&'a str, &'a str);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(plugin, origin) = self;
        if plugin == origin { write!(f, "`{origin}`") } else { write!(f, "plugin `{plugin}` in `{origin}`") }
    }
}

/// `a`, `b`, `c`, and at most as many as a person reads.
pub(crate) struct NameList<'a>(pub(crate) &'a [String]);

impl fmt::Display for NameList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 20;
        for (at, name) in self.0.iter().take(MOST).enumerate() {
            write!(f, "{}`{name}`", if at == 0 { "" } else { ", " })?;
        }
        match self.0.len().saturating_sub(MOST) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}
