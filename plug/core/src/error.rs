//! What goes wrong, a variant for each step that can fail, and the errors that plugins make. It knows no link.

use std::error::Error as StdError;
use std::fmt;
use std::path::PathBuf;

use crate::difference::Difference;
use crate::library::LibraryFault;
use crate::problem::{Problem, write_incompatible};

/// What went wrong: a step of this crate's, or the plugin's own work.
///
/// A plugin makes one with [`Error::msg`] or [`Error::new`], and it prints as its text alone. A host looks at
/// [`kind`](Error::kind) to tell the steps apart.
///
/// The first line is the fact. A line that begins with `hint: ` says what would help.
///
/// ```
/// use plug::{Error, ErrorKind};
///
/// let error = Error::msg("the name is empty");
/// assert_eq!(error.to_string(), "the name is empty");
/// assert!(matches!(error.kind(), ErrorKind::Plugin));
/// ```
// One pointer wide, since it is in the result of every call.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    cause: Cause,
}

enum Cause {
    /// The kind says it all, and this is how: not a call by name, which would bring the words for all kinds into every plugin.
    Kind(fn(&ErrorKind, &mut fmt::Formatter<'_>) -> fmt::Result),
    /// A text, which comes first, and what lies below it.
    Text(String, Option<Box<dyn StdError + Send + Sync>>),
    /// Stands for itself: its text is the error's, its source the error's source.
    Itself(Box<dyn StdError + Send + Sync>),
}

/// The step that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The plugin's own work: an error that it made with [`Error::msg`] or [`Error::new`].
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
    /// What should be the address of a server is none.
    #[cfg(feature = "grpc")]
    Address {
        /// Why.
        fault: crate::grpc::GrpcFault,
    },
    /// The plugin's process cannot be used.
    #[cfg(feature = "process")]
    Process {
        /// The path it was asked for by.
        path: PathBuf,
        /// What is wrong with it.
        fault: crate::process::ProcessFault,
    },
    /// The file of a library cannot be used.
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

/// What a panic said that threw something else.
pub(crate) const NO_TEXT: &str = "(something that is no text)";

impl Error {
    /// A plugin's error that is a text.
    pub fn msg(text: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind: ErrorKind::Plugin, cause: Cause::Text(text.into(), None) }))
    }

    /// A plugin's error that is another error, with that one's text and causes. An error of this crate stays what it is.
    ///
    /// ```
    /// fn read() -> Result<String, plug::Error> {
    ///     std::fs::read_to_string("no such file").map_err(plug::Error::new)
    /// }
    /// let error = read().unwrap_err();
    /// assert!(error.downcast_ref::<std::io::Error>().is_some());
    /// ```
    pub fn new(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        match source.into().downcast::<Self>() {
            Ok(error) => *error,
            Err(source) => Self(Box::new(Inner { kind: ErrorKind::Plugin, cause: Cause::Itself(source) })),
        }
    }

    /// The same text, with `source` as its cause.
    ///
    /// ```
    /// use plug::Error;
    /// use std::error::Error as _;
    ///
    /// let error = Error::msg("cannot greet").with_source(Error::msg("the name is empty"));
    /// assert_eq!(error.to_string(), "cannot greet");
    /// assert_eq!(error.source().unwrap().to_string(), "the name is empty");
    /// ```
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let text = self.to_string();
        Self(Box::new(Inner { kind: self.0.kind, cause: Cause::Text(text, Some(source.into())) }))
    }

    /// The step that failed.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The error that was given to [`Error::new`] or [`with_source`](Error::with_source), where it is an `E`; also through
    /// the error of a plugin that could not be opened.
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        let source = match &self.0.cause {
            Cause::Kind(_) => return None,
            Cause::Text(_, source) => source.as_deref()?,
            Cause::Itself(source) => source.as_ref(),
        };
        source.downcast_ref().or_else(|| source.downcast_ref::<Self>()?.downcast_ref())
    }

    /// The causes, the nearest first.
    fn causes(&self) -> impl Iterator<Item = &(dyn StdError + 'static)> {
        std::iter::successors(self.source(), |cause| (*cause).source())
    }

    /// What is wrong with the file of a library.
    #[cfg(feature = "library")]
    pub(crate) fn library(path: &std::path::Path, fault: LibraryFault) -> Self {
        ErrorKind::Library { path: path.to_owned(), fault }.into()
    }

    /// An error of another side, in texts: its own, and those of its causes.
    #[cfg(any(feature = "library", feature = "remote"))]
    pub(crate) fn told(texts: Vec<String>) -> Self {
        let told = |cause: Option<Self>, text| {
            let cause = cause.map(|cause| Box::new(cause) as Box<dyn StdError + Send + Sync>);
            Some(Self(Box::new(Inner { kind: ErrorKind::Plugin, cause: Cause::Text(text, cause) })))
        };
        texts
            .into_iter()
            .rev()
            .fold(None, told)
            .unwrap_or_else(|| Self::msg("the plugin failed, and did not say with what"))
    }

    /// What a failed `new` looks like to the host.
    pub(crate) fn opening(plugin: &str, package: Option<&str>, source: Error) -> Self {
        let kind = ErrorKind::Open { plugin: plugin.to_owned(), package: package.map(str::to_owned) };
        let text = kind.to_string();
        Self(Box::new(Inner { kind, cause: Cause::Text(text, Some(Box::new(source))) }))
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(Inner { kind, cause: Cause::Kind(fmt::Display::fmt) }))
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.cause {
            Cause::Kind(_) => None,
            Cause::Text(_, source) => source.as_deref().map(|source| source as _),
            Cause::Itself(source) => source.source(),
        }
    }
}

/// The text; with `{:#}`, the texts of the causes behind it, after colons.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.cause {
            Cause::Kind(write) => write(&self.0.kind, f)?,
            Cause::Text(text, _) => f.write_str(text)?,
            Cause::Itself(source) => write!(f, "{source}")?,
        }
        if f.alternate() {
            self.causes().try_for_each(|cause| write!(f, ": {cause}"))?;
        }
        Ok(())
    }
}

/// The text and its causes, as `unwrap` and a `main` that returns a result print it.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        self.causes().try_for_each(|cause| write!(f, "\ncaused by: {cause}"))
    }
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
                    several => write!(f, "\nhint: rebuild with one of the features {}", Listed(several)),
                }
            }
            Self::WrongInterface { plugin, implements, asked } => {
                write!(f, "plugin `{plugin}` implements interface `{implements}`, and was asked for as `{asked}`")
            }
            Self::Library { path, fault } => fault.write(path, f),
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
            #[cfg(feature = "grpc")]
            Self::Address { fault } => fault.fmt(f),
            #[cfg(feature = "process")]
            Self::Process { path, fault } => fault.write(path, f),
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
pub(crate) struct Listed<'a>(pub(crate) &'a [String]);

impl fmt::Display for Listed<'_> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<String, Error>>(), size_of::<String>());
    }

    #[test]
    fn wrapping_an_error_of_this_crate_changes_nothing() {
        let error = Error::new(Error::from(ErrorKind::BadName { name: "A".into() }));
        assert!(matches!(error.kind(), ErrorKind::BadName { .. }));
        assert!(error.source().is_none());
    }

    #[test]
    fn what_was_wrapped_is_found_through_the_layers() {
        let io = || std::io::Error::other("below");
        assert!(Error::new(io()).downcast_ref::<std::io::Error>().is_some());
        assert!(Error::msg("above").with_source(io()).downcast_ref::<std::io::Error>().is_some());
        assert!(Error::opening("a", None, Error::new(io())).downcast_ref::<std::io::Error>().is_some());
        assert!(Error::msg("above").downcast_ref::<std::io::Error>().is_none());
        assert!(Error::new(io()).downcast_ref::<std::fmt::Error>().is_none());
    }

    #[test]
    fn the_chain_of_a_wrapped_error_has_no_link_twice() {
        let io = std::io::Error::other(Error::msg("below"));
        let error = Error::msg("above").with_source(Error::new(io));
        assert_eq!(format!("{error:?}"), "above\ncaused by: below");
        assert_eq!(format!("{error:#}"), "above: below");
        assert_eq!(format!("{error}"), "above");
    }
}
