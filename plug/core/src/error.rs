//! The error of this crate and of plugins, with its causes.

#[cfg(feature = "grpc")]
pub(crate) mod address;
#[cfg(feature = "host")]
pub(crate) mod difference;
#[cfg(feature = "process")]
pub(crate) mod handshake;
#[cfg(feature = "host")]
pub(crate) mod kind;
#[cfg(feature = "library")]
pub(crate) mod library;
#[cfg(feature = "host")]
pub(crate) mod link;
#[cfg(any(feature = "host", feature = "config"))]
pub(crate) mod nearest;
#[cfg(feature = "host")]
pub(crate) mod position;
#[cfg(feature = "host")]
pub(crate) mod problem;
#[cfg(feature = "process")]
pub(crate) mod process;
pub(crate) mod refusal;
pub(crate) mod text;

use std::error::Error as StdError;
use std::fmt;

#[cfg(feature = "host")]
use crate::error::kind::ErrorKind;
use crate::error::refusal::Refusal;
use crate::error::text::first_line;

/// An error of this crate or of a plugin.
///
/// A plugin makes one with [`Error::msg`] or [`Error::new`], and it prints as its text alone.
/// A host matches on [`kind`](Error::kind) to tell the steps apart.
///
/// The first line is the fact. A line that begins with `hint: ` suggests a remedy.
///
/// ```
/// use plug::{Error, ErrorKind};
///
/// let error = Error::msg("the name is empty");
/// assert_eq!(error.to_string(), "the name is empty");
/// assert!(matches!(error.kind(), ErrorKind::Plugin));
/// ```
// One pointer wide, since the result of every call contains it.
pub struct Error(Box<Inner>);

struct Inner {
    #[cfg(feature = "host")]
    kind: ErrorKind,
    /// Present if the plugin refuses its settings.
    refusal: Option<Box<Refusal>>,
    repr: Repr,
}

enum Repr {
    /// Formatted from the kind.
    /// It is a function pointer, so that a plugin that never makes a kind does not link all their
    /// texts.
    #[cfg(feature = "host")]
    Kind(fn(&ErrorKind, &mut fmt::Formatter<'_>) -> fmt::Result),
    /// A text, and the cause below it.
    Text(String, Option<Box<dyn StdError + Send + Sync>>),
    /// Another error, whose text and source become those of this one.
    Wrapped(Box<dyn StdError + Send + Sync>),
    /// Another error under a text that contains its own. The source is that of the other.
    #[cfg(feature = "host")]
    Reworded(String, Box<dyn StdError + Send + Sync>),
}

impl Error {
    /// Makes a plugin's error out of a text.
    pub fn msg(text: impl Into<String>) -> Self {
        Self::of_plugin(Repr::Text(text.into(), None))
    }

    /// Makes a plugin's error out of another error, with its text and causes.
    /// An error of this crate is returned unchanged.
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
            Err(source) => Self::of_plugin(Repr::Wrapped(source)),
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
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let text = self.to_string();
        self.0.repr = Repr::Text(text, Some(source.into()));
        self
    }

    /// Says that a key of the plugin's settings has a wrong value.
    /// The host then names the key, and its place in the file.
    ///
    /// It is for a constructor, about a value that the type of the settings cannot refuse.
    /// A text that begins with `/` is a JSON pointer, such as `/rules/0/pattern`.
    /// If it is called twice, the second key contains the first.
    ///
    /// ```
    /// # struct A;
    /// # struct Settings { times: u32 }
    /// fn open(settings: Settings) -> Result<A, plug::Error> {
    ///     if settings.times == 0 {
    ///         return Err(plug::Error::msg("it must greet once at least").at("times"));
    ///     }
    ///     Ok(A)
    /// }
    /// # assert_eq!(open(Settings { times: 0 }).err().unwrap().to_string(), "it must greet once at least");
    /// ```
    #[must_use]
    pub fn at(mut self, key: &str) -> Self {
        let refusal = self.0.refusal.take().unwrap_or_default();
        self.0.refusal = Some(Box::new(refusal.below(key)));
        self
    }

    /// An error about settings: what is wrong, the JSON pointer of the place, and the nearest name
    /// that is known there.
    #[cfg_attr(not(any(feature = "config", feature = "host")), allow(dead_code, reason = "both read settings"))]
    pub(crate) fn refused(what: impl Into<String>, pointer: String, nearest: Option<String>) -> Self {
        let mut error = Self::msg(what);
        error.0.refusal = Some(Box::new(Refusal { pointer, nearest }));
        error
    }

    /// The place of the settings that it is about.
    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        self.0.refusal.as_deref()
    }

    /// Puts a text before the error, whose own text becomes a cause. The kind stays.
    ///
    /// ```
    /// use plug::Error;
    ///
    /// fn read() -> Result<String, Error> {
    ///     let names = std::fs::read_to_string("no such file");
    ///     names.map_err(|error| Error::from(error).context("cannot read the names"))
    /// }
    /// let error = read().unwrap_err();
    /// assert_eq!(error.to_string(), "cannot read the names");
    /// assert!(error.downcast_ref::<std::io::Error>().is_some());
    /// ```
    #[must_use]
    pub fn context(self, text: impl Into<String>) -> Self {
        #[cfg(feature = "host")]
        let kind = self.kind().clone();
        let refusal = self.0.refusal.clone();
        Self(Box::new(Inner {
            #[cfg(feature = "host")]
            kind,
            refusal,
            repr: Repr::Text(text.into(), Some(Box::new(self))),
        }))
    }

    fn of_plugin(repr: Repr) -> Self {
        Self(Box::new(Inner {
            #[cfg(feature = "host")]
            kind: ErrorKind::Plugin,
            refusal: None,
            repr,
        }))
    }

    /// The kind of the error: the step that failed.
    #[cfg(feature = "host")]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The error given to [`Error::new`] or [`with_source`](Error::with_source), if it is an `E`.
    /// It also looks through the error of a plugin that could not be opened.
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        let source = match &self.0.repr {
            #[cfg(feature = "host")]
            Repr::Kind(_) => return None,
            Repr::Text(_, source) => source.as_deref()?,
            Repr::Wrapped(source) => source.as_ref(),
            #[cfg(feature = "host")]
            Repr::Reworded(_, source) => source.as_ref(),
        };
        source.downcast_ref().or_else(|| source.downcast_ref::<Self>()?.downcast_ref())
    }

    /// The causes, the nearest first.
    fn causes(&self) -> impl Iterator<Item = &(dyn StdError + 'static)> {
        chain(self).skip(1)
    }

    /// A fault of the file of a library.
    #[cfg(feature = "library")]
    pub(crate) fn library(path: &std::path::Path, fault: crate::error::library::LibraryFault) -> Self {
        ErrorKind::Library { path: path.to_owned(), fault }.into()
    }

    /// Rebuilds an error of another build from its text and those of its causes.
    pub(crate) fn from_texts(texts: Vec<String>) -> Self {
        let with_cause = |cause: Option<Self>, text| {
            let cause = cause.map(|cause| Box::new(cause) as Box<dyn StdError + Send + Sync>);
            Some(Self::of_plugin(Repr::Text(text, cause)))
        };
        texts
            .into_iter()
            .rev()
            .fold(None, with_cause)
            .unwrap_or_else(|| Self::msg("the plugin failed without a message"))
    }

    /// Rebuilds a refusal of another build from its texts: what is wrong, the causes, and the nearest
    /// known name or an empty text.
    #[cfg(feature = "library")]
    pub(crate) fn refused_elsewhere(mut texts: Vec<String>, pointer: String) -> Self {
        let nearest = texts.pop().filter(|nearest| !nearest.is_empty());
        let mut error = Self::from_texts(texts);
        error.0.refusal = Some(Box::new(Refusal { pointer, nearest }));
        error
    }

    /// The error that a host gets when a plugin's `new` fails.
    #[cfg(feature = "host")]
    pub(crate) fn opening(plugin: &str, package: Option<&str>, source: Error) -> Self {
        let kind = ErrorKind::Open { plugin: plugin.to_owned(), package: package.map(str::to_owned) };
        let text = kind.to_string();
        Self(Box::new(Inner { kind, refusal: None, repr: Repr::Text(text, Some(Box::new(source))) }))
    }

    /// The error that a host gets when a plugin refuses its settings.
    /// Its causes are those of the plugin's error, whose text it has.
    #[cfg(feature = "host")]
    pub(crate) fn refusing(kind: ErrorKind, source: Error) -> Self {
        let text = kind.to_string();
        source.reworded(kind, text)
    }

    /// The same error, whose text also has a key of the settings, its place, and a hint.
    #[cfg(all(feature = "host", feature = "config"))]
    pub(crate) fn about(self, key: &str, place: Option<&position::Position>, hint: Option<&str>) -> Self {
        let text = self.to_string();
        let (fact, hints) = first_line(&text);
        let hint = hint.map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
        let text = format!("{fact}{}{hints}{hint}", position::KeyLine(key, place));
        let kind = self.kind().clone();
        self.reworded(kind, text)
    }

    /// Another kind and text, with the causes of this error.
    #[cfg(feature = "host")]
    fn reworded(self, kind: ErrorKind, text: String) -> Self {
        let repr = match self.0.repr {
            Repr::Kind(_) => Repr::Text(text, None),
            Repr::Text(_, cause) => Repr::Text(text, cause),
            Repr::Wrapped(source) | Repr::Reworded(_, source) => Repr::Reworded(text, source),
        };
        Self(Box::new(Inner { kind, refusal: None, repr }))
    }
}

/// An error and its causes, the nearest first.
pub(crate) fn chain<'e>(error: &'e (dyn StdError + 'static)) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

#[cfg(feature = "host")]
impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(Inner { kind, refusal: None, repr: Repr::Kind(fmt::Display::fmt) }))
    }
}

/// Lets `?` convert an I/O error in a plugin.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::new(error)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.repr {
            #[cfg(feature = "host")]
            Repr::Kind(_) => None,
            Repr::Text(_, source) => source.as_deref().map(|source| source as _),
            Repr::Wrapped(source) => source.source(),
            #[cfg(feature = "host")]
            Repr::Reworded(_, source) => source.source(),
        }
    }
}

/// Writes the text. `{:#}` adds the texts of the causes to its first line, separated by colons.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Text(&self.0);
        if !f.alternate() || self.source().is_none() {
            return text.fmt(f);
        }
        let text = text.to_string();
        let (fact, rest) = first_line(&text);
        f.write_str(fact)?;
        self.causes().try_for_each(|cause| write!(f, ": {cause}"))?;
        f.write_str(rest)
    }
}

/// Displays an error without its causes.
struct Text<'e>(&'e Inner);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.repr {
            #[cfg(feature = "host")]
            Repr::Kind(write) => write(&self.0.kind, f),
            Repr::Text(text, _) => f.write_str(text),
            Repr::Wrapped(source) => write!(f, "{source}"),
            #[cfg(feature = "host")]
            Repr::Reworded(text, _) => f.write_str(text),
        }
    }
}

/// Writes the text and its causes, for `unwrap` and for a `main` that returns a result.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        self.causes().try_for_each(|cause| write!(f, "\ncaused by: {cause}"))
    }
}

#[cfg(all(test, feature = "host"))]
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
    fn context_keeps_kind_and_causes() {
        let error = Error::from(ErrorKind::BadName { name: "A".into() }).context("cannot open").context("cannot greet");
        assert!(matches!(error.kind(), ErrorKind::BadName { .. }));
        assert!(format!("{error:#}").starts_with("cannot greet: cannot open: `A` cannot be the name of a plugin"));
        fn read() -> Result<String, Error> {
            Ok(std::fs::read_to_string("/no such file")?)
        }
        assert!(read().unwrap_err().context("above").downcast_ref::<std::io::Error>().is_some());
    }

    #[test]
    fn the_chain_of_a_wrapped_error_has_no_link_twice() {
        let io = std::io::Error::other(Error::msg("below"));
        let error = Error::msg("above").with_source(Error::new(io));
        assert_eq!(format!("{error:?}"), "above\ncaused by: below");
        assert_eq!(format!("{error:#}"), "above: below");
        assert_eq!(format!("{error}"), "above");
    }

    #[test]
    fn other_words_keep_kind_and_causes() {
        let kind = || ErrorKind::Open { plugin: "a".into(), package: None };
        let refusing = |source: Error| Error::refusing(kind(), source);
        for (error, causes) in [
            (Error::msg("below"), ""),
            (Error::msg("below").with_source(Error::msg("a cause")).at("key"), ": a cause"),
            (Error::new(std::io::Error::other("below")).at("key"), ""),
            (Error::new(std::io::Error::other(Error::msg("below").with_source(Error::msg("a cause")))), ": a cause"),
            (ErrorKind::BadName { name: "A".into() }.into(), ""),
        ] {
            let is_io = error.downcast_ref::<std::io::Error>().is_some();
            let error = refusing(refusing(error));
            assert!(matches!(error.kind(), ErrorKind::Open { .. }) && error.refusal().is_none());
            let text = kind().to_string();
            let (first, rest) = first_line(&text);
            assert_eq!(error.to_string(), text);
            assert_eq!(format!("{error:#}"), format!("{first}{causes}{rest}"));
            assert_eq!(error.downcast_ref::<std::io::Error>().is_some(), is_io);
        }
    }

    #[test]
    fn causes_stand_in_the_first_line() {
        let error = Error::msg("above\nhint: below").with_source(Error::msg("a cause"));
        assert_eq!(format!("{error:#}"), "above: a cause\nhint: below");
        assert_eq!(format!("{error:#?}"), "above\nhint: below\ncaused by: a cause");
    }
}
