//! The address of a server, as a person types it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::error::address::GrpcFault;

/// The address of a server: `grpc://HOST:PORT`, `grpcs://HOST:PORT` for TLS, or `grpc+unix:PATH`.
///
/// Several hosts and ports are separated by commas.
///
/// ```
/// use plug::link::GrpcAddress;
///
/// let address: GrpcAddress = "grpc://127.0.0.1:8888".parse()?;
/// assert_eq!(address.to_string(), "grpc://127.0.0.1:8888");
/// assert!("http://127.0.0.1".parse::<GrpcAddress>().is_err());
/// # Ok::<(), plug::link::GrpcFault>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GrpcAddress {
    /// Over TCP.
    Tcp {
        /// `HOST:PORT` of each server.
        hosts: Vec<String>,
        /// Whether the connection uses TLS.
        tls: bool,
    },
    /// Over a Unix socket.
    Unix(PathBuf),
}

impl FromStr for GrpcAddress {
    type Err = GrpcFault;

    // grpc://127.0.0.1:8888
    // grpcs://a.example:443,b.example:443
    // grpc+unix:/run/app/plugins
    fn from_str(text: &str) -> Result<Self, GrpcFault> {
        if let Some(path) = text.strip_prefix("grpc+unix:") {
            // `grpc+unix:///run/app` is accepted too: a URL with an empty authority.
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() { Err(GrpcFault::Path) } else { Ok(Self::Unix(path.into())) };
        }
        let (hosts, tls) = match (text.strip_prefix("grpc://"), text.strip_prefix("grpcs://")) {
            (Some(hosts), _) => (hosts, false),
            (_, Some(hosts)) => (hosts, true),
            _ => return Err(GrpcFault::Scheme { address: text.to_owned() }),
        };
        let hosts = hosts.strip_suffix('/').unwrap_or(hosts);
        let hosts: Result<_, _> = hosts.split(',').map(host).collect();
        Ok(Self::Tcp { hosts: hosts?, tls })
    }
}

impl GrpcAddress {
    /// Parses an address to listen at: a socket, or one host and port, without TLS.
    /// The port may be 0, and the scheme `grpc://` may be missing.
    // 127.0.0.1:8888
    // grpc://[::]:0
    pub(crate) fn to_listen(text: &str) -> Result<Self, GrpcFault> {
        if text.starts_with("grpc+unix:") {
            return text.parse();
        }
        let text = text.strip_prefix("grpc://").unwrap_or(text);
        let host = host_and_port(text, 0).map_err(|_| GrpcFault::Listen { address: text.to_owned() })?;
        Ok(Self::Tcp { hosts: vec![host], tls: false })
    }
}

fn host(text: &str) -> Result<String, GrpcFault> {
    host_and_port(text, 1)
}

/// Checks that the text is a host and a port of at least `min_port`.
fn host_and_port(text: &str, min_port: u16) -> Result<String, GrpcFault> {
    let bad = || GrpcFault::Host { host: text.to_owned() };
    let authority: http::uri::Authority = text.parse().map_err(|_| bad())?;
    match authority.port_u16() {
        Some(port) if port >= min_port && !authority.host().is_empty() && !text.contains('@') => Ok(text.to_owned()),
        _ => Err(bad()),
    }
}

impl fmt::Display for GrpcAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { hosts, tls } => write!(f, "grpc{}://{}", if *tls { "s" } else { "" }, hosts.join(",")),
            Self::Unix(path) => write!(f, "grpc+unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        let tcp = |hosts: &[&str], tls| GrpcAddress::Tcp {
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            tls,
        };
        for (text, address) in [
            ("grpc://127.0.0.1:8888", tcp(&["127.0.0.1:8888"], false)),
            ("grpc://[::1]:1", tcp(&["[::1]:1"], false)),
            ("grpcs://a.example:443,b.example:444", tcp(&["a.example:443", "b.example:444"], true)),
            ("grpc+unix:/run/a b", GrpcAddress::Unix("/run/a b".into())),
            ("grpc+unix:relative", GrpcAddress::Unix("relative".into())),
        ] {
            assert_eq!(text.parse(), Ok(address), "{text}");
            assert_eq!(text.parse::<GrpcAddress>().unwrap().to_string(), text);
        }
        assert_eq!("grpc://a:1/".parse(), Ok(tcp(&["a:1"], false)));
        assert_eq!("grpc+unix:///run/a".parse(), Ok(GrpcAddress::Unix("/run/a".into())));
    }

    #[test]
    fn a_malformed_address_is_refused_with_a_reason() {
        let text = |address: &str| address.parse::<GrpcAddress>().unwrap_err().to_string();
        let hint = "\nhint: an address is `grpc://HOST:PORT`, `grpcs://HOST:PORT` or `grpc+unix:PATH`";
        assert_eq!(text("http://a:1"), format!("`http://a:1` is no address of a server{hint}"));
        assert_eq!(text("grpc+unix:"), format!("the path of the socket is missing{hint}"));
        for bad in ["", "a", "a:", "a:0", "a:70000", ":1", "a:1:2", "a b:1", "u@a:1", "a:1/x"] {
            assert_eq!(text(&format!("grpc://{bad}")), format!("`{bad}` is no host with a port{hint}"));
        }
        let listen = |address: &str| GrpcAddress::to_listen(address).unwrap_err().to_string();
        for bad in ["grpcs://a:1", "a", "a:1,b:1", "http://a:1", ""] {
            let hint = "hint: the address is `HOST:PORT` or `grpc+unix:PATH`; a proxy before the server adds TLS";
            assert_eq!(listen(bad), format!("`{bad}` is no address to listen at\n{hint}"));
        }
        assert_eq!(text("grpc://a:1,,b:1"), format!("`` is no host with a port{hint}"));
    }
}
