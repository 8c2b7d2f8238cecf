//! The addresses of a connection, for the services that were added: the same types as of tonic's
//! server.

use http::Extensions;
#[cfg(unix)]
use tonic::transport::server::UdsConnectInfo;
use tonic::transport::server::{Connected as _, TcpConnectInfo};

/// The two ends of one connection.
#[derive(Debug, Clone)]
pub(crate) enum Ends {
    Tcp(TcpConnectInfo),
    #[cfg(unix)]
    Unix(UdsConnectInfo),
    /// In the memory of a test or a fuzzer.
    #[allow(dead_code, reason = "each test and fuzzer has a feature of its own")]
    Memory,
}

impl Ends {
    pub(crate) fn of_tcp(stream: &tokio::net::TcpStream) -> Self {
        Self::Tcp(stream.connect_info())
    }

    #[cfg(unix)]
    pub(crate) fn of_unix(stream: &tokio::net::UnixStream) -> Self {
        Self::Unix(stream.connect_info())
    }

    /// Adds them to a request, where `tonic::Request::remote_addr` finds them.
    pub(crate) fn add_to(&self, extensions: &mut Extensions) {
        match self {
            Self::Tcp(ends) => _ = extensions.insert(ends.clone()),
            #[cfg(unix)]
            Self::Unix(ends) => _ = extensions.insert(ends.clone()),
            Self::Memory => {}
        }
    }
}
