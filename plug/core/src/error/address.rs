//! The faults of a server's address.

use std::fmt;

use crate::escape;

/// A fault of a server's address.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrpcFault {
    /// It begins with no known scheme.
    Scheme {
        /// The address.
        address: String,
    },
    /// The host or the port is invalid.
    Host {
        /// The host and port.
        host: String,
    },
    /// The path of the socket is missing.
    Path,
    /// A server cannot listen at this address.
    Listen {
        /// The address.
        address: String,
    },
}

impl fmt::Display for GrpcFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LIKE: &str = "an address is `grpc://HOST:PORT`, `grpcs://HOST:PORT` or `grpc+unix:PATH`";
        match self {
            Self::Scheme { address } => write!(f, "`{}` is no address of a server", escape::all(address))?,
            Self::Host { host } => write!(f, "`{}` is no host with a port", escape::all(host))?,
            Self::Path => f.write_str("the path of the socket is missing")?,
            Self::Listen { address } => {
                let address = escape::all(address);
                return write!(
                    f,
                    "`{address}` is no address to listen at\n\
                     hint: the address is `HOST:PORT` or `grpc+unix:PATH`; a proxy before the server adds TLS"
                );
            }
        }
        write!(f, "\nhint: {LIKE}")
    }
}

impl std::error::Error for GrpcFault {}
