//! The ways in which an address of a link can be wrong, in words.
//! It opens nothing.

use std::fmt;

/// The reason why an address leads to no link.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkFault {
    /// The text begins with no kind of link.
    UnknownKind {
        /// The text.
        text: String,
        /// The address that its author probably meant.
        meant: Option<String>,
    },
    /// No absolute path can be made of the path.
    NoFile {
        /// The address.
        text: String,
    },
    /// The address names one plugin, and only a link was expected.
    Plugin {
        /// The address.
        text: String,
        /// The address without the name.
        link: String,
        /// The name.
        plugin: String,
    },
    /// A feature of `plug` is off.
    NotInBuild {
        /// The address.
        address: String,
        /// The feature.
        feature: &'static str,
    },
    /// The address is that of a library, and opening a library is `unsafe`.
    Library {
        /// The address.
        address: String,
    },
}

impl fmt::Display for LinkFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKind { text, meant } => {
                write!(f, "unknown kind of link: `{text}`\nhint: ")?;
                match meant {
                    Some(meant) => write!(f, "did you mean `{meant}`?"),
                    None => f.write_str(
                        "a link is `library:PATH`, `process:PATH`, `grpc://HOST:PORT`, `grpcs://HOST:PORT` or \
                         `grpc+unix:PATH`",
                    ),
                }
            }
            Self::NoFile { text } => write!(f, "`{text}` leads to no file"),
            Self::Plugin { text, link, plugin } => write!(
                f,
                "`{text}` is no link, but the plugin `{plugin}` of one\n\
                 hint: a link adds all plugins of its own: `{link}`",
            ),
            Self::NotInBuild { address, feature } => write!(
                f,
                "`{address}` cannot be opened by this build of plug\n\
                 hint: turn on the feature `{feature}` of plug",
            ),
            Self::Library { address } => write!(
                f,
                "`{address}` runs code in this process, so only `unsafe` code can open it\n\
                 hint: parse it as a `plug::link::Address`, and give the path to `Library::open`",
            ),
        }
    }
}

impl std::error::Error for LinkFault {}
