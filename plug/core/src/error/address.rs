//! What is wrong with the address of a server.

use std::fmt;

use crate::escape;

/// What is wrong with the address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrpcFault {
    /// It begins with none of the words that an address begins with.
    Scheme {
        /// The address.
        address: String,
    },
    /// A host, or its port, is none.
    Host {
        /// The host and port.
        host: String,
    },
    /// The path of the socket is missing.
    Path,
    /// It is no address that a server could listen at.
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
                     hint: that is `HOST:PORT` or `grpc+unix:PATH`; TLS is for what stands before the server"
                );
            }
        }
        write!(f, "\nhint: {LIKE}")
    }
}

impl std::error::Error for GrpcFault {}
