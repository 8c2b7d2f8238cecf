//! What differs where two builds have one interface, in words. It knows no link.

mod signatures;

use std::fmt;

/// A difference between an interface as a plugin was built with it and as this program was.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// The plugin's method has another signature.
    Signature {
        /// The method.
        method: String,
        /// Its signature in the plugin, with all that is in its types.
        plugin: String,
        /// The same in this program.
        host: String,
    },
    /// The plugin lacks the method, and it has no default body.
    Missing {
        /// The method.
        method: String,
        /// Its signature in this program.
        host: String,
    },
    /// The plugin's interface is not portable.
    NotPortable,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Read at a glance.
            Self::Signature { method, plugin, host } if plugin.len() + host.len() <= 80 => {
                write!(f, "method `{method}` is `{plugin}` in the plugin, and `{host}` in this program")
            }
            Self::Signature { method, plugin, host } => {
                let apart = signatures::apart(plugin, host);
                let without = if apart.is_some() { ", here without what is the same" } else { "" };
                let [plugin, host] = apart.as_ref().map_or([plugin, host], |[plugin, host]| [plugin, host]);
                write!(f, "method `{method}` differs{without}:")?;
                write!(f, "\n    in the plugin:   `{plugin}`\n    in this program: `{host}`")
            }
            Self::Missing { method, host } => {
                let host = signatures::outline(host);
                write!(f, "method `{method}`, `{host}`, is not in the plugin, and has no default body")
            }
            Self::NotPortable => f.write_str(
                "the plugin was built with an interface that is not portable: it wants `#[plug::interface(portable)]`",
            ),
        }
    }
}
